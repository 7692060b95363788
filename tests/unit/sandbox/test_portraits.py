"""Portraits in the sandbox: compared for real, left at the counter, and taken away again."""

import base64
import io
import re
import stat
import time
from datetime import date

import pytest

from sandbox.addresses import Country
from sandbox.authorities.assembly import build, switchboard
from sandbox.authorities.credentials import make
from sandbox.authorities.faults import Fault
from sandbox.faces.matcher import PERHAPS, SAME, Matcher, UnfitError, scale
from sandbox.nation import Nation
from sandbox.people import everyone
from sandbox.phone import create_phone
from sandbox.register import Citizen, Register, TravelPaper
from sandbox.register.likenesses import portraits
from tests.faces import portraits as album
from tests.unit.liveness import pictures
from tests.unit.sandbox.callers import ASK, Caller, told

CHEN = everyone()[0]
CREDENTIALS = make()
ASKED = {
    "ctid": lambda octets: {"mode": "0x42", "photo": octets},
    "aliyun": lambda octets: {"action": "Id3MetaVerify", "FacePicture": octets},
    "tencent": lambda octets: {"action": "ImageRecognitionV2", "ImageBase64": octets},
    "immigration": lambda octets: {"photo": octets},
}
SAID = {
    "same": {"ctid": "00XX", "aliyun": "1/101", "tencent": "Success"},
    "other": {
        "ctid": "人像比对非同一人",
        "aliyun": "2/204",
        "tencent": "FailedOperation.CompareLowSimilarity",
    },
    "unfit": {
        "ctid": "人像质量不合格",
        "aliyun": "2/205",
        "tencent": "FailedOperation.LifePhotoDetectNoFaces",
    },
    "none": {
        "ctid": "库中无人像",
        "aliyun": "3/203",
        "tencent": "FailedOperation.IdPhotoNoExist",
    },
}
WITH_FACES = pytest.mark.parametrize("key", ["ctid", "aliyun", "tencent"])


@pytest.fixture(scope="module")
def matcher():
    album.weights()
    made = Matcher()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shots():
    """Return one of the set-up's portraits, as it came."""
    return album.portraits().read


class Land:
    """CHEN's portrait is on file, and on her passport."""

    def __init__(self, matcher, portrait):
        holder = Citizen(id_number=CHEN.id_number, name=CHEN.name, portrait=portrait)
        paper = TravelPaper(
            kind="PASSPORT", number="EA0000011", holder=CHEN.name, holder_latin="",
            birth=date(1990, 3, 7), portrait=portrait,
        )  # fmt: skip
        self.faults = switchboard()
        register = Register([holder], papers=[paper])
        self.apps = build(register, self.faults, CREDENTIALS, matcher=matcher)

    def answer(self, key, octets):
        name = "EA0000011" if key == "immigration" else CHEN.id_number
        caller = Caller(self.apps[key].test_client(), CREDENTIALS[key], time.time())
        asked = ASKED[key](base64.b64encode(octets).decode())
        return ASK[key](caller, CHEN.name, name, **asked)

    def word(self, key, octets):
        answer = self.answer(key, octets)
        if key == "aliyun":
            found = answer.get_json()["ResultObject"]
            return f"{found['BizCode']}/{found['SubCode']}"
        if key == "immigration":
            return answer.get_json()["data"]
        return told(key, answer)


@pytest.fixture(scope="module")
def land(matcher, shots):
    return Land(matcher, shots("obama"))


@WITH_FACES
@pytest.mark.parametrize(
    ("name", "said"), [("obama-standing", "same"), ("obama-speaking", "same"), ("biden", "other")]
)
def test_faces_are_compared_and_not_files(land, shots, key, name, said):
    assert land.word(key, shots(name)) == SAID[said][key]


@WITH_FACES
def test_a_picture_without_a_face_is_unfit(land, key):
    assert land.word(key, pictures.jpeg()) == SAID["unfit"][key]


def test_a_passports_portrait_is_compared_too(land, shots):
    assert land.word("immigration", shots("obama-standing"))["faceScore"] >= SAME
    assert land.word("immigration", shots("biden"))["faceScore"] < PERHAPS
    assert land.answer("immigration", pictures.jpeg()).get_json()["code"] == "1001"


@WITH_FACES
def test_without_weights_nobody_has_a_portrait(shots, tmp_path, key):
    """An authority without a matcher answers like one without pictures."""
    bare = Land(Matcher(tmp_path), shots("obama"))

    assert bare.word(key, shots("obama")) == SAID["none"][key]


@pytest.mark.parametrize(
    ("key", "fault", "said"),
    [
        ("ctid", Fault.NO_PHOTO, SAID["none"]["ctid"]),
        ("ctid", Fault.OTHER_FACE, SAID["other"]["ctid"]),
        ("aliyun", Fault.NO_PHOTO, SAID["none"]["aliyun"]),
        ("aliyun", Fault.OTHER_FACE, SAID["other"]["aliyun"]),
        ("aliyun", Fault.GREY_FACE, "2/202"),
        ("tencent", Fault.OTHER_FACE, SAID["other"]["tencent"]),
    ],
)
def test_switches_spoil_the_comparison_alone(land, shots, key, fault, said):
    land.faults.set(key, fault)

    spoilt = land.word(key, shots("obama"))
    caller = Caller(land.apps[key].test_client(), CREDENTIALS[key], time.time())
    plain = told(key, ASK[key](caller, CHEN.name, CHEN.id_number))
    land.faults.clear()

    assert spoilt == said
    assert plain in ("0XXX", "1", "0")


@pytest.mark.parametrize(
    ("cosine", "score"), [(-1, 0), (0, 0), (0.4, 60), (0.5, 70), (1, 100), (float("nan"), 0)]
)
def test_the_scale_of_a_hundred_has_its_two_lines(cosine, score):
    assert scale(cosine) == score


def test_a_picture_that_is_too_much_costs_one_answer(matcher, shots):
    for bad in (pictures.bomb(), pictures.huge_jpeg(), pictures.gif(), b"", b"hello"):
        with pytest.raises(UnfitError):
            matcher.portrait(bad)

    assert matcher.portrait(shots("obama")).startswith(b"\xff\xd8\xff")


def test_two_of_the_invented_people_have_a_portrait(shots):
    album.portraits()
    register = Register.of_the_country()
    register.lend_portraits(portraits())

    known = {one.name: one.portrait for one in register.citizens() if one.portrait}
    assert known == {"周明远": shots("obama"), "赵铁柱": shots("biden")}


def test_without_the_pictures_nobody_has_one(tmp_path):
    assert portraits(tmp_path) == {}


@pytest.fixture
def nation(matcher, tmp_path):
    return Nation(register=Register.of_the_country(tmp_path / "register.json"), matcher=matcher)


@pytest.fixture
def counter(nation):
    """Somebody has registered, and stands at the counter."""
    phone = create_phone(Country(), nation).test_client()
    form = {"name": "云小雨", "birth": "1995-05-20", "sex": "female", "phone": ""}
    assert phone.post("/register", data=form).status_code == 303
    return phone


def leave(phone, octets, path="/register/1/portrait", **options):
    files = {"picture": (io.BytesIO(octets), "me.jpg")}
    return phone.post(path, data=files, content_type="multipart/form-data", **options)


def test_a_visitor_leaves_a_portrait_and_takes_it_away(counter, nation, shots, tmp_path):
    assert leave(counter, shots("obama")).status_code == 303

    (newcomer,) = nation.register.newcomers()
    (kept,) = (tmp_path / "portraits").iterdir()
    assert kept.read_bytes() == newcomer.portrait == counter.get("/register/1/portrait.jpg").data
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert nation.register.citizen(newcomer.id_number).portrait == newcomer.portrait
    assert "no-store" in counter.get("/register/1/portrait.jpg").headers["Cache-Control"]

    assert counter.post("/register/1/portrait/delete").status_code == 303
    assert not list((tmp_path / "portraits").iterdir())
    assert counter.get("/register/1/portrait.jpg").status_code == 404


def test_what_is_kept_is_drawn_anew(counter, nation, shots):
    """No place, no camera, no second file behind it: a JPEG of at most 640 pixels."""
    leave(counter, pictures.with_zip(shots("obama")) + b"<script>")

    kept = nation.register.newcomers()[0].portrait
    assert b"Exif" not in kept
    assert b"PK\x03\x04" not in kept
    assert len(kept) < len(shots("obama"))


def test_a_portrait_outlives_the_demo(counter, nation, shots, tmp_path):
    leave(counter, shots("obama"))

    again = Register.of_the_country(tmp_path / "register.json")

    assert again.newcomers()[0].portrait == nation.register.newcomers()[0].portrait


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (lambda _: pictures.jpeg(), "No face"),
        (lambda _: b"", "Take or choose"),
        (lambda _: b"hello", "cannot be opened"),
        (lambda _: pictures.bomb(), "cannot be opened"),
    ],
)
def test_a_picture_that_will_not_do_is_told_why(counter, nation, made, word):
    answer = leave(counter, made(None), path="/register/1/portrait?lang=en")

    assert answer.status_code == 422
    assert word in answer.text
    assert nation.register.newcomers()[0].portrait is None


def test_too_large_a_picture_is_not_read(counter, monkeypatch):
    monkeypatch.setattr("sandbox.portraits.LARGEST", 20_000)

    assert leave(counter, bytes(30_000)).status_code == 413


@pytest.mark.parametrize("path", ["/register/1/portrait", "/register/1/portrait/delete"])
def test_another_sites_page_cannot_leave_or_delete(counter, shots, path):
    origin = {"Origin": "http://evil"}

    assert leave(counter, shots("obama"), path=path, headers=origin).status_code == 403


@pytest.mark.parametrize("path", ["/register/2/portrait", "/register/0/portrait"])
def test_nobody_else_can_be_portrayed(counter, path):
    """Residents of the first day are nobody's own: only who registered has a place."""
    assert counter.get(path).status_code == 404


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_page_says_where_the_picture_stays(counter, shots, lang):
    leave(counter, shots("obama"))
    page = counter.get("/register/1/portrait", query_string={"lang": lang}).text

    assert f'<html lang="{lang}">' in page
    assert ("on this machine" if lang == "en" else "这台电脑") in page
    assert re.search(r'<img src="/register/1/portrait.jpg" alt="[^"]+"', page)
    assert "/register/1/portrait" in counter.get("/register").text


def test_without_weights_no_picture_is_taken(tmp_path, shots):
    here = Nation(register=Register.of_the_country(), matcher=Matcher(tmp_path))
    phone = create_phone(Country(), here).test_client()
    here.register.admit("云小雨", date(1995, 5, 20), female=True)

    assert leave(phone, shots("obama")).status_code == 503
    assert 'type="file"' not in phone.get("/register/1/portrait").text
    assert "portrait" not in phone.get("/register").text

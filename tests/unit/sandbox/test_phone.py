"""The phone: what the provider sends arrives, and what is no message is refused."""

import pytest

from sandbox.addresses import Country
from sandbox.people import PASSWORD, everyone
from sandbox.phone import create_phone

MESSAGE = {
    "to": "+8613800138001",
    "purpose": "sign-in",
    "text": "Your code is 402913.",
    "code": "402913",
}


@pytest.fixture
def phone():
    return create_phone(Country()).test_client()


def test_a_message_arrives_at_its_phone(phone):
    assert phone.post("/sms", json=MESSAGE).status_code == 202

    page = phone.get("/inbox?lang=en").text
    assert "13800138001" in page
    assert "402913" in page
    assert phone.get("/inbox.json?to=13800138001").json[0]["code"] == "402913"
    assert phone.get("/inbox.json?to=%2B86 138 0013 8001").json[0]["to"] == "13800138001"
    assert phone.get("/inbox.json?to=13800138002").json == []


def test_the_newest_message_comes_first(phone):
    for code in ("1", "2", "3"):
        phone.post("/sms", json=MESSAGE | {"code": code})

    assert [m["code"] for m in phone.get("/inbox.json").json] == ["3", "2", "1"]


def test_a_message_without_a_code_is_a_message(phone):
    assert phone.post("/sms", json=MESSAGE | {"code": None}).status_code == 202


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "abc"},
        {"to": 7},
        {"to": ""},
        {"text": None},
        {"purpose": 1},
        {"code": 402913},
        {"text": "x" * 1001},
    ],
    ids=str,
)
def test_what_is_no_message_is_refused(phone, changes):
    assert phone.post("/sms", json=MESSAGE | changes).status_code == 400
    assert phone.get("/inbox.json").json == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(phone, body):
    assert phone.post("/sms", data=body, content_type="application/json").status_code == 400


def test_an_endless_message_is_cut_short(phone):
    answer = phone.post("/sms", data=b"x" * 70_000, content_type="application/json")

    assert answer.status_code in (400, 413)


def test_markup_in_a_message_stays_text(phone):
    phone.post("/sms", json=MESSAGE | {"text": "<script>alert(1)</script>"})

    assert "<script>alert" not in phone.get("/inbox").text


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_front_page_names_every_person_and_site(phone, lang):
    page = phone.get("/", query_string={"lang": lang}).text

    assert f'<html lang="{lang}">' in page
    assert PASSWORD in page
    for person in everyone():
        assert person.username in page
    for place in (1, 2, 3):
        assert Country().site(place) in page

"""Chains, parcels, tickets and bodies: what is forged, moved, cut or reordered is refused."""

from dataclasses import replace

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from idp.crypto.vault import MasterKey, Vault, parse_ring
from idp.errors import BadRequestError
from liveness.engine.templates import Metric
from liveness.scans import chain, parcel, tickets, wire
from liveness.scans.chain import Timing
from liveness.scans.errors import BatchError, TamperedError, TicketError
from liveness.scans.findings import Findings
from liveness.scans.repeats import Sketch, share
from liveness.scans.wire import Frame
from tests.faces.phone import Phone, b64, pack

VAULT = Vault(parse_ring(str(MasterKey.new("test"))))
OTHER = Vault(parse_ring(str(MasterKey.new("other"))))
SCAN = "0" * 32
TIMING = Timing(asked=0, now=10_000, wait=500, window=4000, rate=6.0)
FINDINGS = Findings(
    head=b"h" * 32,
    last_at=1700,
    rest=b"r" * 32,
    model_id="sface-x",
    metric=Metric.COSINE,
    faces=(np.arange(4, dtype=np.float32),),
    moved=(np.ones(4, np.float32),),
    hashes=(b"1" * 16, b"2" * 16),
    sketches=(Sketch(2**63 + 5, (1.5, 2.5)),),
    lives=((0.5, 0.25),),
    usable=3,
    performed=1,
    hints=frozenset({"label"}),
    digest=b"d" * 32,
)


def frames(*moments):
    return [Frame(f"frame {n}".encode(), at, 0.0) for n, at in enumerate(moments)]


@given(st.permutations(range(6)))
def test_a_chain_is_of_one_order(order):
    whole = frames(*range(500, 1700, 200))
    start = chain.start(SCAN, b"n" * 32)
    shuffled = [whole[index] for index in order]

    same = chain.head_of(start, shuffled) == chain.head_of(start, whole)

    assert same is (shuffled == whole)


def test_a_chain_is_of_one_scan_and_one_moment():
    whole = frames(500, 700, 900)
    head = chain.head_of(chain.start(SCAN, b"n" * 32), whole)
    later = [replace(frame, at=frame.at + 1) for frame in whole]

    assert head != chain.head_of(chain.start("1" * 32, b"n" * 32), whole)
    assert head != chain.head_of(chain.start(SCAN, b"m" * 32), whole)
    assert head != chain.head_of(chain.start(SCAN, b"n" * 32), later)
    assert head != chain.head_of(chain.start(SCAN, b"n" * 32), whole[:-1])


def test_a_signature_is_of_one_key_scan_version_and_head():
    phone = Phone(None, None, "")
    key, head = chain.point(phone.jwk), b"h" * 32
    text = chain.signed_text(SCAN, 2, head)
    made = _raw(phone.key, text)

    assert chain.is_signed(key, text, made)
    assert not chain.is_signed(chain.point(Phone(None, None, "").jwk), text, made)
    assert not chain.is_signed(key, chain.signed_text(SCAN, 3, head), made)
    assert not chain.is_signed(key, text, bytes(64))
    assert not chain.is_signed(key, text, b"\xff" * 64)


def _raw(key, text):
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    r, s = decode_dss_signature(key.sign(text, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.mark.parametrize(
    "change",
    [{"crv": "P-384"}, {"kty": "RSA"}, {"x": "AA"}, {"x": None}, {"d": "AA"}, {"y": "A" * 43}],
)
def test_a_key_is_a_public_point_of_p256(change):
    with pytest.raises(BatchError):
        chain.point({**Phone(None, None, "").jwk, **change})


@pytest.mark.parametrize(
    ("moments", "last", "wrong"),
    [
        ((700, 700, 900), -1, "order"),
        ((900, 700, 1100), -1, "order"),
        ((700, 900, 1100), 700, "order"),
        ((700, 900, 3500), -1, "pause"),
        ((700, 710, 720), -1, "hurry"),
        ((9700, 10_100, 10_500), -1, "future"),
        (tuple(range(500, 9500, 1000)), -1, "longer than the window"),
    ],
)
def test_moments_that_cannot_be_true(moments, last, wrong):
    with pytest.raises(TamperedError, match=wrong):
        chain.verify_times(frames(*moments), last, TIMING)


def test_moments_are_held_against_our_own_clock():
    """Four seconds of film cannot have been taken in the one second since it was asked for."""
    film = frames(*range(500, 4500, 200))

    chain.verify_times(film, -1, TIMING)
    with pytest.raises(TamperedError, match="longer than it took"):
        chain.verify_times(film, -1, replace(TIMING, asked=9000))
    old = frames(500, 700, 900)
    with pytest.raises(TamperedError, match="before it was asked"):
        chain.verify_times(old, -1, replace(TIMING, asked=30_000, now=40_000))
    late = frames(39_000, 39_200)
    with pytest.raises(TamperedError, match="too late"):
        chain.verify_times(late, -1, replace(TIMING, now=40_000))


def test_a_parcel_tells_what_was_put_in():
    read = parcel.unseal(VAULT, SCAN, 3, parcel.seal(VAULT, SCAN, 3, FINDINGS))

    assert read.write() == FINDINGS.write()
    assert np.array_equal(read.faces[0], FINDINGS.faces[0])


@given(st.data())
def test_a_parcel_opens_as_it_was_sealed_or_not_at_all(data):
    sealed = bytearray(parcel.seal(VAULT, SCAN, 3, FINDINGS))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(TamperedError):
        parcel.unseal(VAULT, SCAN, 3, bytes(sealed))


@given(st.binary(max_size=200))
def test_no_rubbish_is_a_parcel(rubbish):
    with pytest.raises(TamperedError):
        parcel.unseal(VAULT, SCAN, 3, rubbish)


def test_a_parcel_is_of_one_scan_one_version_one_house():
    sealed = parcel.seal(VAULT, SCAN, 3, FINDINGS)

    for vault, scan, version in ((VAULT, "1" * 32, 3), (VAULT, SCAN, 4), (OTHER, SCAN, 3)):
        with pytest.raises(TamperedError):
            parcel.unseal(vault, scan, version, sealed)


def test_a_ticket_is_of_one_scan_until_its_time(clock):
    made = tickets.issue(VAULT, SCAN, 60)

    assert tickets.scan_of(VAULT, made.text) == SCAN
    for forged in (made.text.replace("0", "1", 1), made.text[:-2], "", made.text + "A"):
        with pytest.raises(TicketError):
            tickets.scan_of(VAULT, forged)
    with pytest.raises(TicketError):
        tickets.scan_of(OTHER, made.text)
    clock.advance(60)
    with pytest.raises(TicketError):
        tickets.scan_of(VAULT, made.text)


@given(st.binary(max_size=400))
def test_any_body_is_read_or_refused(body):
    with pytest.raises(BadRequestError):
        wire.read(body)


SOUND = {
    "version": 1,
    "frames": [{"size": 2, "at": 5, "media": 1.5}],
    "rest": False,
    "head": "ab" * 32,
    "signature": b64(bytes(64)),
    "parcel": None,
    "hints": {"label": "", "webdriver": False, "settings": {}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def test_a_sound_body_is_read():
    batch = wire.read(pack(SOUND, [b"ab"]))

    assert [(frame.octets, frame.at) for frame in batch.frames] == [(b"ab", 5)]


@given(st.sampled_from(sorted(SOUND)), JSON)
def test_a_body_with_anything_in_a_field_is_read_or_refused(field, value):
    import json

    try:
        told = json.dumps({**SOUND, field: value}).encode()
        wire.read(pack(told, [b"ab"]))
    except BadRequestError:
        pass


@pytest.mark.parametrize(
    "change",
    [
        {"frames": []},
        {"frames": [{"size": 3, "at": 5}]},
        {"frames": [{"size": 1, "at": 5}]},
        {"frames": [{"size": True, "at": 5}]},
        {"frames": [{"size": 2, "at": -1}]},
        {"frames": [{"size": 2, "at": 5.5}]},
        {"rest": True},
        {"rest": 1},
        {"head": "AB" * 32},
        {"signature": b64(bytes(63))},
        {"parcel": "a"},
        {"version": "1"},
        {"hints": []},
    ],
)
def test_a_body_is_read_strictly(change):
    with pytest.raises(BatchError):
        wire.read(pack({**SOUND, **change}, [b"ab"]))


def face_at(x, fingerprint=0, wide=100.0):
    points = [(x, 50), (x - wide / 2, 20), (x + wide / 2, 20), (x - 20, 80), (x + 20, 80), (x, 110)]
    return Sketch(fingerprint, tuple(float(value) for point in points for value in point))


def test_holding_still_is_no_repeat_and_coming_back_seldom():
    """Neighbours are alike; whoever comes back does so by a few pixels."""
    still = [face_at(100 + wobble) for wobble in (0, 0.2, 0.1, 0.3)]
    turned = face_at(140)
    back = [face_at(103.5), face_at(97.5), face_at(102.2)]

    assert share(still) == 0
    assert share([*still, turned, *back]) == 0


def test_a_loop_comes_back_to_the_pixel():
    loop = [face_at(100), face_at(110), face_at(140), face_at(120)]

    assert share([*loop, *loop, *loop]) > 0.5


def test_the_same_pose_before_another_wall_is_no_repeat():
    assert share([face_at(100), face_at(140), face_at(100, fingerprint=0xFFFF)]) == 0


def test_a_face_that_was_not_found_repeats_nothing():
    nobody = Sketch(0, ())

    assert share([nobody, face_at(100), nobody, face_at(140), nobody]) == 0
    assert share([]) == 0

"""What may be decoded is told from the header alone, in microseconds."""

import time

import cv2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.isolation.door import inspect
from liveness.isolation.errors import PictureError
from tests.unit.liveness import pictures


@pytest.mark.parametrize("kind", pictures.SOUND)
def test_a_sound_picture_is_let_in(kind):
    header = inspect(pictures.SOUND[kind])

    assert (header.width, header.height) == (160, 120)


@pytest.mark.parametrize("kind", pictures.HOSTILE)
def test_a_hostile_picture_is_turned_away(kind):
    make, *faults = pictures.HOSTILE[kind]
    octets = make()

    began = time.perf_counter()
    with pytest.raises(PictureError) as refused:
        inspect(octets)
    spent = time.perf_counter() - began

    assert refused.value.fault in faults
    assert spent < 0.2
    assert (refused.value.code, refused.value.status) == ("invalid_picture", 400)


def test_the_bomb_is_small_enough_to_be_sent():
    assert len(pictures.bomb()) < 130_000


def test_the_check_costs_next_to_nothing():
    """Every octet of the scan is passed over once, so a full frame is a millisecond or two."""
    octets = pictures.jpeg(cv2.GaussianBlur(pictures.noise(720, 1280), (0, 0), 3))

    began = time.perf_counter()
    for _ in range(50):
        inspect(octets)

    assert (time.perf_counter() - began) / 50 < 0.02


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(sorted(pictures.SOUND)), data=st.data())
def test_whatever_is_broken_is_refused_or_read(kind, data):
    """No input makes the readers fail in any other way than by refusing."""
    octets = bytearray(pictures.SOUND[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, min(len(octets) - 1, 700)))] = data.draw(
            st.integers(0, 255)
        )
    cut = data.draw(st.integers(0, len(octets)))

    for damaged in (bytes(octets), bytes(octets[:cut])):
        try:
            header = inspect(damaged)
        except PictureError:
            continue
        assert min(header.width, header.height) >= 48
        assert header.width * header.height <= 8_500_000

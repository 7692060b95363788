"""Which engine may be chosen, and the slots for those that are not ours."""

import hashlib
import json
import logging

import numpy as np
import pytest

from liveness.engine import catalogue, pad_model
from liveness.engine.catalogue import UnfitEngineError, choose
from liveness.engine.dlib_engine import MissingPackageError
from liveness.engine.vendor import VendorError, VendorMatcher
from liveness.models.manifest import ModelError
from liveness.models.store import read_pinned


def test_only_opencv_may_decide(weights):
    assert choose("opencv", weights.read).authoritative
    with pytest.raises(UnfitEngineError, match="may not decide"):
        choose("face_recognition", weights.read)
    with pytest.raises(UnfitEngineError, match="no engine"):
        choose("unheard-of", weights.read)


def test_an_engine_that_may_not_decide_is_warned_about(weights, caplog, portrait):
    """Where its packages are installed it works, says so at start, and is never authoritative."""
    from liveness.engine.observing import observe

    with caplog.at_level(logging.WARNING):
        try:
            engine = choose("face_recognition", weights.read, require_authoritative=False)
        except MissingPackageError as error:
            pytest.skip(str(error))

    assert "43 %" in caplog.text
    assert not engine.authoritative
    (seen,) = observe(engine, [portrait("obama")], embed=[0])
    assert seen.faces == 1
    assert seen.template.shape == (128,)
    assert seen.presence > 0.5


def answering(**answer):
    def transport(question):
        return json.dumps({"transaction": json.loads(question)["transaction"]} | answer).encode()

    return VendorMatcher(transport)


def test_a_vendor_is_asked_with_pictures_and_answers_twice_true():
    asked = []

    def transport(question):
        asked.append(json.loads(question))
        return b'{"transaction": "t1", "live": true, "match": true, "reference": "v-9"}'

    verdict = VendorMatcher(transport).compare("t1", [b"one", b"two"], b"portrait")

    assert verdict.passed
    assert verdict.reference == "v-9"
    assert asked == [{"transaction": "t1", "probes": ["b25l", "dHdv"], "reference": "cG9ydHJhaXQ="}]


@pytest.mark.parametrize(("live", "match"), [(True, False), (False, True), (False, False)])
def test_a_vendor_that_doubts_passes_nobody(live, match):
    assert not answering(live=live, match=match, reference="").compare("t", [b""], b"").passed


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"live": 1, "match": 1, "reference": ""},
        {"live": "true", "match": True, "reference": ""},
        {"live": True, "match": None, "reference": ""},
        {"live": True, "match": True, "reference": "", "transaction": "another"},
    ],
)
def test_an_answer_that_is_not_as_agreed_is_no_verdict(answer):
    with pytest.raises(VendorError):
        answering(**answer).compare("t", [b"probe"], b"portrait")


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b'"yes"'])
def test_no_answer_is_no_verdict(body):
    with pytest.raises(VendorError):
        VendorMatcher(lambda question: body).compare("t", [b"probe"], b"portrait")


def test_a_vendor_that_is_away_is_no_verdict():
    def transport(question):
        raise TimeoutError

    with pytest.raises(VendorError, match="TimeoutError"):
        VendorMatcher(transport).compare("t", [b"probe"], b"portrait")


def brightness_net():
    """A real ONNX file of one node: the mean of its input, written field by field."""

    def field(number, body):
        if isinstance(body, int):
            return bytes([number << 3, body])
        return bytes([number << 3 | 2]) + varint(len(body)) + body

    def varint(value):
        out = b""
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])

    def value(name, shape):
        sizes = b"".join(field(1, field(1, size)) for size in shape)
        return field(1, name) + field(2, field(1, field(1, 1) + field(2, sizes)))

    node = field(1, b"x") + field(2, b"y") + field(4, b"GlobalAveragePool")
    graph = field(1, node) + field(2, b"g") + field(11, value(b"x", (1, 3, 8, 8)))
    graph += field(12, value(b"y", (1, 3, 1, 1)))
    return field(1, 8) + field(7, graph) + field(8, field(2, 11))


@pytest.fixture
def slot(tmp_path):
    """An operator's own model and its description."""
    (tmp_path / "own.onnx").write_bytes(brightness_net())
    sha256 = hashlib.sha256(brightness_net()).hexdigest()
    path = tmp_path / "pad.toml"

    def write(**changed):
        words = {"sha256": sha256, "name": "own", "path": "own.onnx"} | changed
        lines = [f'{key} = "{value}"' for key, value in words.items()]
        extra = ["pixels = 8", "softmax = false", "live = 1", "face_pixels = 100"]
        path.write_text("\n".join(["[[model]]", *lines, *extra]), "utf-8")
        return path

    return write


def test_an_operators_model_is_asked(slot, engine, portrait):
    (model,) = pad_model.load(slot(), read_pinned)
    shown = portrait("obama")
    face = engine.detector.detect(shown)[0]

    score = model.score(shown, face)

    assert 0 < score < 1
    assert model.score((shown * 0.5).astype(np.uint8), face) == pytest.approx(score / 2, abs=0.02)


def test_a_face_too_small_is_not_asked_about(slot, engine, portrait):
    from dataclasses import replace

    (model,) = pad_model.load(slot(), read_pinned)
    face = engine.detector.detect(portrait("obama"))[0]

    assert not model.score(portrait("obama"), replace(face, width=60.0)) >= 0


def test_an_altered_model_is_not_loaded(slot):
    with pytest.raises(ModelError, match="pin"):
        pad_model.load(slot(sha256=hashlib.sha256(b"another").hexdigest()), read_pinned)


def test_no_file_means_no_model():
    assert pad_model.load(None, read_pinned) == []
    assert {"opencv"} == catalogue._AUTHORITATIVE

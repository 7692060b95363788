"""Reading JSON so that nobody could read it otherwise."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.web.documents import DEPTH, LIMIT, DocumentError, read_object


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b'{"a":1,"a":2}',
        b'{"o":{"a":1,"\\u0061":2}}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":"\\u0000"}',
        b'{"\\u0000":1}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"a":1} x',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1) + b"}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"' + b"x" * LIMIT + b'"}',
    ],
    ids=range(19),
)
def test_what_is_refused(body):
    with pytest.raises(DocumentError):
        read_object(body)


def test_what_is_read():
    deep = b"[" * (DEPTH - 1) + b"]" * (DEPTH - 1)

    assert read_object('{"名":"税务","n":1,"f":true}'.encode()) == {"名": "税务", "n": 1, "f": True}
    assert read_object(b'{"a":' + deep + b"}")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_noise_is_refused_or_read_but_never_a_fault(body):
    with suppress(DocumentError):
        assert isinstance(read_object(b"{" + body + b"}"), dict)

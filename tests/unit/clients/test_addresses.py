"""Which addresses a client may name."""

import pytest

from idp.clients.addresses import check_page, check_redirect
from idp.clients.errors import InvalidMetadataError, InvalidRedirectUriError

WEB_GOOD = [
    "https://site.example/callback",
    "https://site.example",
    "https://site.example:8443/a/b.php?x=1&y=%20",
    "https://xn--fiq228c.example/cb",
    "https://[2001:db8::1]/cb",
    "https://192.0.2.7/cb",
]
NEVER = [
    "",
    "site.example/cb",
    "//site.example/cb",
    "/cb",
    "http://site.example/cb",
    "https://site.example/cb#",
    "https://site.example/cb#fragment",
    "https://user@site.example/cb",
    "https://user:word@site.example/cb",
    "https://site.example@evil.example/cb",
    "https://a@b@site.example/cb",
    "https://*.site.example/cb",
    "https://site.example/*",
    "https://site.example/a/../b",
    "https://site.example/a/..;/b",
    "https://site.example/%2e%2e/b",
    "https://site.example/.%2E/b",
    "https://site.example\\@evil.example/cb",
    "https://site.example/\\evil",
    "https:/site.example/cb",
    "https:///cb",
    "https://site.example:99999/cb",
    "https://site.example:0/cb",
    "https://site.example:/cb",
    "https://-site.example/cb",
    "https://site..example/cb",
    "https://127.1/cb",
    "https://2130706433/cb",
    "https://0x7f.0.0.1/../cb",
    "https://[::1/cb",
    "https://[nonsense]/cb",
    "https://site.example/cb\r\nX: y",
    "https://site.example/c b",
    "https://site.example/\x00",
    "https://site.example/%zz",
    "https://漫游.example/cb",
    "https://site.example/漫",
    " https://site.example/cb",
    "https://site.example/cb\n",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "urn:ietf:wg:oauth:2.0:oob",
    "https://site.example/" + "a" * 2048,
    None,
    7,
    ["https://site.example/cb"],
]


@pytest.mark.parametrize("uri", WEB_GOOD)
def test_a_plain_https_address_is_taken_as_it_is(uri):
    assert check_redirect(uri, native=False, lenient=False) == uri


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("uri", NEVER)
def test_an_odd_address_is_refused_of_everybody(uri, native):
    """RFC 9700 §4.1: what two parsers could read differently is read by none."""
    with pytest.raises(InvalidRedirectUriError):
        check_redirect(uri, native=native, lenient=False)


@pytest.mark.parametrize(
    ("uri", "native", "lenient", "good"),
    [
        ("http://127.0.0.1/cb", False, False, False),
        ("http://127.0.0.1/cb", True, False, True),
        ("http://127.0.0.1:5000/cb", True, False, True),
        ("http://[::1]:5000/cb", True, False, True),
        ("http://localhost:5000/cb", True, False, False),  # RFC 8252 §8.3
        ("http://localhost:8101/cb", False, True, True),
        ("http://127.0.0.1:8101/cb", False, True, True),
        ("http://localhost.evil.example/cb", False, True, False),
        ("http://127.0.0.1.evil.example/cb", True, True, False),
        ("http://127.0.0.2/cb", True, True, False),
        ("http://site.example/cb", False, True, False),
        ("cn.gov.app:/cb", True, False, True),
        ("cn.gov.app://cb/x", True, False, True),
        ("cn.gov.app:/cb", False, False, False),
        ("cn.gov.app:/cb#x", True, False, False),
        ("app:/cb", True, False, False),  # RFC 8252 §7.1: a dot, so that it is somebody's
        ("Cn.gov.app:/cb", True, False, False),
    ],
)
def test_who_may_return_without_https(uri, native, lenient, good):
    """RFC 8252 §7: an app's own loopback address or scheme; a demonstration's own machine."""
    if good:
        assert check_redirect(uri, native=native, lenient=lenient) == uri
    else:
        with pytest.raises(InvalidRedirectUriError):
            check_redirect(uri, native=native, lenient=lenient)


def test_pages_are_https():
    assert check_page("https://site.example/logo.png", name="logo_uri")
    assert check_page("http://localhost:8101/", name="client_uri", lenient=True)
    for uri in ("http://site.example/", "javascript:alert(1)", "data:image/png;base64,x", None):
        with pytest.raises(InvalidMetadataError, match="logo_uri"):
            check_page(uri, name="logo_uri", lenient=True)

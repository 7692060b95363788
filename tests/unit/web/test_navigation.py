"""Where `next` may lead."""

import pytest
from flask import Flask

from idp.web import navigation


@pytest.mark.parametrize(
    "path",
    [
        "/account",
        "/account/sites?sort=name",
        "/authorize/resume/0123abcd",
        "/authorize/resume/0123abcd?x=%E4%BD%A0",
        "/device",
        "/account?from=https://site.example//x",
    ],
)
def test_our_own_pages_are_safe(path):
    assert navigation.safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *(None, "", "account", "https://evil.example/account", "javascript:alert(1)"),
        *("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
        *("/%5Cevil.example", "/%2F%2Fevil.example", "/account//evil.example", "/account%2F%2Fx"),
        *("/account/../token", "/account/%2e%2e/token", "/account/./x"),
        *("/account\n", "/account%0d%0aLocation:x", "/account%00", "/\t/evil.example"),
        *("/account%", "/account%zz", "/account é", "/account\x7f", "/" + "a" * 3000),
        *("/accounts", "/token", "/", "/sign-in", "/authorize", "/authorize/resume"),
    ],
)
def test_everything_else_is_not(path):
    assert navigation.safe_next(path) is None


def test_the_issuers_prefix_comes_off_and_on_again():
    """Inside, paths are counted from the issuer; outside, the prefix belongs to them."""
    app = Flask(__name__)
    with app.test_request_context("/sign-in", base_url="https://id.example/gov"):
        assert navigation.safe_next("/gov/account/sites") == "/account/sites"
        assert navigation.safe_next("/government/account") is None
        assert navigation.redirect("/account").location == "/gov/account"


@pytest.mark.parametrize("given", ["//evil.example", "https://evil.example"])
def test_an_unsafe_next_falls_back(given):
    app = Flask(__name__)
    with app.test_request_context("/sign-in", query_string={"next": given}):
        assert navigation.next_or("/account") == "/account"

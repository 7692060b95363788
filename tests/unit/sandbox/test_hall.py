"""The hall checks signatures with code of its own: by vectors that neither side has made up."""

import json

import pytest
from werkzeug.test import Client

from sandbox.addresses import HALL as KEYS
from sandbox.addresses import Country
from sandbox.register import Register
from sandbox.upstreams import beijing, government_dingtalk, hall, hall_credentials, jis, zhejiang
from sandbox.upstreams.xml_signatures import element, text

VALIDATE = "/restapi/prod/IC33000020220228000002/sso/servlet/simpleauth"


@pytest.fixture(scope="module")
def visitor():
    country = Country()
    known = hall_credentials.make(country.issuer)
    return Client(
        hall.build(Register.of_the_country(), hall.switchboard(), known, country, slow=0.0)
    )


def test_zhejiang_signs_as_the_known_vectors():
    assert zhejiang.sign("BCDSGA_test", "secret_test", "20260101120000") == (
        "886c9f1c0d1c95723ccbea0369d77077"
    )
    date = "Thu, 01 Jan 2026 12:00:00 GMT"
    assert zhejiang.gateway_signature("secret_test", "POST", VALIDATE, "", "BCDSGA_test", date) == (
        "Cc3MNCnMP9H6KuFDMX789xqSVyUeR2bbStdJYBe/rtI="
    )


def test_jis_signs_and_seals_as_the_known_vectors():
    word = "0123456789abcdef"
    assert jis.sign("testmark", word, "20260101120000") == "c8f9d7c589c2bc6d433a9e062d707a85"
    assert jis.seal(
        word, json.dumps({"name": "张三"}, ensure_ascii=False, separators=(",", ":"))
    ) == ("4ca1b2c0621585c2e32a29789ae061ed03000aeb4ff51d29188f82e4a162a1f6")


def test_beijing_opens_what_it_sealed_and_nothing_else():
    key = bytes(range(16))
    assert beijing.unseal(key, beijing.seal(key, "c1:secret:1767268800000")) == (
        "c1:secret:1767268800000"
    )
    for odd in ("", "zz", "00"):
        assert beijing.unseal(key, odd) == ""
    assert "secret" not in beijing.unseal(key[::-1], beijing.seal(key, "c1:secret:1"))


def test_a_signature_of_government_dingtalk_covers_every_part():
    parts = ["s", "GET", "t", "n", "/p", {"b": "2", "a": "1"}]
    right = government_dingtalk.signature(*parts)

    assert right == government_dingtalk.signature(*parts[:5], {"a": "1", "b": "2"})
    for place in range(5):
        changed = [*parts]
        changed[place] += "x"
        assert government_dingtalk.signature(*changed) != right
    assert government_dingtalk.signature(*parts[:5], {"a": "1"}) != right


def test_what_is_written_is_in_canonical_form():
    """Exclusive Canonicalization: attributes in order, no empty tag, these letters escaped."""
    written = element("a:b", {"y": 'q"<&\t\n\r>', "x": "1"}, text("<&>\r\"'"), spaces={"a": "u"})

    assert written == (
        '<a:b xmlns:a="u" x="1" y="q&quot;&lt;&amp;&#x9;&#xA;&#xD;>">&lt;&amp;&gt;&#xD;"\'</a:b>'
    )


def test_the_hall_lists_everybody_and_each_has_a_page_that_says_whose_wire_it_is(visitor):
    lobby = visitor.get("/").text
    for upstream in hall.HALL:
        assert f'href="/{upstream.key}/"' in lobby
        page = visitor.get(f"/{upstream.key}/", headers={"Accept-Language": "en"}).text
        assert upstream.name.en in page
        assert ("the profile is our own" in page) == (not upstream.genuine)
    assert tuple(upstream.key for upstream in hall.HALL) == KEYS


def test_nobody_is_asked_for_an_application_or_a_callback_that_is_unknown(visitor):
    for path in (
        "/dingtalk/oauth2/challenge.htm?client_id=x&scope=openid&redirect_uri=http://localhost:8000/",
        "/saml/sso?SAMLRequest=x",
        "/foreign/authorize?request_uri=urn:ietf:params:oauth:request_uri:x",
        "/network_id/v1/authorize?orgCode=x&redirectUri=https://evil.example/",
    ):
        page = visitor.get(path)
        assert page.status_code == 400
        assert 'id="refusal"' in page.text


def test_unknown_paths_lead_nowhere(visitor):
    for path in ("/nobody", "/saml/nothing", "/healthz/x"):
        assert visitor.get(path).status_code == 404
    assert visitor.get("/healthz").json == {"status": "ok"}
    with visitor.get("/static/post.js") as script:
        assert script.status_code == 200

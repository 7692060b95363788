"""RFC 9207: every answer from /authorize says who gives it."""

import pytest


def test_a_code_comes_with_the_issuer(visit):
    """§2: iss, byte for byte the issuer of the metadata."""
    document = visit.site.provider.call("GET", "/.well-known/oauth-authorization-server").json

    assert visit.enter().fields["iss"] == document["issuer"] == visit.site.provider.issuer


def test_so_it_does_when_nobody_is_asked(visit):
    """§2: by the short way of a live session, too."""
    visit.sign_in()

    for changes in ({}, {"prompt": "none"}):
        assert visit.ask(**changes).fields["iss"] == visit.site.provider.issuer


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "token"},
        {"scope": "profile"},
        {"prompt": "none"},
        {"prompt": "none login"},
        {"code_challenge": None},
        {"request": "x"},
        {"max_age": "x"},
    ],
    ids=str,
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_errors_come_with_the_issuer(visit, changes, signed_in):
    """§2: error responses as well, signed in or not."""
    if signed_in:
        visit.sign_in()

    answer = visit.ask(**changes)

    if not (signed_in and changes == {"prompt": "none"}):
        assert answer.fields["error"]
    assert answer.fields["iss"] == visit.site.provider.issuer


def test_a_refusal_comes_with_the_issuer(visit):
    """§2: access_denied, too."""
    answer = visit.walk(visit.ask(), decision="consent-deny")

    assert answer.fields["iss"] == visit.site.provider.issuer


def test_the_metadata_announces_it(deployment):
    """§3: authorization_response_iss_parameter_supported."""
    for path in ("openid-configuration", "oauth-authorization-server"):
        document = deployment.call("GET", f"/.well-known/{path}").json
        assert document["authorization_response_iss_parameter_supported"] is True


def test_nothing_is_built_from_the_host_header(deployment, visit):
    """PROTOCOL: the issuer is configured; forged forwarding headers change nothing."""
    answer = deployment.call(
        "GET",
        "/.well-known/openid-configuration",
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )

    assert "evil" not in answer.text
    assert answer.json["issuer"] == deployment.issuer

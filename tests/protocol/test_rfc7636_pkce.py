"""RFC 7636: proof key for code exchange, S256 only."""

import secrets

import pytest

from .site import challenge


@pytest.fixture(params=["client_secret_basic", "none"], ids=["confidential", "public"])
def visit(enter, request):
    return enter(token_endpoint_auth_method=request.param)


@pytest.mark.parametrize("length", [43, 64, 128])
def test_the_right_verifier_wins(visit, length):
    """§4.1, §4.6: 43 to 128 characters; BASE64URL(SHA256(verifier)) equals the challenge."""
    verifier = secrets.token_urlsafe(128)[:length]

    code = visit.code(code_challenge=challenge(verifier))

    assert visit.site.redeem(code, code_verifier=verifier).status == 200


@pytest.mark.parametrize(
    "wrong",
    [None, "", "x", "A" * 43, "é" * 43, "{} ", "{}A", "{}=", "%00"],
)
def test_a_wrong_verifier_loses(visit, wrong):
    """§4.6: invalid_grant."""
    given = wrong and wrong.format(visit.site.verifier)

    answer = visit.site.redeem(visit.code(), code_verifier=given)

    assert (answer.status, answer.error) == (400, "invalid_grant")


def test_the_challenge_is_no_verifier(visit):
    """§7.2: whoever saw the authorization request has not the verifier."""
    answer = visit.site.redeem(visit.code(), code_verifier=challenge(visit.site.verifier))

    assert answer.error == "invalid_grant"


def test_a_wrong_verifier_burns_the_code(visit):
    """TRUST A6: nobody guesses twice."""
    code = visit.code()
    visit.site.redeem(code, code_verifier="A" * 43)

    assert visit.site.redeem(code).error == "invalid_grant"


def test_the_verifier_of_another_flow_loses(visit):
    """RFC 9700 §4.5: an injected code meets the verifier of the victim's own flow."""
    code = visit.code(code_challenge=challenge("a" * 43))

    assert visit.site.redeem(code, code_verifier="b" * 43).error == "invalid_grant"


@pytest.mark.parametrize("length", [42, 129])
def test_a_verifier_of_the_wrong_length_loses(visit, length):
    """§4.1: minimum 43, maximum 128 characters, even if its hash would fit."""
    verifier = "a" * length

    answer = visit.site.redeem(
        visit.code(code_challenge=challenge(verifier)), code_verifier=verifier
    )

    assert (answer.status, answer.error) == (400, "invalid_grant")


@pytest.mark.parametrize("letter", [" ", "+", "/", "=", "é", "\\"])
def test_a_verifier_with_other_letters_loses(visit, letter):
    """§4.1: unreserved characters only, even if its hash would fit."""
    verifier = "a" * 50 + letter

    answer = visit.site.redeem(
        visit.code(code_challenge=challenge(verifier)), code_verifier=verifier
    )

    assert (answer.status, answer.error) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "plain", "code_challenge": "a" * 43},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge": "a" * 42},
        {"code_challenge": "a" * 44},
        {"code_challenge": "a" * 42 + "="},
        {"code_challenge": "a" * 42 + "+"},
        {"code_challenge": "a" * 42 + "é"},
        {"code_challenge": "a" * 42 + "\n"},
    ],
    ids=str,
)
def test_only_s256_is_accepted(visit, changes):
    """§4.2, §4.3, §4.4.1, RFC 9700 §2.1.1: invalid_request, told to the site."""
    answer = visit.ask(**changes)

    assert answer.location.startswith(visit.site.redirect_uri)
    assert answer.fields["error"] == "invalid_request"


def test_the_metadata_says_s256(deployment):
    """RFC 8414 §2: code_challenge_methods_supported; plain is not there."""
    document = deployment.call("GET", "/.well-known/openid-configuration").json

    assert document["code_challenge_methods_supported"] == ["S256"]


class TestWithoutPkce:
    """A site of old, for which an operator has switched the duty off."""

    @pytest.fixture
    def visit(self, enter):
        return enter(require_pkce=False)

    def test_it_may_do_without(self, visit):
        """OIDC Core knows no PKCE: nonce and client authentication protect."""
        code = visit.code(code_challenge=None, code_challenge_method=None)

        assert visit.site.redeem(code, code_verifier=None).status == 200

    def test_a_verifier_without_a_challenge_is_refused(self, visit):
        """RFC 9700 §4.8.2: a downgrade is under way."""
        code = visit.code(code_challenge=None, code_challenge_method=None)

        assert visit.site.redeem(code).error == "invalid_grant"

    def test_who_sent_a_challenge_must_verify(self, visit):
        """§4.5, RFC 9700 §2.1.1: enforced where a challenge was sent."""
        assert visit.site.redeem(visit.code(), code_verifier=None).error == "invalid_grant"

    @pytest.mark.parametrize(
        "changes", [{"code_challenge": None}, {"code_challenge_method": "plain"}], ids=str
    )
    def test_half_a_challenge_is_refused(self, visit, changes):
        """§4.4.1: plain is no way round."""
        assert visit.ask(**changes).fields["error"] == "invalid_request"


def test_a_public_client_cannot_be_excused(enter):
    """RFC 9700 §2.1.1: public clients MUST use PKCE."""
    from idp.errors import IdentityError

    try:
        visit = enter(token_endpoint_auth_method="none", require_pkce=False)
    except IdentityError:
        return

    answer = visit.ask(code_challenge=None, code_challenge_method=None)
    assert answer.fields["error"] == "invalid_request"

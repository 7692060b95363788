"""RFC 6750: how an access token is shown, and how it is refused."""

import pytest

from .wire import FORM


@pytest.fixture
def token(visit):
    return visit.tokens(scope="openid profile")["access_token"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_header_carries_the_token(deployment, token, scheme):
    """§2.1; RFC 9110 §11.1: the scheme's case does not matter."""
    answer = deployment.call("GET", "/userinfo", headers={"Authorization": f"{scheme} {token}"})

    assert answer.status == 200


def test_the_form_may_carry_the_token(deployment, token):
    """§2.2: POST, form-encoded, one part."""
    assert deployment.post("/userinfo", {"access_token": token}).status == 200


def test_a_url_may_not_carry_the_token(deployment, token):
    """§2.3, RFC 9700 §4.3.2: refused even with a good header beside it."""
    path = f"/userinfo?access_token={token}"

    alone = deployment.call("GET", path)
    beside = deployment.call("GET", path, headers={"Authorization": f"Bearer {token}"})

    assert alone.status in (400, 401)
    assert (beside.status, beside.error) == (400, "invalid_request")
    assert "sub" not in alone.json
    assert "sub" not in beside.json


def test_two_ways_at_once_are_refused(deployment, token):
    """§2: MUST NOT use more than one method in each request."""
    answer = deployment.post("/userinfo", {"access_token": token}, Authorization=f"Bearer {token}")

    assert (answer.status, answer.error) == (400, "invalid_request")


def test_a_get_has_no_body_to_look_into(deployment, token):
    """§2.2: never GET."""
    answer = deployment.call(
        "GET", "/userinfo", headers={"Content-Type": FORM}, body=f"access_token={token}".encode()
    )

    assert answer.status == 401


def test_without_a_token_only_the_realm_is_told(deployment):
    """§3.1: SHOULD NOT include an error code when nothing was shown."""
    answer = deployment.call("GET", "/userinfo")

    assert answer.status == 401
    challenge = answer.header("WWW-Authenticate")
    assert challenge.startswith("Bearer ")
    assert "error=" not in challenge


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic eA==", "Bearer\tx", "x"])
def test_an_unreadable_header_is_no_token(deployment, header):
    """§3: 401 with a Bearer challenge."""
    answer = deployment.call("GET", "/userinfo", headers={"Authorization": header})

    assert answer.status == 401
    assert answer.header("WWW-Authenticate").startswith("Bearer ")


@pytest.mark.parametrize("made_up", ["x", "a.b.c", "é", "x" * 9000, "eyJhbGciOiJub25lIn0.e30."])
def test_a_bad_token_is_invalid_token(deployment, made_up):
    """§3.1: 401 invalid_token, in the challenge too; description in safe characters."""
    answer = deployment.call("GET", "/userinfo", headers={"Authorization": f"Bearer {made_up}"})

    assert (answer.status, answer.error) == (401, "invalid_token")
    challenge = answer.header("WWW-Authenticate")
    assert 'error="invalid_token"' in challenge
    assert challenge.isascii()
    assert answer.header("Cache-Control") == "no-store"


def test_an_expired_token_is_invalid(deployment, token, later):
    """§3.1: expired."""
    later(deployment.desk.settings.tokens.access_lifetime + 1)

    answer = deployment.call("GET", "/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status, answer.error) == (401, "invalid_token")


def test_a_token_for_something_else_is_insufficient(deployment):
    """§3.1: 403 insufficient_scope, in the challenge too."""
    machine = deployment.add_site(
        grant_types=["client_credentials"],
        redirect_uris=[],
        post_logout_redirect_uris=[],
        scope="verify:name",
    )
    token = machine.token(grant_type="client_credentials").json["access_token"]

    answer = machine.userinfo(token)

    assert (answer.status, answer.error) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in answer.header("WWW-Authenticate")


def test_a_token_with_a_changed_letter_is_invalid(deployment, token):
    """§5.2: tokens are protected against modification, in each of their three parts."""
    parts = token.split(".")
    for index in range(3):
        middle = len(parts[index]) // 2
        letter = "A" if parts[index][middle] != "A" else "B"
        changed = parts[index][:middle] + letter + parts[index][middle + 1 :]
        forged = ".".join([*parts[:index], changed, *parts[index + 1 :]])
        answer = deployment.call("GET", "/userinfo", headers={"Authorization": f"Bearer {forged}"})
        assert answer.status == 401, index


def test_other_tokens_are_no_access_tokens(deployment, visit):
    """RFC 9068 §4: an ID token, a code or a refresh token opens nothing."""
    tokens = visit.tokens()

    for wrong in (tokens["id_token"], tokens["refresh_token"], visit.code()):
        assert visit.site.userinfo(wrong).status == 401

"""RFC 6749 §2.3 and §4.4: clients that act for themselves, and how each shows who it is."""

from base64 import b64encode
from urllib.parse import quote

import pytest

MACHINE = {
    "grant_types": ["client_credentials"],
    "redirect_uris": [],
    "post_logout_redirect_uris": [],
    "scope": "verify:name verify:face",
}


@pytest.fixture
def machine(deployment):
    return deployment.add_site(**MACHINE)


def test_a_client_gets_a_token_for_itself(machine):
    """§4.4.3: an access token and no refresh token."""
    answer = machine.token(grant_type="client_credentials")

    assert answer.status == 200
    assert answer.json["token_type"] == "Bearer"
    assert set(answer.json["scope"].split()) == {"verify:name", "verify:face"}
    assert "refresh_token" not in answer.json
    assert "id_token" not in answer.json
    assert answer.header("Cache-Control") == "no-store"


def test_a_scope_may_be_chosen(machine):
    """§4.4.2, §3.3: what was asked for, told back."""
    answer = machine.token(grant_type="client_credentials", scope="verify:face")

    assert answer.json["scope"] == "verify:face"
    assert machine.introspect(answer.json["access_token"])["scope"] == "verify:face"


@pytest.mark.parametrize("scope", ["verify:all", "openid", "verify:name admin", "VERIFY:NAME"])
def test_a_scope_beyond_the_registration_is_refused(machine, scope):
    """§5.2: invalid_scope; and no scope about persons without a person."""
    answer = machine.token(grant_type="client_credentials", scope=scope)

    assert (answer.status, answer.error) == (400, "invalid_scope")


def test_its_token_opens_nobodys_data(machine):
    """RFC 9700 §4.15: a client cannot pose as a person."""
    token = machine.token(grant_type="client_credentials").json["access_token"]

    answer = machine.userinfo(token)

    assert (answer.status, answer.error) == (403, "insufficient_scope")


def test_a_site_that_has_not_registered_the_grant_may_not(site):
    """§5.2: unauthorized_client."""
    answer = site.token(grant_type="client_credentials")

    assert (answer.status, answer.error) == (400, "unauthorized_client")


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{secret}".encode()).decode()}


def test_a_wrong_secret_is_told_with_a_challenge(machine, deployment):
    """§5.2: 401, invalid_client, and WWW-Authenticate for the scheme that was used."""
    answer = deployment.post(
        "/token", {"grant_type": "client_credentials"}, **basic(machine.client_id, "wrong")
    )

    assert (answer.status, answer.error) == (401, "invalid_client")
    assert answer.header("WWW-Authenticate").lower().startswith("basic ")


def test_an_unknown_client_is_told_the_same(machine, deployment):
    """TRUST L6: nobody learns which client ids exist."""
    form = {"grant_type": "client_credentials"}

    unknown = deployment.post("/token", form, **basic("nobody", "wrong"))
    wrong = deployment.post("/token", form, **basic(machine.client_id, "wrong"))

    assert unknown.status == wrong.status == 401
    assert unknown.json["error_description"] == wrong.json["error_description"]


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + b64encode(b"no-colon").decode(),
        "Basic " + b64encode(b"\xff\xfe:x").decode(),
        "Basic " + b64encode(b":").decode(),
        "Bearer abc",
        "Negotiate abc",
        "Basic " + "A" * 8000,
    ],
)
def test_malformed_credentials_are_refused(deployment, header):
    """§5.2: 401 invalid_client, never a failure of ours."""
    answer = deployment.post("/token", {"grant_type": "client_credentials"}, Authorization=header)

    assert (answer.status, answer.error) == (401, "invalid_client")


def test_both_halves_are_form_encoded(machine, deployment):
    """§2.3.1: an encoded and a plain spelling of the same secret are the same."""
    encoded = "".join(f"%{ord(c):02X}" for c in machine.secret)

    answer = deployment.post(
        "/token", {"grant_type": "client_credentials"}, **basic(machine.client_id, encoded)
    )

    assert answer.status == 200


@pytest.mark.parametrize("change", [str.upper, lambda s: s[:-1], lambda s: s + " ", lambda s: ""])
def test_a_secret_is_compared_whole(machine, deployment, change):
    """TRUST T12: no prefix, case or blank variants."""
    secret = quote(change(machine.secret), safe="")

    answer = deployment.post(
        "/token", {"grant_type": "client_credentials"}, **basic(machine.client_id, secret)
    )

    assert (answer.status, answer.error) == (401, "invalid_client")


def test_one_way_of_authentication_only(machine, deployment):
    """§2.3: a client MUST NOT use more than one method in each request."""
    form = {
        "grant_type": "client_credentials",
        "client_id": machine.client_id,
        "client_secret": machine.secret,
    }

    answer = deployment.post("/token", form, **machine.basic)

    assert answer.status in (400, 401)
    assert answer.error in ("invalid_request", "invalid_client")


@pytest.mark.parametrize(
    ("registered", "used"),
    [
        ("client_secret_basic", "post"),
        ("client_secret_post", "basic"),
        ("client_secret_basic", "none"),
        ("client_secret_post", "none"),
    ],
)
def test_only_the_registered_way_counts(deployment, registered, used):
    """§2.3, RFC 7591 §2: token_endpoint_auth_method is what the client uses."""
    machine = deployment.add_site(**MACHINE, token_endpoint_auth_method=registered)
    form = {"grant_type": "client_credentials"}
    if used != "basic":
        form["client_id"] = machine.client_id
    if used == "post":
        form["client_secret"] = machine.secret

    answer = deployment.post("/token", form, **(machine.basic if used == "basic" else {}))

    assert (answer.status, answer.error) == (401, "invalid_client")


def test_the_secret_may_stand_in_the_body(deployment):
    """§2.3.1: client_secret_post, for clients that registered it."""
    machine = deployment.add_site(**MACHINE, token_endpoint_auth_method="client_secret_post")

    assert machine.token(grant_type="client_credentials").status == 200


def test_credentials_never_stand_in_the_url(deployment):
    """§2.3.1: MUST NOT be included in the request URI, even where they would be right."""
    machine = deployment.add_site(**MACHINE, token_endpoint_auth_method="client_secret_post")
    path = f"/token?client_id={machine.client_id}&client_secret={machine.secret}"

    answer = deployment.post(path, {"grant_type": "client_credentials"})

    assert answer.status in (400, 401)
    assert "access_token" not in answer.json


def test_client_id_may_not_contradict_the_credentials(machine, deployment, site):
    """RFC 9700 §4.7: one client per request."""
    form = {"grant_type": "client_credentials", "client_id": site.client_id}

    answer = deployment.post("/token", form, **machine.basic)

    assert answer.status in (400, 401)
    assert "access_token" not in answer.json


def test_a_public_client_has_no_credentials(enter):
    """§4.4: MUST only be used by confidential clients: it cannot even register so."""
    from idp.clients.errors import InvalidMetadataError

    with pytest.raises(InvalidMetadataError):
        enter(
            grant_types=["authorization_code", "client_credentials"],
            token_endpoint_auth_method="none",
        )


def test_secrets_are_not_kept(machine, deployment):
    """TRUST §5: only fingerprints; the secret stands in no table."""
    from idp.db import Statement

    everything = Statement("SELECT * FROM client WHERE client_id = :client_id")
    with deployment.desk.database.read() as tx:
        row = tx.one(everything, client_id=machine.client_id)

    assert machine.secret not in repr(tuple(row))

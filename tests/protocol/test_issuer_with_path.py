"""An issuer may have a path: no address loses it (OIDC Discovery §4.1, RFC 8414 §3.1)."""

import pytest

from .conftest import deploy
from .site import Visit


@pytest.fixture(params=[True, False], ids=["counter", "flask"])
def realm(request, backend, store, tmp_path):
    """A provider whose issuer is https://id.example/gov/cn."""
    environ = {
        "MANYOU_ISSUER": "https://id.example/gov/cn",
        "MANYOU_HTTP__MACHINE_DOOR": str(request.param),
    }
    with deploy(tmp_path, store.fresh(tmp_path), environ) as deployed:
        yield deployed


@pytest.mark.parametrize(
    "path",
    [
        "https://id.example/gov/cn/.well-known/openid-configuration",
        "https://id.example/.well-known/oauth-authorization-server/gov/cn",
        "https://id.example/.well-known/openid-configuration/gov/cn",
    ],
)
def test_metadata_stands_where_either_standard_looks(realm, path):
    """OIDC appends the well-known part to the path, RFC 8414 puts it before."""
    document = realm.call("GET", path.removeprefix(realm.issuer)) if realm.issuer in path else None
    if document is None:
        document = realm.agent().get(path)

    assert document.json["issuer"] == "https://id.example/gov/cn"
    assert document.json["token_endpoint"] == "https://id.example/gov/cn/token"


def test_a_login_stays_below_the_path(realm):
    """Sign-in, consent, code, tokens, userinfo, logout: every address carries the path."""
    visit = Visit(realm.add_site(), realm.agent(), realm.add_citizen())

    tokens = visit.tokens(scope="openid profile")

    assert visit.site.read(tokens["id_token"])["iss"] == realm.issuer
    assert visit.site.userinfo(tokens["access_token"]).status == 200
    bye = visit.agent.get(f"{realm.issuer}/end_session?id_token_hint={tokens['id_token']}")
    assert bye.location.startswith("https://id.example/gov/cn/signed-out")
    assert visit.ask(prompt="none").fields["error"] == "login_required"
    assert "consent" in visit.asked


def test_nothing_lives_beside_the_path(realm):
    """The same host without the path is not us."""
    assert realm.agent().get("https://id.example/sign-in").status == 404

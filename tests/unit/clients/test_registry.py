"""Finding relying parties, and their look in other languages."""

import pytest

from idp.clients import metadata, registration
from idp.clients.party import sector_of
from idp.clients.registry import Registry
from idp.clients.rules import Policy

SITE = {"client_name": "Taxes", "redirect_uris": ["https://tax.example/cb"]}


@pytest.fixture
def registry(database, clock):
    return Registry(database)


def add(database, origin="operator", **more):
    checked = metadata.check({**SITE, **more}, Policy(origin), None)
    with database.write() as tx:
        return registration.create(tx, checked)


def test_a_client_is_found_as_registered(database, registry):
    made = add(database, **{"client_name#zh-CN": "税务"})

    party = registry.find(made.client_id)

    assert party.redirect_uris == {"https://tax.example/cb"}
    assert party.sector == "tax.example"
    assert (party.name_in("zh-CN"), party.name_in("zh_TW"), party.name_in("en")) == (
        "税务",
        "税务",
        "Taxes",
    )
    assert party.require_pkce
    assert not party.first_party


def test_a_disabled_client_is_gone_within_a_second(database, registry, clock):
    made = add(database)
    assert registry.find(made.client_id)
    with database.write() as tx:
        registration.set_status(tx, made.client_id, "disabled", actor="test")

    clock.advance(1)

    assert registry.find(made.client_id) is None
    assert registry.find_any(made.client_id).status == "disabled"


def test_a_fresh_look_sees_at_once(database, registry):
    made = add(database)
    registry.find(made.client_id)
    with database.write() as tx:
        registration.set_status(tx, made.client_id, "disabled", actor="test")

    assert registry.find(made.client_id), "remembered for this second"
    assert registry.find_fresh(made.client_id) is None


def test_a_deleted_client_keeps_its_name_and_loses_its_keys(database, registry):
    made = add(database)
    with database.write() as tx:
        registration.delete(tx, made.client_id)

    assert registry.find(made.client_id) is None
    gone = registry.find_any(made.client_id)
    assert (gone.name, gone.secret_fingerprint) == ("Taxes", None)


@pytest.mark.parametrize("odd", ["", "x" * 65, "a b", "a\0b", "漫", "' OR 1=1 --", "nobody"])
def test_an_odd_name_is_nobody(registry, odd):
    assert registry.find(odd) is None


def test_made_up_names_do_not_fill_the_memory(registry):
    for number in range(300):
        registry.find(f"nobody-{number}")
    assert len(registry._seen) == 300
    registry._seen.update({str(number): None for number in range(10_000)})

    registry.find("one more")

    assert "one more" not in registry._seen


@pytest.mark.parametrize(
    ("uris", "sector"),
    [
        (["https://a.example/1", "https://a.example/2"], "a.example"),
        (["https://A.example/1"], "a.example"),
        (["http://127.0.0.1/cb"], "c1"),
        (["cn.gov.app:/cb"], "c1"),
        ([], "c1"),
    ],
)
def test_the_sector_is_the_host(uris, sector):
    """OIDC Core §8.1; where there is no host of its own, a client is a sector for itself."""
    assert sector_of({"redirect_uris": uris}, "c1") == sector


def test_several_hosts_without_a_sector_of_their_own_stay_apart():
    uris = ["https://a.example/", "https://b.example/"]

    assert sector_of({"redirect_uris": uris}, "c1") == "c1"
    named = {"redirect_uris": uris, "sector_identifier_uri": "https://c.example/s.json"}
    assert sector_of(named, "c1") == "c.example"


@pytest.mark.parametrize(
    ("uri", "good"),
    [
        ("http://127.0.0.1/cb", True),
        ("http://127.0.0.1:49152/cb", True),
        ("http://127.0.0.1:49152/other", False),
        ("http://127.0.0.1:49152@evil.example/cb", False),
        ("http://127.0.0.1.evil.example/cb", False),
        ("http://[::1]:7/cb", False),
        ("http://localhost:49152/cb", False),
        ("https://127.0.0.1:49152/cb", False),
    ],
)
def test_only_the_loopback_port_may_vary(database, registry, uri, good):
    """RFC 8252 §7.3, and only for native apps."""
    native = add(database, redirect_uris=["http://127.0.0.1/cb"], application_type="native")

    assert registry.find(native.client_id).accepts_redirect(uri) is good


@pytest.mark.parametrize(
    "uri",
    ["https://tax.example/cb/", "https://tax.example/CB", "https://tax.example:443/cb"],
)
def test_a_redirect_uri_is_compared_byte_for_byte(database, registry, uri):
    party = registry.find(add(database).client_id)

    assert party.accepts_redirect("https://tax.example/cb")
    assert not party.accepts_redirect(uri)

"""The ring of signing keys."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet

from config.rooms import KeySettings
from idp.crypto.compact import CompactError, encode, take_apart
from idp.errors import UnavailableError
from idp.keys import store
from idp.keys.errors import NoSigningKeyError, TokenInvalidError
from idp.keys.ring import Ring

SETTINGS = KeySettings(algorithms=("ES256", "EdDSA"), retire_after=86_400, refresh_interval=5)
CLAIMS = {"iss": "https://id.example", "sub": "某人", "exp": 1_790_000_600, "scope": ["openid"]}


@pytest.fixture
def ring(database, vault, clock):
    return Ring(database, vault, SETTINGS)


def rotate(database, vault, algorithm="ES256"):
    with database.write() as tx:
        return store.rotate(tx, vault, algorithm)


def kids(ring):
    return {key["kid"] for key in json.loads(ring.jwks())["keys"]}


def tampered(token, header=None, payload=None, signature=None):
    parts = token.split(".")
    for position, part in enumerate((header, payload, signature)):
        if part is not None:
            raw = part if isinstance(part, bytes) else json.dumps(part).encode()
            parts[position] = encode(raw).decode()
    return ".".join(parts)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256", "PS256"])
def test_what_we_sign_joserfc_verifies(database, vault, clock, algorithm):
    """RFC 7515 §5: the hand-made encoder says what a whole JOSE library reads."""
    ring = Ring(database, vault, KeySettings(algorithms=(algorithm,)))
    keys = KeySet.import_key_set(json.loads(ring.jwks()))

    token = ring.sign(CLAIMS, typ="at+jwt")

    with pytest.warns() if algorithm == "EdDSA" else nullcontext():
        read = jwt.decode(token, keys, algorithms=[algorithm])
    assert read.claims == CLAIMS
    assert read.header == {"alg": algorithm, "kid": ring.signer().kid, "typ": "at+jwt"}
    assert ring.verify(token, typ="at+jwt") == CLAIMS


def test_what_joserfc_signs_we_verify(ring):
    signer = ring.signer("ES256")

    token = jws.serialize_compact(
        {"alg": "ES256", "kid": signer.kid, "typ": "JWT"}, b'{"sub":"x"}', signer.key
    )

    assert ring.verify(token, typ="JWT") == {"sub": "x"}


def test_the_key_set_shows_no_private_part(ring):
    """RFC 7517 §4: kid, use and alg on each, unique, and nothing that signs."""
    keys = json.loads(ring.jwks())["keys"]

    assert len(keys) == 4, "one that signs and one that will, of each algorithm"
    assert len({key["kid"] for key in keys}) == 4
    for key in keys:
        assert set(key) <= {"kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"}
        assert key["use"] == "sig"


def test_the_private_key_is_sealed_at_rest(ring, database):
    ring.jwks()
    with database.read() as tx:
        rows = store.read(tx)

    assert len(rows) == 4
    assert not [row for row in rows if b'"d"' in bytes(row.private_sealed)]


@pytest.mark.parametrize(
    "change",
    [
        {"header": {"alg": "none", "typ": "JWT"}, "signature": b"x"},
        {"payload": {"sub": "somebody else"}},
        {"signature": bytes(64)},
        {"signature": b"short"},
    ],
)
def test_a_changed_token_is_refused(ring, change):
    token = ring.sign({"sub": "x"}, typ="JWT")

    with pytest.raises(TokenInvalidError):
        ring.verify(tampered(token, **change), typ="JWT")


@pytest.mark.parametrize("member", ["crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "cty"])
def test_a_header_that_says_more_is_refused(ring, member):
    """RFC 8725 §3.10: no key, address or reading comes out of a token."""
    signer = ring.signer("ES256")
    header = {"alg": "ES256", "kid": signer.kid, "typ": "JWT", member: ["exp"]}
    head = encode(json.dumps(header).encode())
    signing_input = head + b"." + encode(b"{}")
    token = (signing_input + b"." + encode(signer.sign(signing_input))).decode()

    with pytest.raises(TokenInvalidError):
        ring.verify(token, typ="JWT")


def test_a_token_signed_by_a_stranger_is_refused(ring):
    stranger = ECKey.generate_key("P-256")
    header = {"alg": "ES256", "kid": ring.signer("ES256").kid, "typ": "JWT"}

    token = jws.serialize_compact(header, b"{}", stranger)

    with pytest.raises(TokenInvalidError):
        ring.verify(token, typ="JWT")


def test_a_key_answers_for_its_own_algorithm_only(ring):
    """RFC 8725 §3.1: an EdDSA kid with ES256 in the header is no token of ours."""
    token = ring.sign({}, typ="JWT", algorithm="ES256")
    other = {"alg": "ES256", "kid": ring.signer("EdDSA").kid, "typ": "JWT"}

    with pytest.raises(TokenInvalidError):
        ring.verify(tampered(token, header=other), typ="JWT")


def test_one_type_does_not_pass_for_another(ring):
    """RFC 8725 §3.11: an ID token opens no door of an access token."""
    token = ring.sign({"sub": "x"}, typ="JWT")

    with pytest.raises(TokenInvalidError):
        ring.verify(token, typ="at+jwt")
    assert ring.verify(token, typ=None) == {"sub": "x"}


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.from_regex(r"[\w-]*\.[\w-]*\.[\w=+/-]*", fullmatch=True)))
def test_nothing_made_up_is_a_token(text):
    """Whatever it is, it is refused with a code, not with a fault of ours."""
    with pytest.raises(CompactError):
        take_apart(text)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(position=st.integers(0, 10_000), letter=st.sampled_from("AQgw-_x.=9"))
def test_every_letter_counts(ring, position, letter):
    """A token has one spelling: to change a letter is to break it (RFC 4648 §3.5)."""
    token = ring.sign({"sub": "x"}, typ="JWT")
    position %= len(token)
    changed = token[:position] + letter + token[position + 1 :]

    if changed != token:
        with pytest.raises(TokenInvalidError):
            ring.verify(changed, typ="JWT")


def test_a_token_outlives_the_rotation_of_its_key(ring, database, vault, clock):
    """What a key signed verifies until `retire_after`, and not a refresh longer."""
    token = ring.sign({"sub": "x"}, typ="JWT")
    rotate(database, vault)

    clock.advance(SETTINGS.retire_after - 1)
    assert ring.verify(token, typ="JWT") == {"sub": "x"}

    clock.advance(1 + SETTINGS.refresh_interval)
    with pytest.raises(TokenInvalidError):
        ring.verify(token, typ="JWT")


@pytest.mark.parametrize("rounds", [1, 4])
def test_a_key_is_published_before_it_signs(ring, database, vault, clock, rounds):
    """Sites that fetched the key set before a rotation know the key that signs after it."""
    for _ in range(rounds):
        known = kids(ring)
        rotation = rotate(database, vault)
        clock.advance(SETTINGS.refresh_interval)

        token = ring.sign({}, typ="JWT", algorithm="ES256")

        assert take_apart(token).header["kid"] == rotation.current
        assert rotation.current in known
        assert rotation.retired in kids(ring)


def test_a_rotation_is_seen_within_the_interval(ring, database, vault, clock):
    before = ring.signer().kid
    rotate(database, vault)

    clock.advance(SETTINGS.refresh_interval - 1)
    assert ring.signer().kid == before
    clock.advance(1)
    assert ring.signer().kid != before


def test_a_clock_set_back_does_not_freeze_the_ring(ring, database, vault, clock):
    before = ring.signer().kid
    rotate(database, vault)

    clock.advance(-3600)

    assert ring.signer().kid != before


def test_a_neighbours_newest_key_is_looked_for_once(ring, database, vault, clock):
    """Two rotations within one interval: a kid we never saw makes us look, not refuse."""
    ring.jwks()
    rotate(database, vault)
    rotate(database, vault)
    neighbour = Ring(database, vault, SETTINGS)
    token = neighbour.sign({"sub": "x"}, typ="JWT")

    assert ring.verify(token, typ="JWT") == {"sub": "x"}


def test_the_private_half_of_a_retired_key_is_forgotten(ring, database, vault, clock):
    ring.jwks()
    rotation = rotate(database, vault)
    with database.read() as tx:
        row = next(row for row in store.read(tx) if row.kid == rotation.retired)
    assert bytes(row.private_sealed) == b""

    clock.advance(SETTINGS.retire_after)
    with database.write() as tx:
        assert store.drop_retired(tx, SETTINGS.retire_after) == 1


def test_processes_that_start_together_agree(database, vault, clock):
    """The first keys are raced for, and everybody ends with the same two of each algorithm."""
    rings = [Ring(database, vault, SETTINGS) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        sets = list(pool.map(Ring.jwks, rings))

    assert len(set(sets)) == 1
    assert len(json.loads(sets[0])["keys"]) == 4


def test_rotations_that_race_queue_up(ring, database, vault, clock):
    ring.jwks()

    with ThreadPoolExecutor(4) as pool:
        turned = list(pool.map(lambda _: rotate(database, vault), range(4)))

    assert len({rotation.current for rotation in turned}) == 4
    with database.read() as tx:
        slots = [row.status for row in store.read(tx) if row.algorithm == "ES256"]
    assert sorted(slots) == ["current", "next", *["retired"] * 4]


def test_an_outage_leaves_the_last_look(ring, clock, monkeypatch):
    """Signing and verifying go on while the database is away."""
    token = ring.sign({"sub": "x"}, typ="JWT")

    def away():
        raise UnavailableError(detail="gone")

    monkeypatch.setattr(ring._database, "read", away)
    clock.advance(3600)

    assert ring.verify(token, typ="JWT") == {"sub": "x"}
    assert ring.sign({}, typ="JWT")


def test_an_algorithm_without_keys_is_an_error_of_ours(ring):
    with pytest.raises(NoSigningKeyError):
        ring.sign({}, typ="JWT", algorithm="RS256")

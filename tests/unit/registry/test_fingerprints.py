"""Fingerprints are HMAC-SHA256, however they are computed; the keys are sealed."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from idp.crypto.vault import MasterKey, Vault
from idp.registry.local import fingerprints, keys


@given(st.binary(min_size=32, max_size=32), st.text(), st.text(), st.text())
def test_a_fingerprint_is_an_hmac(key, element, number, value):
    """RFC 2104, cut to half its length (§5)."""
    message = f"{element}\x1f{number}\x1f{value}".encode("utf-8", "surrogatepass")
    if any(0xD800 <= ord(c) < 0xE000 for c in element + number + value):
        return

    made = fingerprints.maker(key)(element, number, value)

    assert made == hmac.digest(key, message, "sha256")[:16]


def test_nothing_is_equal_to_what_is_missing():
    assert not fingerprints.same(None, b"x" * 16)
    assert fingerprints.same(memoryview(b"x" * 16), b"x" * 16)


def test_a_registers_key_outlives_the_master_key_that_sealed_it(registry_database):
    """Master keys turn; the rows of 1.4 billion people need not be written again."""
    old, new = MasterKey.new("old"), MasterKey.new("new")
    with registry_database.write() as tx:
        first = keys.find_or_make(tx, Vault((old,)), "population")
    with registry_database.write() as tx:
        again = keys.find_or_make(tx, Vault((new, old)), "population")

    assert first == again
    with registry_database.read() as tx:
        assert keys.find(tx, Vault((new,)), "population") == first


def test_each_register_has_a_key_of_its_own(registry_database, vault):
    with registry_database.write() as tx:
        made = {keys.find_or_make(tx, vault, name) for name in ("population", "social-security")}

    assert len(made) == 2

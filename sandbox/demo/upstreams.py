"""The settings by which the demo's provider finds its authorities, and proves itself to them."""

from pathlib import Path

from sandbox.addresses import AUTHORITIES, Country
from sandbox.authorities.credentials import Credentials, make
from sandbox.demo import state

MEMORY = "authorities.json"
# One authority for each question, and no second choice: so that a fault shows.
SOURCES = {
    "population": "ctid",
    "legal_persons": "legal_person_gateway",
    "social_security": "social_security_gateway",
    "entry_exit": "immigration",
}
# What CTID's side calls the customer's, the provider calls its own.
OUR_WORDS = {"customer_key": "signing_key", "customer_certificate": "certificate"}
THEIRS = ("authority_key", "envelope_key")


def credentials(folder: Path) -> Credentials:
    """Return what the authorities and the provider know of each other; made at the first start."""
    known: Credentials = state.read(folder / MEMORY)
    if known.keys() != set(AUTHORITIES):
        known = make()
        state.write(folder / MEMORY, known)
    return known


def settings(country: Country, known: Credentials) -> dict[str, str]:
    """Return the provider's settings: where each authority is, and the secrets shared with it."""
    told = {f"MANYOU_REGISTRY__{port.upper()}": source for port, source in SOURCES.items()}
    for authority, words in known.items():
        room = f"MANYOU_{authority.upper()}__"
        told[f"{room}BASE_URL"] = country.authority(authority)
        for word, value in words.items():
            if word not in THEIRS:
                told[f"{room}{OUR_WORDS.get(word, word).upper()}"] = value
    return told

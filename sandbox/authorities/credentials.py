"""What the authorities and their customer know of each other, made at set-up."""

import secrets

from sandbox.crypto.certificates import self_signed
from sandbox.crypto.pem import write_key
from sandbox.crypto.sm2 import PrivateKey

Credentials = dict[str, dict[str, str]]


def make() -> Credentials:
    """Return fresh identifiers, secrets and keys, by authority."""
    return {
        "ctid": _ctid(),
        "aliyun": {"access_key_id": _name("LTAI"), "access_key_secret": _secret()},
        "tencent": {"secret_id": _name("AKID"), "secret_key": _secret()},
        "population_gateway": {
            "requester": _name("330000"),
            "service": "s_population_01",
            "app_secret": _secret(),
        },
        "legal_person_gateway": {
            "requester": _name("330000"),
            "query_service": "s_enterprise_query",
            "verify_service": "s_enterprise_verify",
            "app_secret": _secret(),
        },
        "social_security_gateway": {"access_id": _name("si"), "secret": _secret()},
        "immigration": {"app_id": _name("nia"), "secret": _secret()},
    }


def _ctid() -> dict[str, str]:
    """Return three key pairs: the customer's, the authority's, and the envelope's."""
    told = {"customer_number": secrets.token_hex(8), "app_name": "manyou"}
    for role in ("customer", "authority", "envelope"):
        key = PrivateKey.new()
        told[f"{role}_key"] = write_key(key)
        told[f"{role}_certificate"] = self_signed(key, f"CTID sandbox {role}")
    return told


def _name(prefix: str) -> str:
    return f"{prefix}{secrets.token_hex(8)}"


def _secret() -> str:
    return secrets.token_urlsafe(32)

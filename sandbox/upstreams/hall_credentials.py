"""What the upstreams of the hall and the provider know of each other, made at set-up."""

import secrets
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

Credentials = dict[str, dict[str, str]]
BITS, DAYS = 2048, 3650


def make(entity_id: str) -> Credentials:
    """Return fresh identifiers, secrets and keys, by upstream; *entity_id* is ours in SAML."""
    return {
        "zhejiang": {"access_key": f"BCDSGA_{secrets.token_hex(8)}", "secret_key": _secret()},
        "jis": {"app_mark": secrets.token_hex(6), "app_word": secrets.token_hex(8)},
        "beijing": {"client_id": secrets.token_hex(8), "client_secret": secrets.token_hex(16)},
        "dingtalk": {"client_id": f"ding{secrets.token_hex(8)}", "client_secret": _secret()},
        "government_dingtalk": {
            "app_key": f"manyou-{secrets.token_hex(6)}",
            "app_secret": _secret(),
        },
        "wecom": {
            "corp_id": f"ww{secrets.token_hex(8)}",
            "agent_id": "1000002",
            "secret": _secret(),
        },
        "feishu": {"app_id": f"cli_{secrets.token_hex(8)}", "app_secret": _secret()},
        "foreign": _openid(),
        "foreign_plain": _openid(),
        "saml": _saml(entity_id),
        "network_id": _network_id(),
    }


def _openid() -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    return {"client_id": secrets.token_hex(8), "client_secret": _secret(), "signing_key": _pem(key)}


def _saml(entity_id: str) -> dict[str, str]:
    """Return two RSA keys with certificates: the identity provider's, and ours."""
    theirs, ours = (rsa.generate_private_key(65537, BITS) for _ in range(2))
    return {
        "entity_id": entity_id,
        "signing_key": _pem(theirs),
        "certificate": _certificate(theirs, "SAML sandbox"),
        "provider_key": _pem(ours),
        "provider_certificate": _certificate(ours, "Manyou"),
    }


def _network_id() -> dict[str, str]:
    told = {"org_code": secrets.token_hex(8)}
    for role in ("organisation", "service"):
        key = rsa.generate_private_key(65537, BITS)
        told[f"{role}_key"] = _pem(key)
        told[f"{role}_public_key"] = (
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        )
    return told


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _certificate(key: rsa.RSAPrivateKey, common: str) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1))
    made = builder.not_valid_after(now + timedelta(days=DAYS)).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def _secret() -> str:
    return secrets.token_hex(24)

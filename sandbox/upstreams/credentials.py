"""What the upstreams and the provider know of each other, made at set-up."""

import secrets
from base64 import b64encode
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sandbox.crypto.pem import armour, public_info, write_key
from sandbox.crypto.sm2 import PrivateKey

Credentials = dict[str, dict[str, str]]
BITS = 2048
DAYS = 3650


def make() -> Credentials:
    """Return fresh identifiers, secrets and keys, by upstream."""
    return {"wechat": _wechat(), "alipay": _alipay(), "essc": _essc()}


def _wechat() -> dict[str, str]:
    told = {}
    for kind in ("website", "account", "mini_program"):
        told[f"{kind}_app_id"] = f"wx{secrets.token_hex(8)}"
        told[f"{kind}_secret"] = secrets.token_hex(16)
    return told


def _alipay() -> dict[str, str]:
    """Return two key pairs, ours and theirs, each with a certificate below one root."""
    root, app, alipay = (rsa.generate_private_key(65537, BITS) for _ in range(3))
    root_name = _name("Alipay sandbox root")
    return {
        "app_id": f"2021{secrets.randbelow(10**12):012d}",
        "app_key": _bare(app),
        "app_public_key": _bare_public(app),
        "app_certificate": _certificate(app, _name("Manyou"), root, root_name),
        "alipay_key": _bare(alipay),
        "alipay_public_key": _bare_public(alipay),
        "alipay_certificate": _certificate(alipay, _name("Alipay sandbox"), root, root_name),
        "root_certificates": _certificate(root, root_name, root, root_name),
        "aes_key": b64encode(secrets.token_bytes(16)).decode(),
    }


def _essc() -> dict[str, str]:
    """Return two SM2 key pairs: the channel's, which signs questions, and the platform's."""
    told = {"access_id": f"essc{secrets.token_hex(8)}", "channel_no": secrets.token_hex(5)}
    for role in ("channel", "platform"):
        key = PrivateKey.new()
        told[f"{role}_key"] = write_key(key)
        told[f"{role}_public_key"] = armour(public_info(key.public), "PUBLIC KEY")
    return told


def _bare(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    octets = key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
    return b64encode(octets).decode()


def _bare_public(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    key: rsa.RSAPrivateKey, name: x509.Name, issuer: rsa.RSAPrivateKey, issuer_name: x509.Name
) -> str:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer_name)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=DAYS))
    signed = builder.sign(issuer, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()

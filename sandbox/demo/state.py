"""What a demo remembers between two starts: its clients, whom it seeded, and who runs it."""

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from sandbox.sites.houses import House

MARK = ".manyou-demo"


class StateError(Exception):
    """The folder is not ours to use."""


def prepare(folder: Path, *, reset: bool) -> None:
    """Make *folder*; empty it first if *reset*, but only if it is a demo's."""
    if reset and folder.exists():
        if not (folder / MARK).exists():
            raise StateError(f"{folder} was not made by a demo; remove it yourself")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / MARK).touch()


def read(path: Path) -> dict[str, Any]:
    """Return what *path* remembers; nothing, if it is not there."""
    if not path.exists():
        return {}
    remembered: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return remembered


def write(path: Path, content: dict[str, Any]) -> None:
    """Write *content* for our eyes only, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
        json.dump(content, sink, ensure_ascii=False, indent=1)
    draft.replace(path)


def new_key(house: House) -> ECKey | None:
    """Return a signing key for a *house* that proves itself with one."""
    if house.auth_method != "private_key_jwt":
        return None
    key = ECKey.generate_key("P-256")
    return ECKey.import_key(
        {**key.as_dict(private=True), "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}
    )


def new_cookie_key() -> str:
    return secrets.token_urlsafe(32)

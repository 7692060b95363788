"""What a manifest says: archives by hash, and the files to take out of them."""

import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).with_name("manifest.toml")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ModelError(Exception):
    """A file of weights is missing, altered or unobtainable; nothing runs without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A package of a registry, named exactly."""

    name: str
    version: str
    file: str
    sha256: str
    megabytes: int

    @property
    def is_source(self) -> bool:
        return self.file.endswith(".tar.gz")

    @property
    def requirement(self) -> str:
        """A line of a requirements file, hash and all."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file that we want, and the member of an archive that it is."""

    name: str
    file: str
    archive: str
    member: str
    sha256: str
    size: int
    licence: str
    notice: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All items, and the archives that hold them."""

    archives: Mapping[str, Archive]
    items: Mapping[str, Item]

    def archive_of(self, item: Item) -> Archive:
        return self.archives[item.archive]


def load(path: Path = SHIPPED) -> Manifest:
    """Read and check the manifest at *path*.

    Raises:
        ModelError: it is no manifest, a hash is none, or a name would leave its directory.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        archives = {name: _archive(name, row) for name, row in table["archives"].items()}
        items = {name: Item(name=name, **row) for name, row in table["files"].items()}
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is no manifest: {error}") from None
    entries: tuple[Archive | Item, ...] = (*archives.values(), *items.values())
    for entry in entries:
        if not _SHA256.fullmatch(entry.sha256) or not _PLAIN_NAME.fullmatch(entry.file):
            raise ModelError(f"{path}: {entry.name} has no proper hash or file name")
    if missing := sorted({item.archive for item in items.values()} - archives.keys()):
        raise ModelError(f"{path} names no archive {missing[0]}")
    return Manifest(archives, items)


def default_directory() -> Path:
    """Where weights are kept unless told otherwise: with the installation that uses them."""
    return Path(sys.prefix) / "share" / "manyou" / "models"


def _archive(name: str, row: dict[str, object]) -> Archive:
    return Archive(name=name, **{k: v for k, v in row.items() if k != "remark"})  # type: ignore[arg-type]

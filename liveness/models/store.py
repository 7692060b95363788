"""Read weights, and hand out only bytes that hash to what the manifest says."""

import hashlib
from pathlib import Path

from liveness.models.manifest import Item, Manifest, ModelError, default_directory, load


class Store:
    """The weights in one directory; what is handed out is what was hashed, not read again."""

    def __init__(self, directory: Path | None = None, manifest: Manifest | None = None) -> None:
        self.directory = directory or default_directory()
        self.manifest = manifest or load()

    def read(self, name: str) -> bytes:
        """Return the weights called *name* in the manifest.

        Raises:
            ModelError: there is no such file, or it is not the one that was chosen.
        """
        item = self.manifest.items[name]
        try:
            content = (self.directory / item.file).read_bytes()
        except OSError as error:
            hint = "run `manyou liveness models`"
            raise ModelError(f"{item.file} is missing ({error.strerror}); {hint}") from None
        if not is_the(item, content):
            raise ModelError(f"{self.directory / item.file} is not the file that was chosen")
        return content

    def lacks(self) -> list[Item]:
        """Return what is missing or altered."""
        return [item for item in self.manifest.items.values() if not self._has(item)]

    def _has(self, item: Item) -> bool:
        path = self.directory / item.file
        return path.is_file() and is_the(item, path.read_bytes())


def is_the(item: Item, content: bytes) -> bool:
    return len(content) == item.size and hashlib.sha256(content).hexdigest() == item.sha256


def read_pinned(path: Path, sha256: str) -> bytes:
    """Return the file of an operator's own, if it is the one they pinned.

    Raises:
        ModelError: it cannot be read, or hashes otherwise.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != sha256.lower():
        raise ModelError(f"{path} does not hash to what the settings pin")
    return content

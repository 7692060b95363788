"""Bring the weights in: archives by hash, the named members and no others, each checked."""

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from liveness.models.manifest import Archive, Item, ModelError
from liveness.models.store import Store, is_the

Tell = Callable[[str], None]
_PATIENCE = 900  # seconds for one archive over a slow line


def complete(store: Store, *, offered: Path | None = None, tell: Tell = print) -> int:
    """Fetch what *store* lacks and return how many files that was; with nothing lacking, 0.

    *offered* is a directory of the operator's own, a mirror or a memory stick: files or whole
    archives found there are used, if they hash right, and the network is not.

    Raises:
        ModelError: an archive or member could not be had, or is another than was chosen.
    """
    lacking = store.lacks()
    store.directory.mkdir(parents=True, exist_ok=True)
    for item in (found for found in lacking if offered and _take_offered(store, found, offered)):
        tell(f"  {item.file}: taken from {offered}")
    for name in dict.fromkeys(item.archive for item in store.lacks()):
        archive = store.manifest.archives[name]
        with _archive_file(archive, offered, tell) as path:
            _unpack(store, path, [item for item in store.lacks() if item.archive == name], tell)
    _write_notice(store)
    return len(lacking)


def _take_offered(store: Store, item: Item, offered: Path) -> bool:
    path = offered / item.file
    content = path.read_bytes() if path.is_file() else b""
    if not is_the(item, content):
        return False
    _put(store.directory / item.file, content)
    return True


@contextmanager
def _archive_file(archive: Archive, offered: Path | None, tell: Tell) -> Iterator[Path]:
    if offered is not None:
        if not (offered / archive.file).is_file():
            raise ModelError(f"{offered} holds neither {archive.file} nor its files")
        yield _checked(offered / archive.file, archive)
        return
    tell(f"  Fetching {archive.name} {archive.version} ({archive.megabytes} MB)")
    with tempfile.TemporaryDirectory(prefix="manyou-models-") as name:
        _download(archive, Path(name))
        yield _checked(Path(name) / archive.file, archive)


def _download(archive: Archive, directory: Path) -> None:
    """Let pip fetch it; it knows the operator's index, proxy and certificates."""
    requirements = directory / "requirements.txt"
    requirements.write_text(archive.requirement, "ascii")
    kind = ["--no-binary=:all:", "--no-build-isolation"] if archive.is_source else []
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", *(kind or ["--only-binary=:all:"])]
    command += ["--dest", str(directory), "--requirement", str(requirements)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter; the requirement is in the manifest
            command, check=False, capture_output=True, text=True, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise ModelError(f"pip did not bring {archive.name} within {_PATIENCE} s") from None
    if done.returncode:
        reason = done.stderr.strip() or "no reason given"
        raise ModelError(f"pip could not bring {archive.name}: {reason}")


def _checked(path: Path, archive: Archive) -> Path:
    with suppress(OSError):
        if sha256(path.read_bytes()).hexdigest() == archive.sha256:
            return path
    raise ModelError(f"{path} is not the archive that was chosen")


def _unpack(store: Store, path: Path, items: Iterable[Item], tell: Tell) -> None:
    for item in items:
        content = _member(path, item.member)
        if not is_the(item, content):
            raise ModelError(f"{item.member} in {path.name} is not the file that was chosen")
        _put(store.directory / item.file, content)
        tell(f"  {item.file}: {item.licence}, SHA-256 as chosen")


def _member(path: Path, member: str) -> bytes:
    try:
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as tar:
                file = tar.extractfile(member)
                return file.read() if file else b""
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(member)
    except (KeyError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path.name} has no {member}: {error}") from None


def _put(path: Path, content: bytes) -> None:
    """Write whole or not at all, so that a set-up cut short leaves nothing half-written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".coming-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _write_notice(store: Store) -> None:
    lines = [f"{i.file}\n  {i.notice}\n  Licence: {i.licence}\n" for i in _items(store)]
    _put(store.directory / "NOTICE", "\n".join(lines).encode())


def _items(store: Store) -> Iterable[Item]:
    return store.manifest.items.values()

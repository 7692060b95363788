"""Where portraits come from: a folder or a ZIP archive, named by ID number or told by a list."""

import csv
import hashlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from idp.errors import BadRequestError
from idp.registry.importer import encodings
from idp.registry.importer.cells import CellError, RowShapeError
from idp.registry.importer.drawers import PictureSizeError

HEAVIEST = 20 << 20
"""Octets of a file; what is larger is no portrait."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
_NAMES = {
    "file": ("file", "zpid", "photo"),
    "id_number": ("id_number", "gmsfhm", "sfzh"),
    "taken_on": ("taken_on", "pzrq"),
}


class PictureMissingError(CellError):
    """The list names a picture that was not delivered."""

    code = "import_picture_missing"
    description = "The list names a picture that is not there."


class ArchiveError(BadRequestError):
    """Not a ZIP archive."""

    code = "import_archive_invalid"
    description = "This is neither a folder nor a ZIP archive that can be opened."


@dataclass(frozen=True, slots=True)
class Entry:
    """One portrait to take in; *read* returns its octets, or raises a CellError."""

    id_number: str = field(repr=False)
    taken_on: str
    read: Callable[[], bytes] = field(repr=False)
    fault: CellError | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was delivered: *mark* tells this delivery, as it is now, from others."""

    entries: list[Entry]
    mark: bytes


@contextmanager
def opened(source: Path, listed: Path | None) -> Iterator[Delivery]:
    """Lend what lies in *source*, in an order that stays.

    Raises:
        ArchiveError: it is no archive.
        HeaderError: the list names no columns that we know.
    """
    if source.is_dir():
        yield _delivery(_Folder(source), listed)
        return
    try:
        archive = zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile) as error:
        raise ArchiveError(detail=type(error).__name__) from None
    with archive:
        yield _delivery(_Archive(archive), listed)


class _Folder:
    """Files in a folder and below it; links that lead out of it are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        found = (path for path in self._root.rglob("*") if path.is_file())
        self.names = sorted(str(path.relative_to(self._root)) for path in found)

    def stamp(self, name: str) -> str:
        state = (self._root / name).stat()
        return f"{name}\n{state.st_size}\n{state.st_mtime_ns}\n"

    def read(self, name: str) -> bytes:
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root):
            raise PictureMissingError
        try:
            if path.stat().st_size > HEAVIEST:
                raise PictureSizeError
            return path.read_bytes()
        except OSError:
            raise PictureMissingError from None


class _Archive:
    """Members of a ZIP archive, read one at a time and never unpacked to the disk."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {one.filename: one for one in archive.infolist() if not one.is_dir()}
        self.names = sorted(self._members)

    def stamp(self, name: str) -> str:
        member = self._members[name]
        return f"{name}\n{member.file_size}\n{member.CRC}\n"

    def read(self, name: str) -> bytes:
        member = self._members.get(name)
        if member is None:
            raise PictureMissingError
        if member.file_size > HEAVIEST:
            raise PictureSizeError
        try:
            with self._archive.open(member) as opened_member:
                octets = opened_member.read(HEAVIEST + 1)
        except (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
            raise PictureMissingError from None
        if len(octets) > HEAVIEST:  # the directory lied
            raise PictureSizeError
        return octets


def _delivery(place: _Folder | _Archive, listed: Path | None) -> Delivery:
    mark = hashlib.sha256()
    for name in place.names:
        mark.update(place.stamp(name).encode("utf-8", "surrogatepass"))
    if listed is None:
        return Delivery(list(_by_name(place)), mark.digest())
    content = listed.read_bytes()
    mark.update(content)
    return Delivery(list(_by_list(place, content)), mark.digest())


def _by_name(place: _Folder | _Archive) -> Iterator[Entry]:
    """Yield every picture: its name, without the ending, is the number."""
    for name in place.names:
        path = Path(name)
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            yield Entry(path.stem, "", _reader(place, name))


def _by_list(place: _Folder | _Archive, content: bytes) -> Iterator[Entry]:
    from idp.registry.importer.run import HeaderError

    text = encodings.decode(content, encodings.detect(content))
    rows = csv.reader(text.splitlines())
    header = [name.strip().lower() for name in next(rows, [])]
    places = {key: _place(header, names) for key, names in _NAMES.items()}
    if places["file"] is None or places["id_number"] is None:
        raise HeaderError
    for row in rows:
        if not row:
            continue
        if len(row) != len(header):
            yield Entry("", "", bytes, RowShapeError())
            continue
        cells = {key: "" if at is None else row[at].strip() for key, at in places.items()}
        yield Entry(cells["id_number"], cells["taken_on"], _reader(place, cells["file"]))


def _place(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _reader(place: _Folder | _Archive, name: str) -> Callable[[], bytes]:
    return lambda: place.read(name)

"""A directory for the sockets and shared files of one running server."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LONGEST = 80  # of a path to put a socket in: sockaddr_un holds 108 bytes


@contextmanager
def run_directory(data_dir: Path) -> Iterator[Path]:
    """Lend ``run/<pid>`` of *data_dir*, and remove what servers that died left there."""
    parent = _parent(data_dir)
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in parent.iterdir():
        if left.name.isdecimal() and not _lives(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)
    directory = parent / str(os.getpid())
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        with suppress(OSError):
            parent.rmdir()


def run_directories(data_dir: Path) -> list[Path]:
    """Return the directories of the servers that run on *data_dir* at this moment."""
    with suppress(FileNotFoundError):
        found = [path for path in _parent(data_dir).iterdir() if path.name.isdecimal()]
        return sorted(path for path in found if _lives(int(path.name)))
    return []


def _parent(data_dir: Path) -> Path:
    parent = data_dir.resolve() / "run"
    if len(str(parent)) <= _LONGEST:
        return parent
    return Path(tempfile.gettempdir()) / f"manyou-{os.getuid()}"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""Doors of processes that work apart: a socket to be asked at, a pipe that tells of the parent."""

import os
import select
import socket
import stat
from pathlib import Path


def stdin_closed() -> bool:
    """Say whether whoever started us is gone: the pipe to us closes with them."""
    readable, _, _ = select.select([0], [], [], 0)
    return bool(readable) and not os.read(0, 1024)


def listen(path: Path, backlog: int) -> socket.socket:
    """Bind *path*, for our own user alone, over what a crashed predecessor may have left."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _is_alive(path):
            path.unlink()
        listener.bind(str(path))
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0)
        try:
            probe.connect(str(path))
        except BlockingIOError:
            return True
        except OSError:
            return False
    return True

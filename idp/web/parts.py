"""Put together what the running house holds once per process."""

import os

from config import Settings
from idp.crypto.hashing import Hasher, LocalHasher, SocketHasher
from idp.crypto.passwords import Cost
from idp.crypto.vault import MasterKey, Vault, parse_ring
from idp.db import Database
from idp.web.house import House
from idp.web.outbound import Outbound


def put_together(settings: Settings) -> House:
    """Return the house that *settings* describe."""
    return House(
        settings=settings,
        vault=Vault(parse_ring(_master_keys(settings))),
        hasher=_hasher(settings),
        outbound=Outbound(settings.outbound),
        database=Database(settings.database, threads=settings.http.blocking_threads),
    )


def _master_keys(settings: Settings) -> str:
    """Return the ring of master keys; outside production one is made and kept, mode 0600."""
    given = settings.crypto.master_keys.get_secret_value()
    if given:
        return given
    path = settings.data_dir / "master.keys"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text("ascii")
    with os.fdopen(descriptor, "w") as file:
        file.write(str(MasterKey.new("local")))
    return path.read_text("ascii")


def _hasher(settings: Settings) -> Hasher:
    """Return the way to the hashing processes, or a hasher in this one where none run."""
    crypto, passwords = settings.crypto, settings.passwords
    if crypto.hashing_socket is not None:
        return SocketHasher(crypto.hashing_socket, crypto.hashing_wait)
    cost = Cost(memory_kib=passwords.memory_kib, passes=passwords.iterations)
    return LocalHasher(wait=crypto.hashing_wait, cost=cost)

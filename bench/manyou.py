"""Starts Manyou with one worker, with its state in PostgreSQL."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import machine, stores
from bench.contestant import BENCHER, CODE_GRANTS, REDIRECT_URI, Client, Contestant

ROOT = Path(__file__).parent.parent


@contextmanager
def started(folder: Path) -> Iterator[Contestant]:
    """Manyou with one worker, its state in PostgreSQL."""
    port = machine.free_port()
    issuer = f"http://localhost:{port}"
    with stores.postgresql(folder) as database:
        env = {
            "MANYOU_PROFILE": "test",
            "MANYOU_ISSUER": issuer,
            "MANYOU_DATABASE_URL": database.url,
            "MANYOU_CRYPTO__MASTER_KEYS": f"bench:{secrets.token_urlsafe(32)}",
        }
        _manyou("db", "upgrade", env=env)
        site = _manyou_client(env, _manyou_site())
        worker = _manyou_client(env, _manyou_machine())
        _manyou(
            "person",
            "create",
            "--username",
            BENCHER.username,
            "--password-stdin",
            env=env,
            typed=BENCHER.password,
        )
        command = [_console_script(), "serve", "--host", "127.0.0.1", "--port", str(port)]
        with machine.running(
            [*command, "--workers", "1"],
            ready=lambda: machine.port_answers(port),
            log=folder / "manyou.log",
            env=env,
            cwd=ROOT,
        ) as process:
            pids = [process.pid, database.pid]
            scope = "openid profile offline_access"
            yield Contestant("Manyou", issuer, pids, site, worker, scope)


def _console_script() -> str:
    return str(Path(sys.executable).with_name("manyou"))


def _manyou(*words: str, env: dict[str, str], typed: str = "") -> str:
    done = subprocess.run(
        [_console_script(), *words],
        env={**os.environ, **env},
        cwd=ROOT,
        input=typed,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"manyou {words}: {done.stdout}{done.stderr}")
    return done.stdout


def _manyou_client(env: dict[str, str], metadata: dict[str, object]) -> Client:
    answer = json.loads(
        _manyou("client", "create", "--json", "-", env=env, typed=json.dumps(metadata))
    )
    return Client(answer["client_id"], answer["client_secret"])


def _manyou_site() -> dict[str, object]:
    return {
        "client_name": "bench site",
        "profile": "test",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": CODE_GRANTS,
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile offline_access",
    }


def _manyou_machine() -> dict[str, object]:
    return {
        "client_name": "bench machine",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "read",
    }

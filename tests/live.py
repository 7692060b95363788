"""A live provider: `manyou serve` and `manyou worker` as processes, and a phone for its SMS."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3

from migrations import schema

ROOT = Path(__file__).parent.parent
MANYOU = (sys.executable, "-c", "from wsgi import manyou; manyou(prog_name='manyou')")
_START = 60  # seconds, on a machine that is busy with other tests


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class SmsInbox:
    """The phones of all test persons."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self._arrived = threading.Condition()

    def put(self, message: dict[str, str]) -> None:
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    def wait_for(self, to: str, *, purpose: str = "", after: int = 0, timeout: float = 15) -> Any:
        """Return the newest message to a number that ends in *to*, past the first *after*."""

        def newest() -> dict[str, str] | None:
            found = [
                message
                for message in self.messages[after:]
                if message["to"].endswith(to) and purpose in ("", message["purpose"])
            ]
            return found[-1] if found else None

        with self._arrived:
            assert self._arrived.wait_for(newest, timeout), f"no SMS in {timeout} s"
            return newest()


@contextmanager
def sms_sink(inbox: SmsInbox) -> Iterator[str]:
    """Take in what the provider sends; lend the URL to send it to."""

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            inbox.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sms"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Provider:
    """What a test may ask of the provider under judgement."""

    issuer: str
    env: dict[str, str]
    directory: Path
    sms_inbox: SmsInbox = field(default_factory=SmsInbox)
    processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    def run(self, *arguments: str, stdin: str = "") -> Any:
        """Run a `manyou` command, and return the JSON it prints, or its text."""
        done = subprocess.run(
            [*MANYOU, *arguments],
            cwd=ROOT,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_START,
            check=False,
        )
        assert done.returncode == 0, f"manyou {arguments}: {done.stderr or done.stdout}"
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def create_client(self, metadata: dict[str, object]) -> dict[str, Any]:
        """Register a client as an operator does; the answer has its secret."""
        created: dict[str, Any] = self.run(
            "client", "create", "--json", "-", stdin=json.dumps(metadata)
        )
        return created

    def create_person(self, username: str, password: str, **options: object) -> dict[str, Any]:
        """Open an account; *options* are the command's own: phone, name, id_number, ial."""
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        created: dict[str, Any] = self.run(
            *("person", "create", "--username", username, "--password-stdin", *flags),
            stdin=password,
        )
        return created

    def log(self, name: str) -> str:
        """Return what the process *name* (serve or worker) has written so far."""
        return (self.directory / f"{name}.log").read_text("utf-8", "replace")


@contextmanager
def running(
    directory: Path, database_url: str, *, workers: int = 2, environ: dict[str, str] | None = None
) -> Iterator[Provider]:
    """Run a provider over *database_url*, which is migrated, until the block ends."""
    port = free_port()
    inbox = SmsInbox()
    with ExitStack() as stack:
        sink = stack.enter_context(sms_sink(inbox))
        settings = {
            "MANYOU_PROFILE": "test",
            "MANYOU_ISSUER": f"http://localhost:{port}",
            "MANYOU_DATA_DIR": str(directory / "data"),
            "MANYOU_DATABASE_URL": database_url,
            "MANYOU_MESSAGES__SMS_URL": sink,
            "PYTHONPATH": str(ROOT),
            **(environ or {}),
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MANYOU_")}
        provider = Provider(settings["MANYOU_ISSUER"], {**kept, **settings}, directory, inbox)
        (directory / "data").mkdir(mode=0o700, exist_ok=True)
        if "MANYOU_REGISTRY_DATABASE_URL" not in settings:
            registry = f"sqlite:///{directory}/data/registry.db"
            schema.upgrade(registry, branch=schema.REGISTRY)
        serve = ("serve", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers))
        server = stack.enter_context(_process(provider, *serve))
        stack.enter_context(_process(provider, "worker"))
        _wait(provider, server)
        yield provider


@contextmanager
def _process(provider: Provider, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    with (
        (provider.directory / f"{arguments[0]}.log").open("wb") as log,
        subprocess.Popen(
            [*MANYOU, *arguments], cwd=ROOT, env=provider.env, stdout=log, stderr=log
        ) as process,
    ):
        provider.processes[arguments[0]] = process
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(provider: Provider, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START
    with urllib3.PoolManager(retries=False) as pool:
        while time.monotonic() < deadline and server.poll() is None:
            try:
                if pool.request("GET", f"{provider.issuer}/readyz", timeout=2).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(0.1)
    raise AssertionError(f"the provider did not come up:\n{provider.log('serve')[-4000:]}")

"""The running server: probes, hostile requests, reload, drain, and the family of processes."""

import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import warnings
from contextlib import suppress

import psutil
import pytest
import urllib3

from migrations import schema
from tests import live


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A provider of this module's own, which may be signalled."""
    directory = tmp_path_factory.mktemp("served")
    url = f"sqlite:///{directory}/manyou.db"
    schema.upgrade(url)
    metrics = live.free_port()
    with live.running(
        directory, url, environ={"MANYOU_HTTP__METRICS_PORT": str(metrics)}
    ) as provider:
        provider.metrics = f"http://127.0.0.1:{metrics}/metrics"
        yield provider


@pytest.fixture
def pool():
    with urllib3.PoolManager(retries=False) as manager:
        yield manager


def _until(true, seconds=30):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def _raw(provider, request):
    """Send bytes as they are, and return the status of the answer."""
    port = int(provider.issuer.rpartition(":")[2])
    with socket.create_connection(("localhost", port), timeout=10) as line:
        line.sendall(request)
        return int(line.recv(64).split(b" ")[1])


def _hashers(provider):
    found = []
    for child in psutil.Process(provider.processes["serve"].pid).children():
        with suppress(psutil.Error):  # one that has just died
            if "idp.crypto.hashing" in child.cmdline():
                found.append(child.pid)
    return found


def test_probes_answer_whatever_the_host(provider, pool):
    """A load balancer asks by address, not by the issuer's name."""
    for path in ("/healthz", "/readyz"):
        answer = pool.request("GET", f"{provider.issuer}{path}", headers={"Host": "10.0.0.1"})

        assert answer.status == 200, answer.data


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: evil.example", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b", 400),
        (b"GET / HTTP/1.1", 400),
        (b"GET /%00 HTTP/1.1\r\nHost: HOST", 400),
        (b"GET /%ff%fe HTTP/1.1\r\nHost: HOST", 400),
        (b"GET /?a=%00 HTTP/1.1\r\nHost: HOST", 400),
        (b"POST /token HTTP/1.1\r\nHost: HOST\r\nContent-Length: 99999999", 413),
        (b"POST /token HTTP/1.1\r\nHost: HOST\r\nContent-Encoding: gzip\r\nContent-Length: 0", 415),
        (b"GET / HTTP/1.1\r\nHost: HOST\r\nX-Long: " + b"x" * 300_000, 431),
        (b"FROB / HTTP/1.1\r\nHost: HOST", 405),
    ],
)
def test_hostile_requests_are_refused(served, request_line, status):
    host = served.issuer.removeprefix("http://").encode()
    request = request_line.replace(b"HOST", host) + b"\r\nConnection: close\r\n\r\n"

    assert _raw(served, request) == status


def test_a_chunked_body_is_bounded(served, pool):
    host = served.issuer.removeprefix("http://").encode()
    chunks = b"".join(b"4000\r\n" + b"x" * 0x4000 + b"\r\n" for _ in range(5)) + b"0\r\n\r\n"
    head = b"POST /token HTTP/1.1\r\nHost: " + host + b"\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert _raw(served, head + chunks) == 413
    assert pool.request("GET", f"{served.issuer}/healthz").status == 200


def test_all_workers_count_into_one_page(served, pool):
    """Twenty requests, whichever worker had them, are twenty."""

    def count():
        page = pool.request("GET", served.metrics).data.decode()
        labels = 'endpoint="healthz",method="PUT",status="405"'
        found = re.search(rf"manyou_http_request_seconds_count{{{labels}}} (\S+)", page)
        return float(found[1]) if found else 0

    before = count()
    for _ in range(20):
        with urllib3.PoolManager() as another:  # a new connection, so that both workers get some
            another.request("PUT", f"{served.issuer}/healthz")

    assert count() - before == 20


def test_hashers_that_die_are_replaced(served):
    (first,) = _hashers(served)

    os.kill(first, signal.SIGKILL)

    _until(lambda: _hashers(served) not in ([], [first]))


def test_a_reload_loses_no_request(served, pool):
    """SIGHUP: new workers come before the old ones go, and every request is answered."""
    statuses, stop = [], threading.Event()

    def ask():
        with urllib3.PoolManager(retries=False, maxsize=1) as own:
            while not stop.is_set():
                statuses.append(own.request("GET", f"{served.issuer}/healthz").status)
                time.sleep(0.02)

    asking = threading.Thread(target=ask)
    asking.start()
    started = served.log("serve").count("Started worker")
    served.processes["serve"].send_signal(signal.SIGHUP)
    _until(lambda: served.log("serve").count("Stopped old worker") >= 2, 60)
    stop.set()
    asking.join()

    assert served.log("serve").count("Started worker") == started + 2
    assert set(statuses) == {200}


def test_an_address_in_use_is_named(served, tmp_path):
    port = served.issuer.rpartition(":")[2]
    done = subprocess.run(
        [*live.MANYOU, "serve", "--port", port],
        cwd=live.ROOT,
        env={**served.env, "MANYOU_HTTP__METRICS_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert f"cannot listen at 127.0.0.1:{port}: Address already in use" in done.stderr


def test_the_doctor_finds_nothing_wrong(served):
    told = served.run("doctor")

    assert "FAIL" not in told
    assert "readiness" in told


def test_the_doctor_names_what_is_wrong(served, tmp_path):
    env = {**served.env, "MANYOU_DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"}
    done = subprocess.run(
        [*live.MANYOU, "doctor"],
        cwd=live.ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "FAIL  readiness" in done.stdout


def test_a_stop_leaves_nobody_behind(tmp_path):
    """SIGTERM ends workers, hashers and sockets; TLS 1.1 was never spoken meanwhile."""
    files = [str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")]
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=localhost", "-out", files[0], "-keyout", files[1]),
        ],
        check=True,
        capture_output=True,
    )
    url = f"sqlite:///{tmp_path}/manyou.db"
    schema.upgrade(url)
    port = live.free_port()
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(live.ROOT),
        "MANYOU_PROFILE": "test",
        "MANYOU_ISSUER": f"https://localhost:{port}",
        "MANYOU_DATA_DIR": str(tmp_path),
        "MANYOU_DATABASE_URL": url,
    }
    command = ["serve", "--port", str(port), "--workers", "1"]
    command += ["--tls-cert", files[0], "--tls-key", files[1]]
    with subprocess.Popen([*live.MANYOU, *command], cwd=live.ROOT, env=env) as process:
        try:
            _until(lambda: _speaks(port, ssl.TLSVersion.TLSv1_2), 60)
            family = psutil.Process(process.pid).children(recursive=True)
            assert _speaks(port, ssl.TLSVersion.TLSv1_3)
            assert not _speaks(port, ssl.TLSVersion.TLSv1_1)
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()

    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    assert not (tmp_path / "run").exists()


def _speaks(port, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of TLS 1.1
        context.minimum_version = context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as line,
            context.wrap_socket(line, server_hostname="localhost"),
        ):
            return True
    except OSError:
        return False

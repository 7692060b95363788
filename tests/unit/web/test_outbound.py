"""The outbound transport: where it will not go, and how it bears bad company."""

import ipaddress
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from config.rooms import OutboundSettings
from idp.web.addresses import AddressRules
from idp.web.bulkheads import Bulkhead
from idp.web.outbound import Outbound, OutboundFailedError, OutboundRefusedError

LOOPBACK = ("127.0.0.0/8", "::1/128")


@contextmanager
def _answering(*pieces, pause=0.0, times=1):
    """Serve *pieces* of raw bytes, *pause* apart, to each of *times* callers."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard = []

    def serve():
        for _ in range(times):
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller:
                heard.append(caller.recv(65_536))
                try:
                    for piece in pieces:
                        caller.sendall(piece)
                        time.sleep(pause)
                except OSError:
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _outbound(**settings):
    return Outbound(OutboundSettings(**{"allow": LOOPBACK, **settings}))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1"),
        *("240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::", "fec0::1"),
        *("2001:db8::1",),
    ],
)
def test_addresses_that_are_nobodys_business(address):
    """Private, loopback, link-local, shared, multicast, reserved; and all ways to disguise them."""
    assert not AddressRules(()).permits(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "223.5.5.5", "2606:4700::1111", "::ffff:223.5.5.5"]
)
def test_the_open_internet_is_permitted(address):
    assert AddressRules(()).permits(ipaddress.ip_address(address))


def test_a_named_network_is_permitted_and_no_more():
    rules = AddressRules(("10.1.0.0/16",))

    assert rules.permits(ipaddress.ip_address("10.1.2.3"))
    assert rules.permits(ipaddress.ip_address("::ffff:10.1.2.3"))
    assert not rules.permits(ipaddress.ip_address("10.2.0.1"))


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost/", "http://127.0.0.1/", "http://2130706433/", "http://0x7f000001/"),
        *("http://0177.0.0.1/", "http://127.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/"),
        *("http://ip6-localhost/", "http://LOCALHOST./", "http://0/"),
    ],
)
def test_names_of_loopback_are_refused(url):
    """What counts is the address that the system would connect to, however it is written."""
    with pytest.raises((OutboundRefusedError, OutboundFailedError)) as failed:
        Outbound(OutboundSettings()).request("GET", url)

    assert "refused" in failed.value.code or "localhost" in url.lower()


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "//127.0.0.1/"),
        *("http://user@127.0.0.1/", "http://127.0.0.1:x/", "http://127.0.0.1:0/", "http://"),
        *("http://127.0.0.1\\@evil.example/", "http://127.0.0.1/\r\nX: y", "http://例子.测试/"),
        *("http://127.0.0.1:99999/", "", "http://127.0.0.1/ HTTP/1.1"),
    ],
)
def test_odd_urls_are_refused(url):
    with pytest.raises(OutboundRefusedError):
        _outbound().request("GET", url)


def test_a_name_with_one_bad_address_is_refused(monkeypatch):
    """Rebinding: whoever answers with a good and a bad address gets neither."""
    answers = [(2, 1, 6, "", (address, 80)) for address in ("223.5.5.5", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: answers)

    with pytest.raises(OutboundRefusedError):
        Outbound(OutboundSettings()).request("GET", "http://rebinding.example/")


def test_the_checked_address_is_the_one_connected_to(monkeypatch):
    """The name is asked once: a second answer, another address, finds nobody listening."""
    asked = []

    def resolve(host, *_):
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", 80))]

    with _answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as (port, heard):
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *rest: resolve(host) if host == "site.example" else real(host, *rest),
        )
        answer = _outbound().request("GET", f"http://site.example:{port}/jwks?a=1")

    assert (answer.status, answer.body, asked) == (200, b"ok", ["site.example"])
    assert heard[0].startswith(b"GET /jwks?a=1 HTTP/1.1\r\n")
    assert f"Host: site.example:{port}".encode() in heard[0]


def test_a_redirect_is_an_answer_and_not_followed():
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with _answering(moved) as (port, _):
        answer = _outbound().request("POST", f"http://127.0.0.1:{port}/", body=b"x")

    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:1/")


def test_an_answer_too_large_is_dropped():
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with (
        _answering(head, *[b"x" * 65_536] * 64) as (port, _),
        pytest.raises(OutboundFailedError, match="outbound_failed"),
    ):
        _outbound(response_limit=100_000).request("GET", f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"X-Drip: 1\r\n"] * 50],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", *[b"x"] * 50],
        [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 50],
        [],
    ],
    ids=["headers drip", "body drips", "endless body drips", "silence"],
)
def test_a_slow_answer_is_cut_off(pieces):
    """The limit is on the whole exchange: each byte alone would be in time."""
    with _answering(*(pieces or [b""] * 20), pause=0.1) as (port, _):
        begun = time.monotonic()
        with pytest.raises(OutboundFailedError):
            _outbound(read_timeout=5).request("GET", f"http://127.0.0.1:{port}/", timeout=0.4)

        assert time.monotonic() - begun < 1.5


def test_an_answer_cut_short_is_no_answer():
    with (
        _answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") as (port, _),
        pytest.raises(OutboundFailedError),
    ):
        _outbound().request("GET", f"http://127.0.0.1:{port}/")


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with _answering(b"HTTP/1.1 204 No Content\r\n\r\n") as (port, _):
        assert _outbound().request("GET", f"http://127.0.0.1:{port}/").status == 204


def test_a_host_that_keeps_failing_is_left_alone():
    """After five failures in a row it is not asked again for a while; others are."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outbound = _outbound()
    for _ in range(5):
        with pytest.raises(OutboundFailedError):
            outbound.request("GET", f"http://127.0.0.1:{port}/")

    with _answering(b"HTTP/1.1 200 OK\r\n\r\n") as (other, _):
        with pytest.raises(OutboundFailedError) as resting:
            outbound.request("GET", f"http://127.0.0.1:{port}/")
        assert outbound.request("GET", f"http://127.0.0.1:{other}/").status == 200
    assert "resting" in resting.value.detail


def test_a_busy_host_holds_up_only_so_many():
    """The bulkhead: the third of two has to leave again."""
    bulkhead = Bulkhead("site.example", width=2, wait=0.05)

    with (
        bulkhead.passage(),
        bulkhead.passage(),
        pytest.raises(OutboundFailedError, match="outbound_failed"),
        bulkhead.passage(),
    ):
        pytest.fail("a third was let through")


def test_a_certificate_nobody_signed_is_refused(tmp_path):
    """TLS is verified against the name in the URL, though the address is what we connect to."""
    import ssl
    import subprocess

    files = [str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")]
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=localhost", "-out", files[0], "-keyout", files[1]),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        caller, _ = listener.accept()
        with caller, suppress(OSError):
            context.wrap_socket(caller, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(OutboundFailedError, match="outbound_failed") as failed:
        _outbound().request("GET", f"https://localhost:{listener.getsockname()[1]}/")
    thread.join()
    listener.close()
    assert "certificate" in failed.value.detail.lower()

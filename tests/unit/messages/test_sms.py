"""Short messages, from the transaction that wants one to a real HTTP sink."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config.rooms import OutboundSettings, WorkerSettings
from idp.db import Statement
from idp.jobs.worker import Worker
from idp.messages import sms
from idp.web.outbound import Outbound

PHONE, CODE = "+8613800138000", "271828"
JOBS = Statement("SELECT kind, payload, status, error FROM job")


@pytest.fixture
def sink():
    """An HTTP server that answers with the statuses in `answers`, and 204 when they run out."""

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.received.append((dict(self.headers), json.loads(body)))
            self.send_response(server.answers.pop(0) if server.answers else 204)
            self.end_headers()

        def log_message(self, *_):
            return

    server = HTTPServer(("127.0.0.1", 0), Sink)
    server.received, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def deliver(database, vault, url):
    outbound = Outbound(OutboundSettings(allow=("127.0.0.1/32",)))
    handlers = {sms.KIND: sms.Deliver(outbound, vault, url)}
    return Worker(database, WorkerSettings(), handlers).run_once()


def send(database, vault):
    with database.write() as tx:
        sms.send(tx, vault, to=PHONE, purpose="sign_in", text=f"Your code: {CODE}", code=CODE)


def address(sink):
    return f"http://127.0.0.1:{sink.server_port}/sms"


def test_a_message_reaches_the_sink(database, vault, sink, clock):
    send(database, vault)

    assert deliver(database, vault, address(sink)) == 1

    [(headers, body)] = sink.received
    assert headers["Content-Type"] == "application/json"
    assert body == {"to": PHONE, "purpose": "sign_in", "text": f"Your code: {CODE}", "code": CODE}


def test_a_waiting_message_shows_neither_number_nor_code(database, vault, clock):
    send(database, vault)

    with database.read() as tx:
        [job] = tx.all(JOBS)
    assert PHONE[-11:] not in job.payload
    assert CODE not in job.payload


def test_a_sink_that_stumbles_is_asked_again_with_the_same_key(database, vault, sink, clock):
    send(database, vault)
    sink.answers[:] = [503]

    deliver(database, vault, address(sink))
    clock.advance(10)
    deliver(database, vault, address(sink))

    keys = [headers["Idempotency-Key"] for headers, _ in sink.received]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_stale_code_is_not_sent(database, vault, sink, clock):
    send(database, vault)
    clock.advance(601)

    deliver(database, vault, address(sink))

    assert sink.received == []
    with database.read() as tx:
        assert tx.all(JOBS)[0].status == "failed"


def test_without_a_sink_the_log_says_so_without_number_or_code(database, vault, clock, caplog):
    send(database, vault)

    deliver(database, vault, None)

    assert "sms_url" in caplog.text
    assert PHONE[-11:] not in caplog.text
    assert CODE not in caplog.text
    with database.read() as tx:
        assert tx.all(JOBS)[0].status == "failed"

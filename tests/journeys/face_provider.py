"""The other end of the component's wire, written apart from the product's and stricter than it.

It looks at no face: a script says how each step goes. It checks whatever can be checked without
looking: key, chain, signature, body, pictures' form and order, parcel, and the rest frame.
"""

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from liveness.permits import notices

STATIC = Path(__file__).parents[2] / "liveness" / "static"
FRAMES = "application/vnd.manyou.frames"
NONCE = "bm9uY2Utb2YtYS1zY2Fu"
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_ALL = ("rest", "turn_left", "nod", "open_mouth")


class WireError(AssertionError):
    """The component sent what it must not."""


@dataclass
class Script:
    """How a scan shall go: its steps, then its end; and what goes wrong on the way."""

    steps: tuple = _ALL
    again: dict = field(default_factory=dict)  # kind -> coaching, given once
    end: dict = field(default_factory=lambda: {"status": "passed", "next": "/account"})
    troubles: list = field(default_factory=list)  # each spoils one request for frames
    at_begin: tuple | None = None  # status, code
    expires_in: int = 90
    window: int = 400
    wait: int = 100


def jpeg_size(octets):
    """Width and height of a baseline JPEG, read by hand (ITU-T T.81 §B.2)."""
    if octets[:2] != b"\xff\xd8" or octets[-2:] != b"\xff\xd9":
        raise WireError("no JPEG")
    at = 2
    while octets[at + 1] != 0xC0:
        if octets[at] != 0xFF or octets[at + 1] in (0xC1, 0xC2, 0xC3, 0xDA):
            raise WireError(f"no baseline JPEG: {octets[at + 1]:#x}")
        at += 2 + int.from_bytes(octets[at + 2 : at + 4], "big")
    height, width = octets[at + 5 : at + 7], octets[at + 7 : at + 9]
    return int.from_bytes(width, "big"), int.from_bytes(height, "big")


def unpack(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_key(jwk):
    if set(jwk) != {"kty", "crv", "x", "y"} or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise WireError(f"key {jwk}")
    x, y = (int.from_bytes(unpack(jwk[name]), "big") for name in "xy")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


class Examiner:
    """One scan, held against everything that the wire says."""

    def __init__(self, script):
        self.script, self.version, self.at_step, self.last = script, 1, 0, -1
        self.kinds, self.given, self.parcel, self.rest = list(script.steps), set(), None, None
        self.begun, self.sizes, self.hints, self.skipped = None, set(), None, []

    def step(self):
        kind = self.kinds[self.at_step]
        window = 300 if kind == "rest" else self.script.window
        told = {"kind": kind, "number": self.at_step + 1, "of": len(self.kinds)}
        frames = max(6, window * 8 // 1000)
        return {**told, "wait": self.script.wait, "window": window, "rate": 8, "frames": frames}

    def begin(self, asked):
        if set(asked) != {"key", "consent", "skip"} or asked["consent"] != notices.VERSION:
            raise WireError(f"begin {asked}")
        self.key, self.begun = public_key(asked["key"]), asked
        self.head = hashlib.sha256(f"manyou-face-1\nscan-1\n{NONCE}".encode()).digest()
        told = {"scan": "scan-1", "nonce": NONCE, "version": 1, "step": self.step()}
        return {**told, "expires_in": self.script.expires_in}

    def frames(self, body):
        told, pictures = self._open(body)
        self._rest_is_the_same(told, pictures)
        new = list(zip(told["frames"], pictures, strict=True))[bool(told["rest"]) :]
        self._extend(new)
        self._signed(told)
        self.hints = told["hints"]
        return self._judge(len(new))

    def skip(self, asked):
        if asked != {"version": self.version, "step": self.step()["kind"]}:
            raise WireError(f"skip {asked}")
        self.skipped.append(self.kinds[self.at_step])
        self.kinds[self.at_step] = "blink"
        self.version += 1  # the parcel still fits: nothing was seen since
        return {"status": "step", "version": self.version, "step": self.step()}

    def _open(self, body):
        length = int.from_bytes(body[:4], "big")
        told = json.loads(body[4 : 4 + length])
        wanted = {"version", "frames", "rest", "head", "signature", "parcel", "hints"}
        if set(told) != wanted or set(told["hints"]) != {"label", "webdriver", "settings"}:
            raise WireError(f"body {sorted(told)}")
        if (told["version"], told["parcel"]) != (self.version, self.parcel):
            raise WireError("version or parcel")
        pictures, at = [], 4 + length
        for frame in told["frames"]:
            if set(frame) != {"size", "at", "media"} or not all(
                isinstance(value, int) for value in frame.values()
            ):
                raise WireError(f"frame {frame}")
            pictures.append(body[at : at + frame["size"]])
            at += frame["size"]
            self.sizes.add(jpeg_size(pictures[-1]))
        if at != len(body):
            raise WireError("sizes do not add up")
        return told, pictures

    def _rest_is_the_same(self, told, pictures):
        if bool(told["rest"]) != (self.rest is not None):
            raise WireError("rest frame missing, or sent too early")
        if self.rest and (told["frames"][0], pictures[0]) != self.rest:
            raise WireError("another rest frame")

    def _extend(self, new):
        if not 2 <= len(new) <= self.step()["frames"]:
            raise WireError(f"{len(new)} new frames")
        for frame, octets in new:
            if frame["at"] <= self.last:
                raise WireError("time stands still")
            self.last = frame["at"]
            link = hashlib.sha256(octets).digest() + frame["at"].to_bytes(4, "big")
            self.head = hashlib.sha256(self.head + link).digest()
        self.new = new

    def _signed(self, told):
        if told["head"] != self.head.hex():
            raise WireError("the chain is broken")
        raw = unpack(told["signature"])
        numbers = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
        text = f"manyou-face-1\nscan-1\n{self.version}\n{told['head']}".encode()
        try:
            self.key.verify(encode_dss_signature(*numbers), text, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise WireError("signature") from None

    def _judge(self, count):
        kind = self.kinds[self.at_step]
        if kind in self.script.again and kind not in self.given:
            self.given.add(kind)
            return self._answer("again", coach=self.script.again[kind])
        self.at_step += 1
        if self.at_step == len(self.kinds):
            return {"code": "", "message": "", **self.script.end}
        if kind != "rest":
            return self._answer("step")
        self.rest = self.new[count // 2]
        return self._answer("step", rest=count // 2)

    def _answer(self, status, **more):
        self.version += 1
        self.parcel = f"parcel-{self.version}"
        told = {"status": status, "version": self.version, "parcel": self.parcel, **more}
        return {**told, "step": self.step()}


class Provider:
    """A provider of one scan at a time, and the record of what it was asked."""

    ticket = "ticket.1.mac"

    def __init__(self):
        self.play(Script())

    def play(self, script):
        """Forget what was, and follow *script*; return the examiner of its scan."""
        self.script, self.examiner = script, Examiner(script)
        self.bodies, self.faults, self.given_up, self.languages = [], [], 0, set()
        self.lock = threading.Lock()
        return self.examiner

    def answer(self, path, body, headers):
        """Return (status, document, headers); status 0 breaks the connection."""
        if headers["Authorization"] != f"Bearer {self.ticket}":
            return 401, {"error": "invalid_token"}, {}
        self.languages.add(headers["Accept-Language"])
        try:
            with self.lock:
                return self._route(path, body, headers["Content-Type"])
        except (WireError, KeyError, ValueError, TypeError) as fault:
            self.faults.append(f"{path}: {type(fault).__name__}: {fault}")
            return 400, {"error": "invalid_request"}, {}

    def _route(self, path, body, kind):
        if path == "/face/give-up":
            self.given_up += 1
            return 200, {}, {}
        if path == "/face/begin" and self.script.at_begin:
            status, code = self.script.at_begin
            return status, {"error": code, "error_description": code}, {}
        if path != "/face/frames":
            handle = {"/face/begin": self.examiner.begin, "/face/skip": self.examiner.skip}[path]
            return 200, handle(json.loads(body)), {}
        if kind != FRAMES:
            raise WireError(kind)
        self.bodies.append(body)
        trouble = self.script.troubles.pop(0) if self.script.troubles else None
        if trouble == "busy":
            return 503, {"error": "vision_busy"}, {"Retry-After": "1"}
        if trouble == "lost":
            return 0, {}, {}
        if isinstance(trouble, tuple):
            return trouble[0], {"error": trouble[1]}, {}
        return 200, self.examiner.frames(body), {}


@contextmanager
def serving(routes, handler_of):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(routes))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def provider_handler(provider):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_OPTIONS(self):
            self._send(204, b"", "text/plain")

        def do_GET(self):
            name = self.path.removeprefix("/face/")
            kind = _TYPES.get(Path(name).suffix)
            found = STATIC / name
            known = kind and ".." not in name and found.is_file()
            self._send(200 if known else 404, found.read_bytes() if known else b"", kind or "x/x")

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, document, headers = provider.answer(self.path, body, self.headers)
            if status == 0:
                self.close_connection = True
                return
            self._send(status, json.dumps(document).encode(), "application/json", headers)

        def _send(self, status, body, kind, headers=()):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Headers", "Authorization, Content-Type")
            self.send_header("Access-Control-Expose-Headers", "Retry-After")
            self.send_header("Cache-Control", "no-store")
            for name, value in dict(headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing: what matters is in the record."""

    return Handler


def department_handler(page):
    """A department's own page, on an origin of its own, as the reference says to host it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body, kind, policy = page(self.path)
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", policy)
            self.send_header("Permissions-Policy", "camera=(self)")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    return Handler

"""A browser that speaks the capture interface: key, chain, parcel; and can be told to lie."""

import base64
import hashlib
import json
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from liveness.permits import notices

KIND = "application/vnd.manyou.frames"
INTERVAL = 170  # ms


def b64(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


class Phone:
    """Whoever holds a ticket; *client* is of werkzeug, *clock* the tests' own."""

    def __init__(self, client, clock, ticket, **manners):
        self.client, self.clock, self.ticket = client, clock, ticket
        self.manners = manners
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.scan = self.parcel = self.rest = None
        self.version = self.at = 0
        self.step = None
        self.sent = None

    def post(self, path, **request):
        headers = {
            "Authorization": f"Bearer {self.ticket}",
            "Accept-Language": "en",
            **self.manners.get("headers", {}),
            **request.pop("headers", {}),
        }
        rest = {name: value for name, value in self.manners.items() if name != "headers"}
        return self.client.post(path, headers=headers, **rest, **request)

    def begin(self, *, skip=("blink",), consent=notices.VERSION, **changes):
        told = {"key": self.jwk, "consent": consent, "skip": list(skip), **changes}
        answer = self.post("/face/begin", json=told)
        if answer.status_code == 200:
            told = answer.json
            self.scan, self.version, self.step = told["scan"], told["version"], told["step"]
            start = f"manyou-face-1\n{self.scan}\n{told['nonce']}".encode()
            self.head = hashlib.sha256(start).digest()
            self.began = self.clock.now
            self.at = 0
        return answer

    @property
    def jwk(self):
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": b64(x), "y": b64(y), "ext": True}

    def capture(self, pictures):
        """Let time pass as capturing takes it, and return the frames with their moments."""
        self.clock.advance((self.step["wait"] + 300) / 1000)
        begun = round((self.clock.now - self.began) * 1000)
        self.clock.advance((len(pictures) * INTERVAL + 200) / 1000)
        return [(picture, begun + n * INTERVAL + n % 3) for n, picture in enumerate(pictures)]

    def body(self, frames, **lies):
        head = self.head
        for picture, at in frames:
            linked = head + hashlib.sha256(picture).digest() + struct.pack(">I", at)
            head = hashlib.sha256(linked).digest()
        version = lies.get("version", self.version)
        text = f"manyou-face-1\n{self.scan}\n{version}\n{head.hex()}".encode()
        r, s = decode_dss_signature(self.key.sign(text, ec.ECDSA(SHA256())))
        again = [self.rest] if self.rest and self.step["kind"] != "rest" else []
        everything = [*again, *frames]
        told = {
            "version": version,
            "frames": [
                {"size": len(picture), "at": at, "media": float(at)} for picture, at in everything
            ],
            "rest": bool(again),
            "head": head.hex(),
            "signature": b64(r.to_bytes(32, "big") + s.to_bytes(32, "big")),
            "parcel": self.parcel,
            "hints": {"label": "Front camera", "webdriver": False, "settings": {"width": 640}},
        }
        told |= {name: value for name, value in lies.items() if name in told}
        self.pending = head, frames
        return pack(told, [picture for picture, _at in everything])

    def send(self, body):
        answer = self.post("/face/frames", data=body, content_type=KIND)
        self.sent = body
        if answer.status_code == 200 and answer.json["status"] in ("step", "again"):
            told = answer.json
            self.head, frames = self.pending
            self.at = frames[-1][1]
            self.version, self.parcel = told["version"], told["parcel"]
            self.step = told["step"]
            if "rest" in told:
                self.rest = frames[told["rest"]]
        return answer

    def show(self, pictures, **lies):
        """Capture *pictures* and send them."""
        return self.send(self.body(self.capture(pictures), **lies))

    def perform(self, film):
        """Do whatever is asked for, to the end; return the last answer."""
        answer = self.show(film.of(self.step["kind"]))
        while answer.status_code == 200 and answer.json["status"] in ("step", "again"):
            answer = self.show(film.of(self.step["kind"]))
        return answer


def pack(told, pictures):
    """Return the body: a length, JSON, and the pictures one behind the other."""
    head = told if isinstance(told, bytes) else json.dumps(told).encode()
    return struct.pack(">I", len(head)) + head + b"".join(pictures)

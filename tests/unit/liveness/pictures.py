"""Pictures that no camera sends: bombs, stumps, and files that are two things at once."""

import io
import struct
import zipfile
import zlib

import cv2
import numpy as np


def noise(height=120, width=160, channels=3):
    random = np.random.default_rng(1)
    return random.integers(0, 255, (height, width, channels), dtype=np.uint8)


def jpeg(shown=None, *options):
    return cv2.imencode(".jpg", noise() if shown is None else shown, list(options))[1].tobytes()


def png(shown=None):
    return cv2.imencode(".png", noise() if shown is None else shown)[1].tobytes()


def webp(shown=None, quality=90):
    made = noise() if shown is None else shown
    return cv2.imencode(".webp", made, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of(width, height, depth, colour, rows, *asides, interlace=0):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    parts = [chunk(b"IHDR", header), *asides, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def zeros(length, piece=1 << 20):
    """Return so many zeros as zlib would squeeze them, without squeezing each (RFC 1950, 1951)."""
    squeeze = zlib.compressobj(9, wbits=-15)
    # After a full flush nothing before counts: the same zeros give the same octets.
    one = squeeze.compress(bytes(piece)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    rest = squeeze.compress(bytes(length % piece)) + squeeze.flush()
    adler = (length % 65521) << 16 | 1
    return b"\x78\xda" + one * (length // piece) + rest + struct.pack(">I", adler)


def bomb(side=32_000):
    """One bit a pixel, black throughout: about 121 KB that unpack to gigabytes."""
    return png_of(side, side, 1, 0, zeros(side * (side // 8 + 1)))


def deep_bomb(side=32_000):
    """The same in eight bits, as deep as our own pictures."""
    return png_of(side, side, 8, 0, zeros(side * (side + 1)))


def liar():
    """A header of 160 × 120 over rows that belong to something much larger."""
    return png_of(160, 120, 8, 2, zlib.compress(b"\x00" * (4000 * 12001)))


def gif(frames=200):
    head = b"GIF89a" + struct.pack("<HHBBB", 4000, 4000, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4000, 4000, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b"\x3b"


def sixteen_bit_png():
    return cv2.imencode(".png", noise().astype(np.uint16) * 257)[1].tobytes()


def cmyk_jpeg():
    """A baseline frame of four components."""
    whole = jpeg()
    at = whole.index(b"\xff\xc0")
    frame = bytes([8]) + whole[at + 5 : at + 9] + bytes([4])
    frame += b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3, 4))
    length = int.from_bytes(whole[at + 2 : at + 4], "big")
    return (
        whole[:at]
        + b"\xff\xc0"
        + struct.pack(">H", len(frame) + 2)
        + frame
        + whole[at + 2 + length :]
    )


def progressive_jpeg():
    return jpeg(None, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)


def twelve_bit_jpeg():
    whole = bytearray(jpeg())
    whole[whole.index(b"\xff\xc0") + 4] = 12
    return bytes(whole)


def huge_jpeg():
    whole = bytearray(jpeg())
    at = whole.index(b"\xff\xc0") + 5
    whole[at : at + 4] = struct.pack(">HH", 65_000, 65_000)
    return bytes(whole)


def animated_webp():
    body = b"VP8X" + struct.pack("<I", 10) + bytes([0x02, 0, 0, 0]) + bytes([159, 0, 0, 119, 0, 0])
    still = webp()[12:]
    frame = bytes(16) + still
    body += (
        b"ANIM" + struct.pack("<I", 6) + bytes(6) + b"ANMF" + struct.pack("<I", len(frame)) + frame
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def animated_png():
    aside = chunk(b"acTL", struct.pack(">II", 2, 0))
    return png_of(160, 120, 8, 0, zlib.compress(bytes(161 * 120)), aside)


def text_bomb_png():
    aside = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(10 << 20), 9))
    return png_of(160, 120, 8, 0, zlib.compress(bytes(161 * 120)), aside)


def with_zip(picture):
    """A picture that is an archive too."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("evil.txt", "hello")
    return picture + packed.getvalue()


SOUND = {
    "jpeg": jpeg(),
    "grey jpeg": jpeg(noise(channels=1)),
    "png": png(),
    "png with transparency": png(noise(channels=4)),
    "webp": webp(),
    "lossless webp": webp(quality=101),
}
HOSTILE = {
    "one-bit bomb": (bomb, "too_large", "variant"),
    "eight-bit bomb": (deep_bomb, "too_large"),
    "huge jpeg": (huge_jpeg, "too_large"),
    "gif frames": (gif, "format"),
    "sixteen bit": (sixteen_bit_png, "variant"),
    "twelve bit": (twelve_bit_jpeg, "variant"),
    "cmyk": (cmyk_jpeg, "variant"),
    "progressive": (progressive_jpeg, "variant"),
    "animated webp": (animated_webp, "variant"),
    "animated png": (animated_png, "variant"),
    "text bomb": (text_bomb_png, "variant"),
    "truncated jpeg": (lambda: jpeg()[:-200], "damaged"),
    "truncated png": (lambda: png()[:-200], "damaged"),
    "truncated webp": (lambda: webp()[:-200], "damaged"),
    "jpeg and zip": (lambda: with_zip(jpeg()), "trailing"),
    "png and zip": (lambda: with_zip(png()), "trailing"),
    "webp and zip": (lambda: with_zip(webp()), "trailing"),
    "jpeg and html": (lambda: jpeg() + b"<script>alert(1)</script>", "trailing"),
    "two jpegs": (lambda: jpeg() * 2, "trailing"),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "format"),
    "tiff": (lambda: b"II*\x00" + bytes(100), "format"),
    "nothing": (lambda: b"", "format"),
    "heavy": (lambda: jpeg() + bytes(5 << 20), "too_heavy"),
    "a pixel": (lambda: png(noise(1, 1)), "too_small"),
}

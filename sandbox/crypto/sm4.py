"""SM4 in CBC mode with PKCS #7 padding."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

BLOCK = 16


def encrypt(key: bytes, vector: bytes, plain: bytes) -> bytes:
    pad = PKCS7(BLOCK * 8).padder()
    cipher = Cipher(algorithms.SM4(key), modes.CBC(vector)).encryptor()
    return cipher.update(pad.update(plain) + pad.finalize()) + cipher.finalize()


def decrypt(key: bytes, vector: bytes, sealed: bytes) -> bytes:
    """Return what is in *sealed*.

    Raises:
        ValueError: the padding does not come out.
    """
    cipher = Cipher(algorithms.SM4(key), modes.CBC(vector)).decryptor()
    pad = PKCS7(BLOCK * 8).unpadder()
    return pad.update(cipher.update(sealed) + cipher.finalize()) + pad.finalize()

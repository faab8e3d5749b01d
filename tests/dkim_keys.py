"""RSA keys for the tests of signatures; the package itself makes Ed25519 ones only."""

import base64
import secrets
from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from noreply_analyzer.testing import DkimKey


@cache
def _pair(bits: int) -> tuple[bytes, bytes]:
    private = rsa.generate_private_key(65537, bits)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem, private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def rsa_key(domain: str, *, bits: int = 2048, selector: str = "rsa") -> DkimKey:
    """Give an RSA key for *domain*; those of one length are one key, made once."""
    return DkimKey.rsa(domain, *_pair(bits), selector=selector)


def short_key(domain: str, *, bits: int = 512, selector: str = "short") -> DkimKey:
    """Give an RSA key that is too short for any library to make."""
    p, q = _prime(bits // 2), _prime(bits // 2)
    exponent = pow(65537, -1, (p - 1) * (q - 1))
    private = {
        "modulus": p * q,
        "publicExponent": 65537,
        "privateExponent": exponent,
        "prime1": p,
        "prime2": q,
        "exponent1": exponent % (p - 1),
        "exponent2": exponent % (q - 1),
        "coefficient": pow(q, -1, p),
    }
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der_key(p * q, 65537))
    return DkimKey(domain=domain, selector=selector, algorithm="rsa-sha256", record=record, private=private)


def _prime(bits: int) -> int:
    """Find a number that is prime as far as Fermat can tell, and fits 65537."""
    while True:
        candidate = secrets.randbits(bits) | 3 << bits - 2 | 1
        if all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5, 7)) and candidate % 65537 != 1:
            return candidate


def der_key(modulus: int, exponent: int) -> bytes:
    """Give any two numbers as an RSA public key (DER, SubjectPublicKeyInfo), as no library would."""
    numbers = _item(0x30, _integer(modulus) + _integer(exponent))
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    return _item(0x30, algorithm + _item(0x03, b"\0" + numbers))


def _integer(value: int) -> bytes:
    return _item(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def _item(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content

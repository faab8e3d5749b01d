"""RSA keys for the tests of signatures; a library makes them faster than `DkimKey.new_rsa`."""

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

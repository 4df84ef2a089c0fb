"""Signed values that a browser or a client may hold: HMAC-SHA256, keyed by purpose."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

_DIGEST_SIZE = 20


class Signer:
    """
    Signs and opens short byte strings for one purpose.

    :param secrets: current secret first; older ones still open what they signed.
    """

    def __init__(self, secrets: tuple[bytes, ...], purpose: str) -> None:
        if not secrets:
            raise ValueError("a signer needs a secret")
        self._keys = tuple(
            hmac.digest(secret, f"purpose:{purpose}".encode(), hashlib.sha256) for secret in secrets
        )

    def sign(self, payload: bytes) -> str:
        digest = hmac.digest(self._keys[0], payload, hashlib.sha256)[:_DIGEST_SIZE]
        return urlsafe_b64encode(digest + payload).rstrip(b"=").decode()

    def open(self, text: str) -> bytes | None:
        """The payload, or None when the text was not signed by us."""
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (ValueError, Base64Error):
            return None
        digest, payload = raw[:_DIGEST_SIZE], raw[_DIGEST_SIZE:]
        for key in self._keys:
            expected = hmac.digest(key, payload, hashlib.sha256)[:_DIGEST_SIZE]
            if hmac.compare_digest(digest, expected):
                return payload
        return None


def fingerprint(secret: str) -> bytes:
    """What the database keeps of a bearer secret."""
    return hashlib.sha256(secret.encode()).digest()

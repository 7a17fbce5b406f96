"""Passwords of the registry, as GetAuthorizationToken hands them out: signed, and good until the time they carry.

None is stored, so one that was given out stays good when the region starts again, as long as AWS would take it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents

LIFE = timedelta(hours=12)  # GetAuthorizationToken: "The authorization token is valid for 12 hours".
USER = "AWS"
_KIND, _KEY = "ecr.key", "signing"


class Passwords:
    """Issues and checks passwords.

    Args:
        documents: keeps the key they are signed with.
        clock: says when one expires.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def issue(self, purpose: str = "", life: timedelta = LIFE) -> tuple[str, datetime]:
        """A password and when it expires.

        Args:
            purpose: what it opens; empty for the registry as a whole.
            life: how long it is good.
        """
        expires = self._clock.now() + life
        text = expires.isoformat()
        return base64.urlsafe_b64encode(f"{text} {self._sign(purpose, text)}".encode()).decode(), expires

    def good(self, password: str, purpose: str = "") -> bool:
        """Whether it was issued here for this purpose and has not expired."""
        try:
            text, _, signature = base64.urlsafe_b64decode(password).decode().partition(" ")
            expires = datetime.fromisoformat(text)
        except (ValueError, binascii.Error):
            return False
        signed = hmac.compare_digest(signature.encode(), self._sign(purpose, text).encode())
        return signed and self._clock.now() < expires

    def opens(self, authorization: str) -> bool:
        """Whether an `Authorization` header carries a good password of the user AWS."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (ValueError, binascii.Error):
            return False
        return scheme.lower() == "basic" and user == USER and self.good(password)

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret(), f"{purpose} {text}".encode(), hashlib.sha256).hexdigest()

    def _secret(self) -> bytes:
        document = self._documents.get(_KIND, _KEY)
        if document is None:
            document = {"secret": secrets.token_hex(32)}
            self._documents.put(_KIND, _KEY, document)
        return bytes.fromhex(document["secret"])

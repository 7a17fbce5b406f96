"""The chain of signatures of an aws-chunked body, in which each chunk's covers the one before.

"Signature calculations for the Authorization header: transferring payload in multiple chunks" and "Signature
calculations for trailing headers", S3 API Reference. SDKs sign bodies so over plain HTTP. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from netflux.controlplane.authentication.signature import ALGORITHM, Claim, mismatch, signing_key, timestamp

PREFIX = f"STREAMING-{ALGORITHM}-PAYLOAD"
"""What x-amz-content-sha256 of such a request begins with; one with signed trailers goes on with `-TRAILER`."""
SIGNATURE = "x-amz-trailer-signature"
_EMPTY = hashlib.sha256(b"").hexdigest()


class Chain:
    """Verifies one body's chunks in their order.

    Args:
        claimed: of the request's own signature, from which the chain starts; verified.
        secret: secret access key.
    """

    def __init__(self, claimed: Claim, secret: str) -> None:
        self._key = signing_key(secret, claimed.scope)
        self._place = f"{timestamp(claimed.moment)}\n{'/'.join(claimed.scope)}"
        self._last = claimed.signature

    def chunk(self, digest: str, signature: str) -> None:
        """Checks a chunk, the empty one at the end among them.

        Args:
            digest: SHA-256 of its bytes, hex.
            signature: what it says.

        Raises:
            SignatureError: it says another one than the secret makes.
        """
        self._check(f"{ALGORITHM}-PAYLOAD\n{self._place}\n{self._last}\n{_EMPTY}\n{digest}", signature)

    def trailers(self, found: Mapping[str, str]) -> None:
        """Checks the trailers, by their lower-case names in the order in which they came; as `chunk`."""
        text = "".join(f"{name}:{value}\n" for name, value in found.items() if name != SIGNATURE)
        digest = hashlib.sha256(text.encode("latin-1")).hexdigest()
        self._check(f"{ALGORITHM}-TRAILER\n{self._place}\n{self._last}\n{digest}", found.get(SIGNATURE, ""))

    def _check(self, text: str, signature: str) -> None:
        expected = hmac.new(self._key, text.encode(), "sha256").hexdigest()
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise mismatch()
        self._last = expected

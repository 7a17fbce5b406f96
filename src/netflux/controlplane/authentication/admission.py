"""Who may ask: a request's signature is verified, and what a page in a browser sends is told from what a program does.

A page can have the browser send what it likes to this machine, but not without `Origin` or `Sec-Fetch-Site` (Fetch
standard; W3C, "Fetch Metadata Request Headers"), and it cannot know a secret that it was never given.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from netflux.controlplane.authentication import signature, signaturetwo
from netflux.controlplane.authentication.keys import WELL_KNOWN, Key, Keys
from netflux.controlplane.authentication.signature import SignatureError, Signed
from netflux.policy.evaluate import account_root

_PEER = "x-netflux-peer"
_ACCOUNT_DIGITS = 12
_ADDRESSES = ("127.0.0.1", "[::1]", "169.254.170.2", "169.254.170.3")
OWN_PAGE_HOSTS = ("localhost", "127.0.0.1", "[::1]", "console.localhost")
"""Where the console's page is."""
_DOMAINS = ("localhost", "amazonaws.com", "amazonaws.com.cn", "api.aws")


@dataclass(frozen=True)
class Door:
    """Where requests come in.

    Attributes:
        development: whether keys are good that no one was given: the pair `test`, and with `--any-credentials` all.
    """

    development: bool


MAIN, TASKS = Door(development=True), Door(development=False)
"""The gateway's port, and the addresses at which tasks find the APIs: there only keys count that were issued."""


class Admission:
    """Verifies signatures.

    Args:
        keys: that are good.
        account: for which a key stands that nobody issued, where such keys are taken.
        any_credentials: takes them from programs, unverified.
        by_owner: whether the program at the other end of the gateway's connection, by what `X-Netflux-Peer` says, is of
            the region's owner. Without it users of the machine are not told apart.
    """

    def __init__(
        self,
        keys: Keys,
        account: str,
        *,
        any_credentials: bool = False,
        by_owner: Callable[[str], bool] = lambda _peer: True,
    ) -> None:
        self.keys = keys
        self._account = account
        self._any = any_credentials
        self._by_owner = by_owner

    def by_owner(self, headers: Mapping[str, str]) -> bool:
        """Whether the request is of the region's owner."""
        return self._by_owner(headers.get(_PEER, ""))

    def identify(self, request: Signed, door: Door, bucket: str = "", *, guests: bool = False) -> Key | None:
        """The key that the request is signed with; None when it is not signed.

        Args:
            request: with all of its headers.
            door: where it came in.
            bucket: named by the host.
            guests: other accounts may ask as well, see `guest`.

        Raises:
            SignatureError: its signature can't be accepted, by S3's codes.
        """
        second = signaturetwo.claim(request)
        first = None if second is not None else signature.claim(request)
        claimed = second or first
        if claimed is None:
            return None
        known = guest(claimed.access_key) if guests and door.development else None
        key = known or self._key(claimed.access_key, door)
        self.check_asker(key, request.headers)
        now = datetime.now(UTC)
        if key.secret and second is not None:
            signaturetwo.verify(request, second, key.secret, bucket, now)
        elif key.secret and first is not None:
            signature.verify(request, first, key.secret, now)
        if key.secretive:
            _check_session(key, claimed.token, now)
        return key

    def presented(self, access_key: str, token: str, door: Door, headers: Mapping[str, str]) -> Key:
        """The key that a form is signed with, whose signature the caller verifies.

        Raises:
            SignatureError: the key is not good, or the request is of somebody who may not use it.
        """
        key = (guest(access_key) if door.development else None) or self._key(access_key, door)
        self.check_asker(key, headers)
        if key.secretive:
            _check_session(key, token, datetime.now(UTC))
        return key

    def check_asker(self, key: Key, headers: Mapping[str, str]) -> None:
        """A key that anybody can know is good for programs of the region's owner alone; SignatureError else."""
        if not key.secretive and from_page(headers):
            raise SignatureError(
                "AccessDenied", f"{PAGES} The key {key.access_key} is no secret, so a page may know it."
            )
        if not key.secretive and not self.by_owner(headers):
            raise SignatureError("AccessDenied", OTHERS)

    def _key(self, access_key: str, door: Door) -> Key:
        key = self.keys.known(access_key)
        if key is not None and (key.secretive or door.development):
            return key
        if self._any and door.development:
            return Key(access_key, "", account_root(self._account), secretive=False)
        hint = (
            " `netflux env` prints a pair that is good here; `test` with the secret `test` is, too." * door.development
        )
        raise SignatureError(
            "InvalidAccessKeyId",
            f"The AWS Access Key Id you provided does not exist in our records.{hint}",
            AWSAccessKeyId=access_key,
        )


def guest(access_key: str) -> Key | None:
    """The root user of another account, whose number is the access key and whose secret is `test`, as other local
    clouds have it; None where the text is no account's number. Only S3 takes it: buckets are shared across accounts.
    """
    if len(access_key) != _ACCOUNT_DIGITS or not (access_key.isascii() and access_key.isdecimal()):
        return None
    return Key(access_key, WELL_KNOWN, account_root(access_key), secretive=False)


OTHERS = (
    "This cloud is another user's of this machine. Its owner can hand you a pair: `aws iam create-access-key`, or what "
    "`netflux env` prints."
)
PAGES = "Pages in a browser reach no API of this cloud."


def from_page(headers: Mapping[str, str]) -> str:
    """What shows that a page had the browser send the request; empty for programs and for what a person typed.

    Args:
        headers: lower-case names.
    """
    if "origin" in headers:
        return f"Origin: {headers['origin']}"
    site = headers.get("sec-fetch-site", "none")
    return "" if site == "none" else f"Sec-Fetch-Site: {site}"


def from_own_page(headers: Mapping[str, str]) -> bool:
    """Whether the request is a program's, a person's, or of a page of the very host that it is sent to."""
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    return "origin" not in headers or headers["origin"].partition("://")[2] == headers.get("host", "")


def is_own_page_host(host: str) -> bool:
    """Whether the console's page is at this host, so that whatever else is there is of the same origin."""
    return _name(host) in OWN_PAGE_HOSTS


@functools.lru_cache(maxsize=256)
def is_here(host: str) -> bool:
    """Whether the host is this cloud by a name that nobody else's DNS can lead here (DNS rebinding)."""
    name = _name(host)
    return name in _ADDRESSES or any(name == domain or name.endswith(f".{domain}") for domain in _DOMAINS)


def _name(host: str) -> str:
    return host.lower().rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host.lower()


def _check_session(key: Key, token: str, now: datetime) -> None:
    if key.expires is not None and now > key.expires:
        raise SignatureError("ExpiredToken", "The security token included in the request is expired.")
    if not hmac.compare_digest(key.token.encode(), token.encode(errors="surrogateescape")):
        raise SignatureError("InvalidToken", "The security token included in the request is invalid.")

"""A request as bytes: botocore's serializers make it, botocore's signers sign it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import OperationModel
from botocore.serialize import SERIALIZERS, create_serializer

REGION = "us-east-1"


@dataclass(frozen=True)
class Request:
    """An HTTP request.

    Attributes:
        target: path and query, as on the request line.
        headers: as sent, `Host` and lengths excepted, in order; a name may come twice.
        framed: whether Content-Length is added; a request that lacks it brings its own framing.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    framed: bool = True

    def with_header(self, name: str, value: str | None) -> Request:
        """The same with one header replaced, or without it."""
        kept = tuple(one for one in self.headers if one[0].lower() != name.lower())
        return self._but(headers=kept if value is None else (*kept, (name, value)))

    def with_body(self, body: bytes) -> Request:
        """The same with another body."""
        return self._but(body=body)

    def _but(self, **changes: Any) -> Request:
        from dataclasses import replace

        return replace(self, **changes)

    def header(self, name: str) -> str:
        """The header's last value, or nothing."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name.lower()), "")

    def encoded(self, host: str) -> bytes:
        """The bytes to send."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {host}"]
        # A line end in a value would make two requests of one.
        lines += [f"{name}: {value.translate({10: 32, 13: 32})}" for name, value in self.headers]
        if self.framed and (self.body or self.method not in ("GET", "HEAD")):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + self.body


def protocols(model: OperationModel) -> tuple[str, ...]:
    """The protocols that a client may choose from."""
    metadata = model.service_model.metadata
    return tuple(one for one in metadata.get("protocols", [metadata["protocol"]]) if one in SERIALIZERS)


def serialized(model: OperationModel, params: dict[str, Any], protocol: str) -> Request:
    """The operation's request, unsigned."""
    made = create_serializer(protocol, include_validation=False).serialize_to_request(params, model)
    headers = {str(name): str(value) for name, value in made["headers"].items()}
    body, query = made["body"], made["query_string"]
    if isinstance(body, dict):
        body = urlencode(body, doseq=True, errors="surrogatepass")
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(query, dict):
        query = urlencode(query, doseq=True, quote_via=quote, errors="surrogatepass")
    target = made["url_path"] + (("&" if "?" in made["url_path"] else "?") + query if query else "")
    return Request(made["method"], target, tuple(headers.items()), bytes(body or b""))


class Signer:
    """Signs with one key.

    Args:
        host: what `Host` will say.
    """

    def __init__(self, access_key: str, secret: str, host: str) -> None:
        self._credentials = Credentials(access_key, secret)
        self._host = host

    def signed(self, request: Request, signing_name: str) -> Request:
        """The request with its signature, over what it is now; the headers that say who asks are replaced."""
        kept = _without(request.headers, ("authorization", "x-amz-date", "x-amz-security-token"))
        names = [name.lower() for name, _ in kept]
        once = {name: value for name, value in kept if names.count(name.lower()) == 1 and _signable(name, value)}
        wanted = AWSRequest(request.method, f"http://{self._host}{request.target}", once, request.body)
        auth = S3SigV4Auth if signing_name == "s3" else SigV4Auth
        auth(self._credentials, signing_name, REGION).add_auth(wanted)
        added = tuple((name, str(value)) for name, value in wanted.headers.items() if name.lower() not in _lower(once))
        return Request(request.method, request.target, (*kept, *added), request.body, request.framed)


def _signable(name: str, value: str) -> bool:
    """AWS wants all of its own headers signed; botocore can't sign what is no text of HTTP's."""
    own = name.lower().startswith("x-amz-") or name.lower() in ("content-type", "content-md5")
    return own and value.isprintable() and value.isascii()


def _without(headers: Iterable[tuple[str, str]], names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(one for one in headers if one[0].lower() not in names)


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}

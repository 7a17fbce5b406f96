"""Requests signed as clients sign them: by botocore."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class _S3(S3SigV4Auth):
    """Signs what the request states of its body, where it states it."""

    stated = ""

    def payload(self, request: AWSRequest) -> str:
        return self.stated or str(super().payload(request))


def signed(
    service: str, url: str, body: bytes | str = b"", headers: Mapping[str, str] | None = None, method: str = "POST",
    key: tuple[str, str] = ("test", "test"),
) -> dict[str, str]:  # fmt: skip
    """The headers of a request, its signature among them. `url` has the host that the request is sent with."""
    request = AWSRequest(method, url, data=body, headers=dict(headers or {}))
    auth = (_S3 if service == "s3" else SigV4Auth)(Credentials(*key), service, "us-east-1")
    if isinstance(auth, _S3) and headers:
        auth.stated = headers.get("X-Amz-Content-SHA256", "")
    auth.add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}

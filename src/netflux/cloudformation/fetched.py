"""A template out of a bucket of this region; nothing outside is asked."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from netflux.cloudformation.types.table import Caller
from netflux.errors import AwsError

_VIRTUAL_HOSTED = re.compile(r"(?P<bucket>.+)\.s3[.-].*")


async def fetched(call: Caller, url: str) -> str:
    """The text at an S3 address in any of its forms. Raises AwsError ValidationError when it isn't there."""
    bucket, key = place(url)
    try:
        answer = await call("s3", "GetObject", {"Bucket": bucket, "Key": key})
    except AwsError as error:
        raise AwsError(
            "ValidationError",
            f"S3 error: {error.message} ({url}). Templates come from buckets of this region: upload it to one "
            "(`aws s3 cp`, or `aws cloudformation package`).",
        ) from error
    found = answer["Body"]
    data = found.read() if hasattr(found, "read") else found
    return data if isinstance(data, str) else bytes(data).decode()


def place(url: str) -> tuple[str, str]:
    """Bucket and key of an address, with the bucket in the host's name or in the path."""
    parts = urlsplit(url)
    path = unquote(parts.path.lstrip("/"))
    hosted = _VIRTUAL_HOSTED.fullmatch(parts.hostname or "")
    if hosted is not None:
        return hosted["bucket"], path
    bucket, _, key = path.partition("/")
    return bucket, key

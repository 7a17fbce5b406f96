"""A template out of a bucket of this region; nothing outside is asked."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from netflux.cloudformation.syntax import LIMITS, malformed
from netflux.cloudformation.types.table import Caller
from netflux.errors import AwsError

_HOST = re.compile(r"(?:.+\.)?(?:amazonaws\.com(?:\.cn)?|localhost)|[0-9.]+|[0-9a-f:]+")
"""S3's own hosts, and the names and addresses under which a region here is reached."""
_VIRTUAL_HOSTED = re.compile(r"(?P<bucket>.+)\.s3[.-].*")


async def fetched(call: Caller, url: str) -> str:
    """The text at an S3 address of any form. Raises AwsError ValidationError when it isn't there, or too large."""
    if url.startswith("s3://"):
        host = urlsplit(url).netloc
        raise AwsError("ValidationError", f"S3 error: Domain name specified in {host} is not a valid S3 domain")
    if not _HOST.fullmatch(urlsplit(url).hostname or ""):
        raise AwsError("ValidationError", "TemplateURL must be a supported URL.")
    bucket, key = place(url)
    asked = {"Bucket": bucket, "Key": key, "Range": f"bytes=0-{LIMITS.size}"}
    try:
        answer = await call("s3", "GetObject", asked)
    except AwsError as error:
        if error.code == "InvalidRange":
            return ""
        raise AwsError(
            "ValidationError",
            f"S3 error: {error.message} ({url}). Templates come from buckets of this region: upload it to one "
            "(`aws s3 cp`, or `aws cloudformation package`).",
        ) from error
    found = answer["Body"]
    data = found.read() if hasattr(found, "read") else found
    if len(data) > LIMITS.size:
        raise AwsError("ValidationError", f"Template may not exceed {LIMITS.size} bytes in size. ({url})")
    try:
        return data if isinstance(data, str) else bytes(data).decode()
    except UnicodeDecodeError as error:
        raise malformed(f"the text at {url} is not UTF-8 at byte {error.start}.") from error


def place(url: str) -> tuple[str, str]:
    """Bucket and key of an address, with the bucket in the host's name or in the path."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise AwsError("ValidationError", f"TemplateURL must be a valid URL: {url[:200]}") from error
    path = unquote(parts.path.lstrip("/"))
    hosted = _VIRTUAL_HOSTED.fullmatch(parts.hostname or "")
    if hosted is not None:
        return hosted["bucket"], path
    bucket, _, key = path.partition("/")
    return bucket, key

"""Environment files of a container: objects of S3 with a variable on each line.

Developer guide, "Pass environment variables to an Amazon ECS container".
"""

from __future__ import annotations

from collections.abc import Sequence

from netflux.controlplane.call import Caller
from netflux.errors import AwsError

PREFIX = "ResourceInitializationError: failed to download env files: file download command: non empty error stream: "
_LARGEST = 1 << 20  # bytes
_ARN = "arn:aws:s3:::"


class EnvironmentFileError(Exception):
    """A file can't be read; the text is the task's stoppedReason."""


def check(container: str, files: Sequence[dict[str, str]]) -> str | None:
    """Why a container can't have these files; None when it can."""
    if len(files) > 10:
        return f"Container '{container}' has {len(files)} environment files; ten are the most."
    for one in files:
        bucket, _, key = one["value"].removeprefix(_ARN).partition("/")
        if not one["value"].startswith(_ARN) or not bucket or not key:
            return f"Invalid arn syntax: environment file '{one['value']}' of container '{container}'."
        if not key.endswith(".env"):
            return f"The environment file '{one['value']}' of container '{container}' must have a .env file extension."
    return None


async def read(apis: Caller, arn: str) -> dict[str, str]:
    """The variables of one file; EnvironmentFileError where it can't be had."""
    bucket, _, key = arn.removeprefix(_ARN).partition("/")
    try:
        answer = await apis.call("s3", "GetObject", {"Bucket": bucket, "Key": key})
    except AwsError as error:
        raise EnvironmentFileError(
            f"{PREFIX}service call has been retried 1 time(s): {error.code}: {error.message} (s3://{bucket}/{key})"
        ) from error
    if answer["ContentLength"] > _LARGEST:
        raise EnvironmentFileError(f"{PREFIX}s3://{bucket}/{key} is larger than {_LARGEST} bytes")
    found = answer["Body"]
    data = found.read() if hasattr(found, "read") else found
    return parse(bytes(data).decode(errors="replace"))


def parse(text: str) -> dict[str, str]:
    """Names to values. Lines without `=` and those that begin with `#` say nothing; quotes are part of a value."""
    pairs = [line.split("=", 1) for line in text.splitlines() if not line.startswith("#") and "=" in line]
    return {name: value for name, value in pairs if name}


def merged(files: Sequence[dict[str, str]]) -> dict[str, str]:
    """Of several files the first that has a variable counts."""
    found: dict[str, str] = {}
    for one in files:
        found = {**one, **found}
    return found

"""AWS::Include: a piece of template out of a bucket of this region ("AWS::Include transform")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.cloudformation import syntax
from netflux.cloudformation.fetched import fetched
from netflux.cloudformation.transforms.calls import INCLUDE, failed
from netflux.cloudformation.types.table import Caller
from netflux.errors import AwsError


async def snippet(call: Caller, parameters: Mapping[str, Any]) -> str:
    """The text at the Location. Raises AwsError when it is not there."""
    location = parameters.get("Location")
    if not isinstance(location, str) or set(parameters) != {"Location"}:
        raise failed(INCLUDE, "The location parameter is not a valid S3 uri.")
    bucket, slash, key = location.removeprefix("s3://").partition("/")
    if location.startswith("s3://") and (not bucket or not slash or not key):
        raise failed(INCLUDE, "The location parameter is not a valid S3 uri.")
    url = f"https://s3.amazonaws.com/{bucket}/{key}" if location.startswith("s3://") else location
    try:
        await call("s3", "HeadBucket", {"Bucket": bucket}) if location.startswith("s3://") else None
    except AwsError as error:
        raise failed(INCLUDE, f"S3 bucket [{bucket}] does not exist.") from error
    try:
        return await fetched(call, url)
    except AwsError as error:
        raise failed(INCLUDE, error.message) from error


def read(text: str) -> Any:
    """What the text says. Raises AwsError when it is neither YAML nor JSON, or too large."""
    try:
        return syntax.read(text)
    except AwsError as error:
        raise failed(INCLUDE, error.message) from error


def merged(siblings: Mapping[str, Any], included: Any) -> Any:
    """The map with what was included; its own members come first, and sections of a template are joined."""
    if not siblings:
        return included
    if not isinstance(included, Mapping):
        raise failed(INCLUDE, "The specified S3 object's content should be a map beside other members.")
    made = dict(included)
    for name, each in siblings.items():
        other = made.get(name)
        made[name] = {**other, **each} if isinstance(other, Mapping) and isinstance(each, Mapping) else each
    return made

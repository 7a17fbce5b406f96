"""How many tags and how much metadata of its own an object or a bucket has. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netflux.aws.s3.refusals import Refused
from netflux.errors import AwsError

OBJECT, BUCKET = 10, 50
"""Tags ("Categorizing your objects using tags" and "Using cost allocation S3 bucket tags", Amazon S3 User Guide)."""
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_PREFIXED = "Your TagKey cannot be prefixed with aws:"
_METADATA = 2048  # bytes of names and values together ("Working with object metadata", Amazon S3 User Guide)


def check_tags(tags: Sequence[Mapping[str, str]], most: int, *, inside: bool = False) -> None:
    """InvalidTag for the first tag that is none.

    Args:
        most: tags that there may be.
        inside: a part of the region sets them, which may set reserved ones.
    """
    keys = [tag["Key"] for tag in tags]
    if len(keys) > most and not inside:
        raise AwsError("InvalidTag", f"There are at most {most} tags; {len(keys)} were given.")
    if len({*keys}) < len(keys):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
    for tag in tags:
        key, value = tag["Key"], tag.get("Value", "")
        if not 1 <= len(key) <= _LONGEST_KEY:
            raise AwsError("InvalidTag", f"The TagKey you have provided is invalid: it has {len(key)} characters.")
        if len(value) > _LONGEST_VALUE:
            raise AwsError("InvalidTag", f"The TagValue you have provided is invalid: it has {len(value)} characters.")
        if key.lower().startswith("aws:") and not inside:
            bucket = most == BUCKET
            message = "System tags cannot be added/updated by requester" if bucket else _PREFIXED
            raise Refused("InvalidTag", message, TagKey=key)


def check_metadata(metadata: Mapping[str, str]) -> None:
    """MetadataTooLarge for more than S3 keeps."""
    size = sum(len(name.encode()) + len(text.encode()) for name, text in metadata.items())
    if size > _METADATA:
        raise AwsError(
            "MetadataTooLarge",
            f"Your metadata headers exceed the maximum allowed metadata size: {size} bytes, of {_METADATA} at most.",
        )

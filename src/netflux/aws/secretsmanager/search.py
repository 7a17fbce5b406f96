"""Whether a secret matches the filters of ListSecrets: pure. "Filter", Secrets Manager API Reference."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from netflux.aws.secretsmanager.part import wrong
from netflux.resources.secretsmanager import Secret

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+[a-z]*")


def check(filters: Iterable[Mapping[str, Any]]) -> None:
    """InvalidParameterException for a filter without a key or values."""
    for condition in filters:
        if "Key" not in condition:
            raise wrong("Invalid filter key")
        if not condition.get("Values"):
            raise wrong(f"Invalid filter values for key: {condition['Key']}")


def matching(secret: Secret, filters: Iterable[Mapping[str, Any]]) -> bool:
    """Whether each filter has a value that the secret matches; one that begins with `!` matches what it would not."""
    return all(any(_matches(secret, one["Key"], value) for value in one["Values"]) for one in filters)


def _matches(secret: Secret, key: str, value: str) -> bool:
    if value.startswith("!"):
        return not _KEYS[key](secret, value[1:])
    return _KEYS[key](secret, value)


def words(text: str) -> list[str]:
    """In lower case; a word ends where the case changes, where a digit follows a letter, and before other characters
    ("Find secrets in AWS Secrets Manager", AWS Secrets Manager User Guide). A letter after a digit is of its word.
    """
    return [word.lower() for word in _WORD.findall(text)]


def _description(secret: Secret, value: str) -> bool:
    known = secret.description.lower().split()
    return all(any(word.startswith(wanted) for word in known) for wanted in value.lower().split())


def _anywhere(secret: Secret, value: str) -> bool:
    texts = (secret.name, secret.description, *secret.tags, *secret.tags.values())
    known = [word for text in texts for word in (*words(text), text.lower())]
    wanted = words(value)
    return bool(wanted) and all(any(word.startswith(each) for word in known) for each in wanted)


_KEYS: Mapping[str, Callable[[Secret, str], bool]] = {
    "name": lambda secret, value: secret.name.startswith(value),
    "description": _description,
    "tag-key": lambda secret, value: any(key.startswith(value) for key in secret.tags),
    "tag-value": lambda secret, value: any(text.startswith(value) for text in secret.tags.values()),
    "primary-region": lambda secret, value: False,  # noqa: ARG005 no secret has a replica
    "owning-service": lambda secret, value: bool(secret.owner) and secret.owner.startswith(value),
    "all": _anywhere,
}

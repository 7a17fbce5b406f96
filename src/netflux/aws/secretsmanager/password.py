"""Random passwords, as GetRandomPassword makes them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from netflux.aws.secretsmanager.part import wrong

_LENGTH = 32
_KINDS = (
    ("ExcludeUppercase", string.ascii_uppercase),
    ("ExcludeLowercase", string.ascii_lowercase),
    ("ExcludeNumbers", string.digits),
    ("ExcludePunctuation", string.punctuation),
)


def generate(wanted: Mapping[str, Any]) -> str:
    """A password of characters of all kinds that are not excluded, one of each at least unless that is turned off.

    A space may be in it, and need not be: it is no kind ("GetRandomPassword", Secrets Manager API Reference).

    Args:
        wanted: the members of GetRandomPassword.

    Raises:
        AwsError: no character is left, or it is too short for one of each kind.
    """
    excluded = {*wanted.get("ExcludeCharacters", "")}
    kinds = [[each for each in kind if each not in excluded] for name, kind in _KINDS if not wanted.get(name)]
    spaces = [" "] if wanted.get("IncludeSpace") and " " not in excluded else []
    length, each_kind = wanted.get("PasswordLength", _LENGTH), wanted.get("RequireEachIncludedType", True)
    if not any(kinds) and not spaces:
        raise wrong("There are no characters left that the password could have. Exclude fewer of them.")
    if each_kind and not all(kinds):
        raise wrong("All characters of a kind that the password must have are excluded. Exclude the kind instead.")
    if each_kind and length < len(kinds):
        raise wrong(f"Password length {length} is too short based on the required types.")
    every = [*(each for kind in kinds for each in kind), *spaces]
    first = [secrets.choice(kind) for kind in kinds] if each_kind else []
    made = first + [secrets.choice(every) for _ in range(length - len(first))]
    secrets.SystemRandom().shuffle(made)
    return "".join(made)

"""Tags of a resource: read, merged and shown in a service's own members and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError

RESERVED = "aws:"
"""Prefix of keys that only AWS's own services may set ("Tag naming limits and requirements", Tagging AWS resources)."""


@dataclass(frozen=True)
class Tagger:
    """How one service has tags.

    Attributes:
        invalid: code of the error for a reserved key or one that stands twice.
        too_many: code of the error for more than `most`.
        most: tags of one resource that users may set.
        key: the member of the key.
        value: the member of the value.
        ignores_case: whether keys that differ by case only are the same one, as IAM has them.
        twice: what is said of a key that stands twice; `{key}` is filled in.
    """

    invalid: str
    too_many: str
    most: int = 50
    key: str = "Key"
    value: str = "Value"
    ignores_case: bool = False
    twice: str = "The tag key '{key}' stands twice in the request. Leave one out."

    def read(self, given: Iterable[Mapping[str, Any]] | None, own: bool = False) -> dict[str, str]:
        """The tags of a request.

        Args:
            given: as the request has them.
            own: the caller is the region itself, so reserved keys are taken.

        Raises:
            AwsError: a key is reserved or stands twice, or there are too many.
        """
        tags: dict[str, str] = {}
        seen: set[str] = set()
        for tag in given or ():
            key = tag[self.key]
            if key.lower().startswith(RESERVED) and not own:
                raise AwsError(self.invalid, f"The tag key '{key}' is reserved: keys of users don't begin with aws:.")
            if key in tags or (self.ignores_case and key.lower() in seen):
                raise AwsError(self.invalid, self.twice.replace("{key}", key))
            seen.add(key.lower())
            tags[key] = tag.get(self.value) or ""
        return self._held(tags)

    def merged(self, kept: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
        """Both; an added tag replaces the one of the same key.

        Raises:
            AwsError: there are too many.
        """
        replaced = {key.lower() for key in added} if self.ignores_case else set()
        stays = {key: kept[key] for key in kept if key in added or key.lower() not in replaced}
        return self._held({**stays, **added})

    def shown(self, tags: Mapping[str, str]) -> list[dict[str, str]]:
        """As answers have them."""
        return [{self.key: key, self.value: value} for key, value in tags.items()]

    def _held(self, tags: dict[str, str]) -> dict[str, str]:
        count = sum(not key.lower().startswith(RESERVED) for key in tags)
        if count > self.most:
            raise AwsError(self.too_many, f"A resource has at most {self.most} tags; {count} were given.")
        return tags

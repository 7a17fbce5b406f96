"""Which parts of a request are in the cache key and which reach the origin. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """Which headers, cookies or query parameters: `none`, `all`, `whitelist` or `allExcept` of names.

    Header names are kept in lower case; `all` of a policy's `allViewer` as well.
    """

    mode: str = "none"
    names: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        """Whether it is one of them."""
        match self.mode:
            case "all":
                return True
            case "whitelist":
                return name in self.names
            case "allExcept":
                return name not in self.names
        return False


@dataclass(frozen=True)
class CachePolicy:
    """Times in seconds, and what is in the cache key."""

    minimum: int
    default: int
    maximum: int
    gzip: bool = False
    brotli: bool = False
    headers: Selection = Selection()
    cookies: Selection = Selection()
    query: Selection = Selection()

    @property
    def disabled(self) -> bool:
        """Nothing may be kept."""
        return self.maximum == 0


@dataclass(frozen=True)
class RequestPolicy:
    """What goes to the origin beside the cache key."""

    headers: Selection = Selection()
    cookies: Selection = Selection()
    query: Selection = Selection()

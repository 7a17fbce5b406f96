"""Rules matched by the book, in Python: what HAProxy's answer is compared with. Shares no code with what is tested.

User guide, "Condition types for listener rules". And rule sets and requests made at random, of few letters so that
they meet.
"""

from __future__ import annotations

import ipaddress
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CLIENT = "127.0.0.1"
"""Where requests at a load balancer's socket come from."""
_LETTERS = "aaabbA/.+-("
_SEGMENTS = ("/", "/", "/.", "/..", ".", "a", "b", "A", "%61", "%2e", "%2E%2e", "%2f", "%3A", "%c3%a9", "%4", "%zz")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_METHODS = ("GET", "POST", "PUT", "get", "PURGE")
_HEADERS = ("X-Kind", "User-Agent")
_BLOCKS = ("127.0.0.0/8", "127.0.0.1/32", "10.0.0.0/8", "0.0.0.0/0", "128.0.0.0/1")


@dataclass(frozen=True)
class Request:
    """A request; `query` is None where there is no question mark."""

    method: str
    host: str
    path: str
    query: str | None
    headers: tuple[tuple[str, str], ...]

    @property
    def text(self) -> bytes:
        target = self.path if self.query is None else f"{self.path}?{self.query}"
        lines = [f"{self.method} {target} HTTP/1.1", f"Host: {self.host}", "Content-Length: 0"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in self.headers), "", ""]).encode()


def like(pattern: str, text: str) -> bool:
    """`*` is any number of characters and `?` one: which lengths of the text the pattern so far can stand for."""
    reached = {0}
    for letter in pattern:
        if letter == "*":
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(text) and letter in ("?", text[at])}
    return len(text) in reached


def normal(path: str) -> str:
    """By RFC 3986, 6.2.2: what rules look at."""
    if not re.search("%(?![0-9A-Fa-f]{2})", path):
        path = re.sub("%(..)", lambda found: _unescaped(found[1]), path)
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join([*kept, *([""] if segments[-1] in (".", "..") else [])])


def _unescaped(digits: str) -> str:
    letter = chr(int(digits, 16))
    return letter if letter in _UNRESERVED else f"%{digits.upper()}"


def holds(condition: Mapping[str, Any], request: Request) -> bool:
    """Whether one of a condition's values does."""
    match condition["Field"]:
        case "path-pattern":
            return any(like(value, normal(request.path)) for value in condition["PathPatternConfig"]["Values"])
        case "host-header":
            host = request.host.partition(":")[0].lower()
            return any(like(value.lower(), host) for value in condition["HostHeaderConfig"]["Values"])
        case "http-header":
            config = condition["HttpHeaderConfig"]
            name = config["HttpHeaderName"].lower()
            found = [value.lower() for header, value in request.headers if header.lower() == name]
            return any(like(value.lower(), one) for value in config["Values"] for one in found)
        case "query-string":
            pairs = [pair.lower().partition("=") for pair in (request.query or "").split("&") if "=" in pair]
            return any(
                like(value.get("Key", "*").lower(), key) and like(value["Value"].lower(), text)
                for value in condition["QueryStringConfig"]["Values"]
                for key, _, text in pairs
            )
        case "http-request-method":
            return request.method in condition["HttpRequestMethodConfig"]["Values"]
    client = ipaddress.ip_address(CLIENT)
    return any(client in ipaddress.ip_network(block) for block in condition["SourceIpConfig"]["Values"])


def chosen(rules: Sequence[tuple[int, Sequence[Mapping[str, Any]]]], request: Request) -> int:
    """The priority of the rule that a request goes by; 0 for the default rule."""
    for priority, conditions in sorted(rules, key=lambda rule: rule[0]):
        if all(holds(condition, request) for condition in conditions):
            return priority
    return 0


class Generator:
    """Rule sets and requests, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def rules(self) -> list[tuple[int, list[dict[str, Any]]]]:
        """Up to twelve rules."""
        priorities = self._chance.sample(range(1, 50000), self._chance.randint(1, 12))
        return [(priority, self._conditions()) for priority in priorities]

    def request(self) -> Request:
        chance = self._chance
        names = chance.choices(_HEADERS, k=chance.randrange(3))
        pairs = "&".join(f"{self._word(2)}={self._word(3)}" for _ in range(chance.randrange(3)))
        host = chance.choice(["a.test", "b.a.test", "A.Test", "x.test", "a.test:80"])
        return Request(
            chance.choice(_METHODS), host, self._asked(), chance.choice([None, pairs]),
            tuple((name, self._word(4, least=1)) for name in names),
        )  # fmt: skip

    def _asked(self) -> str:
        """A path, often one that is not normal."""
        if self._chance.random() < 0.6:
            return f"/{self._word(4)}"
        return "/" + "".join(self._chance.choices(_SEGMENTS, k=self._chance.randint(1, 5)))

    def _conditions(self) -> list[dict[str, Any]]:
        kinds = (self._path, self._host, self._header, self._query, self._method, self._source)
        return [make() for make in self._chance.sample(kinds, self._chance.choice([1, 1, 1, 2, 2, 3]))]

    def _path(self) -> dict[str, Any]:
        values = [self._chance.choice(["*", "/*", f"/{self._pattern()}", f"/{self._word(3)}"]) for _ in self._few()]
        return {"Field": "path-pattern", "PathPatternConfig": {"Values": values}}

    def _host(self) -> dict[str, Any]:
        hosts = ["a.test", "*.test", "A.TEST", "?.test", "*.a.test", "b*.test", "b.?.test"]
        return {"Field": "host-header", "HostHeaderConfig": {"Values": self._chance.sample(hosts, len(self._few()))}}

    def _header(self) -> dict[str, Any]:
        config = {"HttpHeaderName": self._chance.choice(_HEADERS), "Values": [self._pattern() for _ in self._few()]}
        return {"Field": "http-header", "HttpHeaderConfig": config}

    def _query(self) -> dict[str, Any]:
        values = [
            {"Value": self._pattern(), **({"Key": self._pattern()} if self._chance.random() < 0.5 else {})}
            for _ in self._few()
        ]
        return {"Field": "query-string", "QueryStringConfig": {"Values": values}}

    def _method(self) -> dict[str, Any]:
        values = self._chance.sample(("GET", "POST", "PURGE"), len(self._few()))
        return {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": values}}

    def _source(self) -> dict[str, Any]:
        return {"Field": "source-ip", "SourceIpConfig": {"Values": self._chance.sample(_BLOCKS, len(self._few()))}}

    def _few(self) -> range:
        return range(self._chance.choice([1, 1, 2]))

    def _word(self, most: int, least: int = 0) -> str:
        return "".join(self._chance.choices(_LETTERS, k=self._chance.randint(least, most)))

    def _pattern(self) -> str:
        return "".join(self._chance.choices(_LETTERS + "***??", k=self._chance.randint(1, 4)))

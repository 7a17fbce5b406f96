"""HAProxy's choice of a rule beside one made by the book; `python -m bench.malformed` asks ten times as much."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.aws.elbv2 import bare
from tests.aws.elbv2.bare import Bare
from tests.aws.elbv2.matcher import Generator, Request, chosen, like
from tests.aws.elbv2.place import fixed
from tests.haproxy.targets import read_answer

RULE_SETS, REQUESTS = 10, 50


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True), ("a*b", "ab", True), ("a*b", "axxb", True), ("a*b", "axxbc", False), ("?", "", False),
        ("a?c", "abc", True), ("a?c", "ac", False), ("*a*", "bab", True), ("a.c", "abc", False), ("**", "x", True),
    ],
)  # fmt: skip
def test_wildcards_by_the_book(pattern: str, text: str, expected: bool) -> None:
    assert like(pattern, text) is expected


async def compare(directory: Path, seed: int, rule_sets: int, requests: int) -> tuple[int, list[str]]:
    """How many requests went by a rule of their own, and those that went otherwise than by the book."""
    generator, matched, wrong = Generator(seed), 0, []
    bodies = {0: b"default"}
    place = await Bare(directory).start()
    try:
        for _ in range(rule_sets):
            rules = generator.rules()
            listed = [bare.rule(priority, held, fixed("200", str(priority))) for priority, held in rules]
            wanted = bare.balancer(bare.listener(*listed, bare.default(fixed("200", "default"))))
            await place.put(wanted)
            (entry,) = place.section(wanted).entries
            asked = [generator.request() for _ in range(requests)]
            for one, answer in zip(asked, await _answers(entry.socket, asked), strict=True):
                expected = chosen(rules, one)
                matched += expected > 0
                if answer != bodies.get(expected, str(expected).encode()):
                    wrong.append(f"{one}: {answer!r}, not {expected}, by {rules}")
    finally:
        await place.stop()
    return matched, wrong


async def _answers(socket: str, requests: list[Request]) -> list[bytes]:
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        found = []
        for one in requests:
            writer.write(one.text)
            found.append((await read_answer(reader)).body)
        return found
    finally:
        writer.close()


async def test_generated_requests_go_by_the_rule_that_the_book_says(tmp_path: Path) -> None:
    matched, wrong = await compare(tmp_path, 5, RULE_SETS, REQUESTS)
    assert not wrong, wrong[0]
    assert RULE_SETS * REQUESTS * 0.2 < matched < RULE_SETS * REQUESTS * 0.95

"""What a load balancer does with what no client should send, and whether it picks the rule that the book says; long.

    .venv/bin/python -m bench.malformed [--malformed 20000] [--requests 5000] [--seed 1]

The tests of the same names do a fraction of it in `make test`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.aws.elbv2.test_malformed import MOST_GROWTH, PARTS, Survived, survive
from tests.aws.elbv2.test_matcher import compare

REQUESTS_A_SET = 100
MOST_LEFT = 256 * 1024
"""Bytes of HAProxy's pools that hold something after a storm and did not before it, with no client at either time."""
_PATIENCE = 90.0
"""Seconds for HAProxy to let the last clients go: the gateway gives a client that says nothing 60."""


def main() -> None:
    """Runs both and prints what came of it; exits with 1 when anything was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--malformed", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        wrong = _rules(Path(directory) / "rules", wanted.seed, wanted.requests)
        wrong += _malformed(Path(directory) / "malformed", wanted.seed, wanted.malformed)
    sys.exit(int(wrong > 0))


def _rules(directory: Path, seed: int, requests: int) -> int:
    sets = max(requests // REQUESTS_A_SET, 1)
    matched, wrong = asyncio.run(compare(directory, seed, sets, REQUESTS_A_SET))
    asked = sets * REQUESTS_A_SET
    print(f"{asked:,} requests to {sets} rule sets: {matched:,} by a rule, {len(wrong)} otherwise than by the book")
    for one in wrong[:5]:
        print(f"    {one}")
    return len(wrong)


def _malformed(directory: Path, seed: int, count: int) -> int:
    began = time.monotonic()
    found = asyncio.run(survive(directory, seed, count, _PATIENCE))
    ended = ", ".join(f"{number:,} {status}" for status, number in found.ended.most_common())
    print(f"{count:,} malformed requests in {time.monotonic() - began:.0f} s: {ended}")
    print(f"at the target: {found.requests:,} whole requests, {len(found.faults)} that could be read in two ways")
    print("the same worker serves on, with no client left over")
    for one in found.faults[:5]:
        print(f"    {one}")
    return len(found.faults) + _memory(found)


def _memory(found: Survived) -> int:
    """How many limits were passed. A leak shows in the pools when no client is left, and in memory at equal clients."""
    parts = found.course[: PARTS + 1]
    print("resident MiB by tenths:  ", *(f"{one.memory / 2**20:5.1f}" for one in parts))
    print("most clients held so far:", *(f"{max(two.clients for two in parts[: n + 1]):5}" for n in range(len(parts))))
    print(f"memory in the second half: {found.growth / 2**20:+.1f} MiB (limit {MOST_GROWTH / 2**20:.0f})")
    left = found.course[-1].used - found.course[0].used
    print(f"in use by HAProxy once no client is left: {left / 1024:+.0f} KiB (limit {MOST_LEFT / 1024:.0f})")
    return (found.growth > MOST_GROWTH) + (left > MOST_LEFT)


if __name__ == "__main__":
    main()

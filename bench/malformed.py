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

from tests.aws.elbv2.test_malformed import MOST_GROWTH, survive
from tests.aws.elbv2.test_matcher import compare

REQUESTS_A_SET = 100
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
    print(f"memory in the second half: {found.growth / 2**20:+.1f} MiB (limit {MOST_GROWTH / 2**20:.0f})")
    for one in found.faults[:5]:
        print(f"    {one}")
    return len(found.faults) + (found.growth > MOST_GROWTH)


if __name__ == "__main__":
    main()

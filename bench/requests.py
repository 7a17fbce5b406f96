"""What the APIs do with 200,000 requests that no client should send, over all services and protocols; long.

    .venv/bin/python -m bench.requests [--requests 200000] [--seed 1]

`tests/frontdoor` does 10,000 of them in `make test`. A case is made anew by its seed and number.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.behaviours.cloud import running
from tests.frontdoor import operations
from tests.frontdoor.judge import LATEST
from tests.frontdoor.round import MOST_GROWTH, Round, play
from tests.frontdoor.watch import LIMIT


def main() -> None:
    """Prints what came of it; exits with 1 when a limit was passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, running(Path(directory) / "s", "--empty") as cloud:
        found = play(cloud, wanted.seed, wanted.requests, operations.lent())
    _print(found)
    sys.exit(int(bool(found.faults()) or found.growth > MOST_GROWTH))


def _print(found: Round) -> None:
    outcome, seen = found.outcome, found.seen
    answers = ", ".join(f"{number:,} {status}" for status, number in outcome.statuses.most_common())
    print(f"{outcome.count:,} malformed requests in {outcome.seconds:.0f} s: {answers}")
    print(f"{len(outcome.faults)} that won't do: a 500, unreadable, none, or later than {LATEST:.0f} s (limit 0)")
    print(f"{found.walked.count:,} well-formed ones before them, {len(found.walked.faults)} that won't do (limit 0)")
    print(f"others: {seen.asked:,} calls, the longest {seen.longest:.3f} s, {len(seen.late)} over {LIMIT} s (limit 0)")
    print(f"memory left behind: {found.growth / 2**20:+.1f} MiB (limit {MOST_GROWTH / 2**20:.0f})")
    print(f"tracebacks in the log: {found.tracebacks} (limit 0)")
    for one in found.faults()[:20]:
        print(f"    {one[:1_000]}")


if __name__ == "__main__":
    main()

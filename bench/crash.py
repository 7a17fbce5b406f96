"""SIGKILL at random moments, with random calls of all services: what was acknowledged and lost; long.

    .venv/bin/python -m bench.crash [--rounds 60] [--seed 1]

`make test` does 10 rounds of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.behaviours.cloud import running
from tests.crash.rounds import play


def main() -> None:
    """Prints what came of it; exits with 1 when anything was lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, running(Path(directory) / "s", "--empty") as cloud:
        found = play(cloud, wanted.seed, wanted.rounds)
    print(
        f"{found.rounds} kills among {found.calls:,} calls; {found.rows:,} rows and {found.answers:,} answers compared"
    )
    print(
        f"lost: {len(found.lost)} (limit 0); readers that did not answer after a restart: {len(found.unreadable)} (0)"
    )
    for one in (*found.lost, *found.unreadable)[:20]:
        print(f"    {one[:500]}")
    sys.exit(int(bool(found.lost or found.unreadable)))


if __name__ == "__main__":
    main()

"""Random calls that every claimed service accepts, restarts between: the region starts, and every reader answers; long.

    .venv/bin/python -m bench.mutations [--accepted 3000] [--restarts 10] [--seed 1] [--network namespaces]

The test of the same name does 200 of them in `make test`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.behaviours.cloud import running
from tests.mutations.storm import Storm


def main() -> None:
    """Prints what came of each restart; exits with 1 when anything could not be read."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accepted", type=int, default=3_000)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--network", default="auto")
    wanted = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="netflux-mutations-"))
    arguments = ("--empty", "--speed", "10", "--network", wanted.network)
    wrong = 0
    with running(directory / "state", *arguments) as cloud:
        storm = Storm(cloud, wanted.seed)
        for number in range(wanted.restarts):
            storm.blow(wanted.accepted // wanted.restarts)
            cloud.down()
            begun = time.monotonic()
            cloud.up()
            cloud.command("status")
            seconds = time.monotonic() - begun
            problems = storm.unreadable()
            wrong += len(problems)
            print(
                f"restart {number + 1}: {len(storm.sent)} accepted, up in {seconds:.1f} s, {len(problems)} unreadable"
            )
            for problem in problems:
                print(f"  {problem[:300]}")
    print(f"{len(storm.sent)} accepted of {storm.tried}, {len(storm.operations)} operations; {wrong} unreadable [0]")
    for failure in sorted({failure[:200] for failure in storm.failures}):
        print(f"  5xx on the way: {failure}")
    print(storm.replay(directory / "calls.jsonl"))
    sys.exit(int(wrong > 0))


if __name__ == "__main__":
    main()

"""Ten thousand pairs of interfaces of random VPCs: the verdict, real packets and `netflux reach` side by side.

`python -m bench.reachability [--pairs N] [--seed N]`; exits with 1 on a disagreement.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.network import packets
from tests.network.enclosed import REFUSED, enclosed

_PART = 1000
"""Pairs in one enclosure."""


def main() -> None:
    """Tries pairs in parts, each with a seed of its own, and prints what came of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    if REFUSED is not None:
        sys.exit(f"no network namespaces here: {REFUSED}. {REFUSED.setting}")
    began, total = time.monotonic(), packets.Tally()
    while total.pairs < wanted.pairs:
        number = wanted.seed + total.pairs
        part = enclosed(lambda number=number: packets.compare(min(_PART, wanted.pairs), number))  # type: ignore[misc]
        total.pairs += part.pairs
        total.worlds += part.worlds
        total.inward += part.inward
        total.outcomes += part.outcomes
        for said in part.disagreements:
            print(said)
        total.disagreements += part.disagreements
    seen = ", ".join(f"{count:,} {outcome}" for outcome, count in total.outcomes.most_common())
    print(
        f"{total.pairs:,} pairs in {total.worlds:,} VPC pairs, {sum(total.outcomes.values()):,} connections "
        f"({seen}; {total.inward:,} of these accepted from the internet) "
        f"in {time.monotonic() - began:.0f} s: {len(total.disagreements)} disagreements"
    )
    sys.exit(1 if total.disagreements else 0)


if __name__ == "__main__":
    main()

"""What rules say and what packets do, over random VPCs. Ten thousand pairs: `python -m bench.reachability`."""

from tests.network import packets
from tests.network.enclosed import enclosed, needs_namespaces

PAIRS = 400


@needs_namespaces
def test_verdict_packets_and_reach_agree_for_all_pairs_of_random_vpcs() -> None:
    tally = enclosed(lambda: packets.compare(PAIRS, 20261124))
    assert tally.disagreements == []
    assert tally.pairs >= PAIRS
    assert tally.inward > PAIRS / 20, "few packets from the internet arrive: the worlds are too closed to tell"
    assert min(tally.outcomes["accepted"], tally.outcomes["timed out"]) > PAIRS / 4, tally.outcomes

"""Whatever calls were accepted, the region starts again and every List and Describe call answers."""

from pathlib import Path

import pytest

from tests.behaviours.cloud import running
from tests.mutations.storm import Storm

ACCEPTED = 200
RESTARTS = 2


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_after_random_accepted_calls_the_region_starts_and_every_reader_answers(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--empty", "--speed", "10") as cloud:
        storm = Storm(cloud, seed=10)
        for _ in range(RESTARTS):
            storm.blow(ACCEPTED // RESTARTS)
            cloud.down()
            cloud.up()
            cloud.command("status")
            problems = storm.unreadable()
            assert not problems, (problems, storm.replay(tmp_path / "calls.jsonl"))

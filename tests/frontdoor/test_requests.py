"""Ten thousand malformed requests over all services and protocols: AWS's errors, in time, for everybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.behaviours.cloud import running
from tests.frontdoor.round import MOST_GROWTH, Round, others, play

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

COUNT = 10_000
SEED = 10


@pytest.fixture(scope="module")
def stormed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    state = tmp_path_factory.mktemp("frontdoor") / "state"
    with running(state, "--empty") as cloud:
        yield play(cloud, SEED, COUNT, others(SEED, 12))


def test_every_operation_of_every_served_service_is_answered_or_refused(stormed: Round) -> None:
    assert stormed.walked.count > 2_000
    assert not stormed.walked.faults, stormed.faults()[0]


def test_malformed_requests_are_refused_in_words_that_clients_read(stormed: Round) -> None:
    assert stormed.outcome.count == COUNT
    assert not stormed.outcome.faults, stormed.faults()[0]
    assert sum(stormed.outcome.statuses[status] for status in (400, 403, 404)) > COUNT / 3


def test_others_are_served_meanwhile_and_the_log_has_no_traceback(stormed: Round) -> None:
    assert stormed.seen.asked > 50
    assert not stormed.faults(), stormed.faults()[0]


def test_the_memory_comes_back(stormed: Round) -> None:
    assert stormed.growth <= MOST_GROWTH, f"{stormed.growth / 2**20:.1f} MiB are left behind"

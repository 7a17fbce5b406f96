"""Circuit breaker, back-off, health and placement as decisions."""

import pytest

from netflux.aws.ecs.decide import breaker, placement
from netflux.aws.ecs.decide.health import Health, HealthCheck, judge, of_task


@pytest.mark.parametrize(("desired", "threshold"), [(0, 3), (1, 3), (6, 3), (25, 13), (400, 200), (1000, 200)])
def test_the_threshold_is_half_of_desired_within_bounds(desired: int, threshold: int) -> None:
    assert breaker.Breaker(enabled=True).threshold(desired) == threshold


def test_the_threshold_can_be_a_count_or_an_unbounded_share() -> None:
    assert breaker.Breaker(kind="COUNT", value=5).threshold(100) == 5
    assert breaker.Breaker(kind="UNBOUNDED_PERCENT", value=50).threshold(1000) == 500


def test_a_breaker_that_is_off_never_trips() -> None:
    assert not breaker.read({}).trips(1000, 1)
    on = breaker.read({"deploymentCircuitBreaker": {"enable": True, "rollback": False}})
    assert not on.trips(2, 1)
    assert on.trips(3, 1)


def test_back_off_grows_to_27_minutes() -> None:
    waits = [breaker.wait_after_failed_starts(failures) for failures in range(40)]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert waits[-1] == 27 * 60


def test_a_single_exit_is_replaced_at_once_and_a_crash_loop_is_paced() -> None:
    assert breaker.pause_after_short_runs(1) == 0
    assert 0 < breaker.pause_after_short_runs(2) < breaker.pause_after_short_runs(20) == 10


def test_tasks_are_spread_over_subnets() -> None:
    assert placement.choose(["a", "b"], [], 3) == ["a", "b", "a"]
    assert placement.choose(["a", "b"], ["a"], 1) == ["b"]
    assert placement.choose(["a", "b"], ["gone", "gone"], 1) == ["a"]
    zones = {"a": "1a", "b": "1a", "c": "1b"}
    assert placement.choose(["a", "b", "c"], ["a"], 3, zones) == ["c", "b", "c"]


def test_a_container_is_unhealthy_after_its_retries_and_healthy_at_once() -> None:
    check = HealthCheck(("CMD", "true"), retries=2)
    one = judge(check, Health(), passed=False, age=5)
    assert (one.status, one.failures) == ("UNKNOWN", 1)
    two = judge(check, one, passed=False, age=10)
    assert two.status == "UNHEALTHY"
    assert judge(check, two, passed=True, age=15) == Health("HEALTHY", 0)


def test_failures_in_the_start_period_do_not_count_until_a_success() -> None:
    check = HealthCheck(("CMD", "true"), retries=1, start_period=60)
    assert judge(check, Health(), passed=False, age=59) == Health()
    assert judge(check, Health(), passed=False, age=60).status == "UNHEALTHY"
    assert judge(check, Health("HEALTHY"), passed=False, age=30).status == "UNHEALTHY"


@pytest.mark.parametrize(
    ("containers", "task"),
    [
        ([None], "UNKNOWN"),
        (["HEALTHY", None], "HEALTHY"),
        (["HEALTHY", "UNKNOWN"], "UNKNOWN"),
        (["UNKNOWN", "UNHEALTHY"], "UNHEALTHY"),
    ],
)
def test_a_task_is_as_healthy_as_its_essential_containers(containers: list[str | None], task: str) -> None:
    assert of_task(containers) == task


def test_cmd_shell_runs_in_a_shell() -> None:
    assert HealthCheck(("CMD-SHELL", "exit 0")).argv == ["/bin/sh", "-c", "exit 0"]
    assert HealthCheck(("CMD", "curl", "x")).argv == ["curl", "x"]

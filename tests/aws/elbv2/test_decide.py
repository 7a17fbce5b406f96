"""Health and routing, decided from observations alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.elbv2.target import decide
from netflux.aws.elbv2.target.decide import CHECKING, DRAINING, REGISTERED, Health, Outcome, Target, Thresholds

THRESHOLDS = Thresholds(healthy=3, unhealthy=2, matcher="200,204-206")
PASS, SILENCE, REFUSED, WRONG = Outcome("answer", 200), Outcome("timeout"), Outcome("failed"), Outcome("answer", 500)


def after(*outcomes: Outcome, start: Health = REGISTERED) -> Health:
    health = start
    for outcome in outcomes:
        health = decide.observed(health, outcome, THRESHOLDS)
    return health


def test_one_pass_makes_a_new_target_healthy() -> None:
    assert after(PASS).state == "healthy"
    assert after(WRONG, PASS).state == "healthy"
    assert after(PASS).reason == ""


def test_a_new_target_that_fails_is_checked_on_until_the_threshold() -> None:
    once = after(REFUSED)
    assert (once.state, once.reason, once.description) == (CHECKING.state, CHECKING.reason, CHECKING.description)
    assert after(REFUSED, REFUSED).state == "unhealthy"


@pytest.mark.parametrize(
    ("outcome", "reason", "description"),
    [
        (WRONG, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"),
        (SILENCE, "Target.Timeout", "Request timed out"),
        (REFUSED, "Target.FailedHealthChecks", "Health checks failed"),
    ],
)
def test_the_last_failure_gives_the_reason(outcome: Outcome, reason: str, description: str) -> None:
    health = after(PASS, REFUSED if outcome != REFUSED else WRONG, outcome)
    assert (health.state, health.reason, health.description) == ("unhealthy", reason, description)


def test_a_single_failure_between_passes_changes_nothing() -> None:
    assert after(PASS, WRONG, PASS, WRONG, PASS, WRONG).state == "healthy"


def test_an_unhealthy_target_needs_the_healthy_threshold_in_a_row() -> None:
    down = after(PASS, WRONG, WRONG)
    assert after(PASS, PASS, start=down).state == "unhealthy"
    assert after(PASS, PASS, WRONG, PASS, PASS, start=down).state == "unhealthy"
    assert after(PASS, PASS, PASS, start=down).state == "healthy"


@given(st.lists(st.sampled_from([SILENCE, REFUSED, WRONG])))
def test_nothing_is_healthy_that_never_passed(outcomes: list[Outcome]) -> None:
    assert after(*outcomes).state in ("initial", "unhealthy")


def test_matchers() -> None:
    assert [code for code in (199, 200, 203, 204, 206, 207) if decide.matches("200,204-206", code)] == [200, 204, 206]


HEALTHY, UNHEALTHY = Health("healthy"), Health("unhealthy")
TARGETS = [Target(f"10.0.0.{number}", 80) for number in range(4)]


def states(*found: Health, minimum: int = 1) -> list[str]:
    return [state for _, state in decide.routing(list(zip(TARGETS, found, strict=False)), minimum)]


def test_only_healthy_targets_get_requests() -> None:
    assert states(HEALTHY, UNHEALTHY, REGISTERED, DRAINING) == ["ready", "maint", "maint", "maint"]


def test_with_no_healthy_target_all_registered_ones_get_requests() -> None:
    assert states(UNHEALTHY, REGISTERED, DRAINING) == ["ready", "ready", "maint"]


@given(st.integers(1, 50), st.integers(1, 100), st.integers(0, 200))
def test_a_share_of_healthy_targets_is_too_small_exactly_when_it_is_below_the_percentage(
    count: int, percentage: int, registered: int
) -> None:
    name = "target_group_health.unhealthy_state_routing.minimum_healthy_targets"
    least = decide.minimum({f"{name}.count": str(count), f"{name}.percentage": str(percentage)}, registered)
    for healthy in range(registered + 1):
        assert (healthy < least) == (healthy < count or 100 * healthy < percentage * registered)
    assert decide.minimum({f"{name}.count": str(count), f"{name}.percentage": "off"}, registered) == count


def test_below_the_minimum_of_healthy_targets_all_registered_ones_get_requests() -> None:
    assert states(HEALTHY, UNHEALTHY, UNHEALTHY, minimum=2) == ["ready", "ready", "ready"]
    assert states(HEALTHY, HEALTHY, UNHEALTHY, minimum=2) == ["ready", "ready", "maint"]


def test_draining_targets_never_get_new_requests() -> None:
    assert states(DRAINING, DRAINING) == ["maint", "maint"]

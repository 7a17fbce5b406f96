"""Statuses and steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from netflux.aws.rds.decide import Step, next_step, status
from netflux.aws.rds.instance import Actual
from netflux.resources.rds import Instance


def instance(**changes: Any) -> Instance:
    given: dict[str, Any] = {name: "" for name in Instance.__annotations__ if name not in _DEFAULTED}
    return Instance(**{**given, "port": 5432, "groups": [], "settings": {}, **changes})


_DEFAULTED = (
    "run", "prepared", "verifier", "secret", "secret_arn", "secret_key", "secret_new", "reboots", "rebooted",
    "pending", "tags", "parameter_group", "option_group", "restored", "final",
)  # fmt: skip
UP = Actual(attached=True, initialised=True, running=True, accepting=True)
STARTING = Actual(attached=True, initialised=True, running=True, starting=True)


@pytest.mark.parametrize(
    ("desired", "actual", "expected"),
    [
        ({}, Actual(), "creating"),
        ({}, Actual(failures=3), "failed"),
        ({"prepared": True}, Actual(), "starting"),
        ({"prepared": True}, STARTING, "starting"),
        ({"prepared": True}, UP, "available"),
        ({"prepared": True}, replace(UP, full=True), "storage-full"),
        ({"prepared": True}, Actual(failures=3, full=True), "storage-full"),
        ({}, Actual(failures=3, full=True), "failed"),
        ({"prepared": True, "verifier": "x"}, UP, "resetting-master-credentials"),
        ({"prepared": True, "secret_new": True}, UP, "resetting-master-credentials"),
        ({"prepared": True, "reboots": 1}, UP, "rebooting"),
        ({"prepared": True, "reboots": 1}, Actual(), "rebooting"),
        ({"prepared": True, "run": "stopped"}, UP, "stopping"),
        ({"prepared": True, "run": "stopped"}, Actual(), "stopped"),
        ({"prepared": True, "run": "deleted"}, UP, "deleting"),
        ({"prepared": True}, Actual(failures=3), "failed"),
        ({"prepared": True}, replace(UP, owes=True), "backing-up"),
        ({"prepared": True, "verifier": "x"}, replace(UP, owes=True), "resetting-master-credentials"),
    ],
)
def test_the_status_follows_from_what_was_observed(desired: dict[str, Any], actual: Actual, expected: str) -> None:
    assert status(instance(**desired), actual) == expected


@pytest.mark.parametrize(
    ("desired", "actual", "expected"),
    [
        ({}, Actual(), Step.ATTACH),
        ({}, Actual(attached=True), Step.INITIALISE),
        ({}, Actual(attached=True, initialised=True), Step.START),
        ({}, STARTING, Step.ADMIT),
        ({"prepared": True}, UP, Step.WATCH),
        ({"prepared": True, "verifier": "x"}, UP, Step.ADMIT),
        ({"prepared": True, "reboots": 1}, UP, Step.STOP),
        ({"prepared": True, "run": "stopped"}, UP, Step.STOP),
        ({"prepared": True, "run": "stopped"}, Actual(attached=True), Step.REST),
        ({"run": "deleted"}, UP, Step.STOP),
        ({"run": "deleted"}, Actual(), Step.REMOVE),
        ({"prepared": True}, replace(UP, owes=True), Step.SNAPSHOT),
        ({"prepared": True}, replace(STARTING, owes=True), Step.ADMIT),
        ({"prepared": True, "run": "stopped"}, replace(UP, owes=True), Step.SNAPSHOT),
        ({"prepared": True, "run": "deleted"}, replace(UP, owes=True), Step.STOP),
        ({"prepared": True, "run": "deleted"}, Actual(owes=True), Step.SNAPSHOT),
    ],
)
def test_each_state_has_one_next_step(desired: dict[str, Any], actual: Actual, expected: Step) -> None:
    assert next_step(instance(**desired), actual) is expected

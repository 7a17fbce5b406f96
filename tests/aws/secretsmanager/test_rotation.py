"""Rotation: four calls of a function, begun on request or by a schedule, tried again when one fails."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from netflux import names
from netflux.aws.secretsmanager.rotating import STEPS, SecretRotationController
from netflux.errors import AwsError
from netflux.resources.awslambda.qualified import PERMISSION, Permission
from tests.aws.secretsmanager.conftest import Manager

FUNCTION = f"arn:aws:lambda:{names.REGION}:{names.ACCOUNT}:function:rotate"
_DAILY = {"RotationLambdaARN": FUNCTION, "RotationRules": {"AutomaticallyAfterDays": 1, "Duration": "3h"}}


@dataclass
class _Answer:
    payload: bytes = b"null"
    error: str = ""


@dataclass
class Function:
    """Rotates as AWS's templates do; it fails at the steps that a test names."""

    manager: Manager
    broken: set[str] = field(default_factory=set)
    steps: list[str] = field(default_factory=list)

    async def __call__(self, arn: str, payload: bytes) -> _Answer:
        event: dict[str, Any] = json.loads(payload)
        assert arn == FUNCTION
        step, secret, token = event["Step"], event["SecretId"], event["ClientRequestToken"]
        self.steps.append(step)
        if step in self.broken:
            return _Answer(b'{"errorMessage": "no"}', "Unhandled")
        stages = await self.manager.stages(secret)
        assert stages[token] == ["AWSPENDING"]
        if step == "createSecret" and self.steps.count(step) == 1:
            with pytest.raises(AwsError, match="ResourceNotFoundException"):
                await self.manager("GetSecretValue", SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
        if step == "createSecret" and not await self._has_value(secret, token):
            put = {"SecretString": f"new-{token}", "VersionStages": ["AWSPENDING"]}
            await self.manager("PutSecretValue", SecretId=secret, ClientRequestToken=token, **put)
        if step == "finishSecret":
            current = next(version for version, labels in stages.items() if "AWSCURRENT" in labels)
            await self.manager(
                "UpdateSecretVersionStage", SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token,
                RemoveFromVersionId=current,
            )  # fmt: skip
        return _Answer()

    async def _has_value(self, secret: str, token: str) -> bool:
        try:
            await self.manager("GetSecretValue", SecretId=secret, VersionId=token)
        except AwsError:
            return False
        return True


@pytest.fixture
async def function(manager: Manager) -> Function:
    statement = {
        "Sid": "s", "Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": FUNCTION,
    }  # fmt: skip
    with manager.plane.documents.transaction():
        manager.plane.documents.table(PERMISSION).put(Permission("rotate", "", "s", json.dumps(statement)))
    await manager("CreateSecret", Name="db", SecretString="old")
    return Function(manager)


async def _pass(manager: Manager, function: Function) -> None:
    controller = SecretRotationController(manager.plane.documents, manager.clock, function)
    for key in await controller.keys():
        await controller.reconcile(key)


async def test_a_secret_is_rotated_at_once_and_then_by_its_schedule(manager: Manager, function: Function) -> None:
    begun = await manager("RotateSecret", SecretId="db", **_DAILY)
    assert (await manager.stages("db"))[begun["VersionId"]] == ["AWSPENDING"]
    with pytest.raises(AwsError, match="A previous rotation isn't complete"):
        await manager("RotateSecret", SecretId="db")
    await _pass(manager, function)
    assert function.steps == [*STEPS]
    assert (await manager("GetSecretValue", SecretId="db"))["SecretString"] == f"new-{begun['VersionId']}"
    assert (await manager.stages("db"))[begun["VersionId"]] == ["AWSCURRENT"]
    told = await manager("DescribeSecret", SecretId="db")
    assert (told["RotationEnabled"], told["RotationLambdaARN"]) == (True, FUNCTION)
    assert told["RotationRules"] == _DAILY["RotationRules"]
    assert (told["NextRotationDate"] - told["LastRotatedDate"]).total_seconds() == 86400
    await _pass(manager, function)
    assert len(function.steps) == 4
    manager.clock.pass_by(days=1)
    await _pass(manager, function)
    assert function.steps == [*STEPS, *STEPS]
    await manager("CancelRotateSecret", SecretId="db")
    manager.clock.pass_by(days=3)
    await _pass(manager, function)
    assert len(function.steps) == 8
    assert (await manager("DescribeSecret", SecretId="db"))["RotationEnabled"] is False


async def test_a_step_that_fails_is_tried_again_from_the_first_one(manager: Manager, function: Function) -> None:
    function.broken.add("setSecret")
    await manager("RotateSecret", SecretId="db", RotationLambdaARN=FUNCTION)
    await _pass(manager, function)
    await _pass(manager, function)
    assert function.steps == ["createSecret", "setSecret"]
    assert (await manager("GetSecretValue", SecretId="db"))["SecretString"] == "old"
    function.broken.clear()
    manager.clock.pass_by(minutes=1)
    await _pass(manager, function)
    assert function.steps[2:] == [*STEPS]
    assert (await manager("GetSecretValue", SecretId="db"))["SecretString"].startswith("new-")


async def test_a_schedule_alone_is_tested_and_nothing_is_rotated(manager: Manager, function: Function) -> None:
    await manager("RotateSecret", SecretId="db", RotateImmediately=False, **_DAILY)
    await _pass(manager, function)
    assert function.steps == ["testSecret"]
    assert (await manager("GetSecretValue", SecretId="db"))["SecretString"] == "old"
    assert [*(await manager.stages("db")).values()] == [["AWSCURRENT"]]


@pytest.mark.parametrize(
    "rules",
    [
        {"AutomaticallyAfterDays": 1001}, {"ScheduleExpression": "rate(1 hour)"}, {"ScheduleExpression": "at(x)"},
        {"ScheduleExpression": "cron(0 8 1 * ? *)", "AutomaticallyAfterDays": 3}, {"Duration": "3"},
    ],
)  # fmt: skip
async def test_rules_that_secrets_manager_does_not_take_are_refused(
    manager: Manager, function: Function, rules: dict[str, Any]
) -> None:
    assert function.steps == []
    with pytest.raises(AwsError, match=r"InvalidParameterException|ValidationException"):
        await manager("RotateSecret", SecretId="db", RotationLambdaARN=FUNCTION, RotationRules=rules)

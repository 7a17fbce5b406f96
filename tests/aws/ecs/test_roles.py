"""What tasks' roles may do, decided by their policies: a real task, real processes, a role in the tables."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.errors import AwsError
from netflux.resources.iam.identity import ROLE, Role
from tests.aws.ecs.test_tasks import reach, run
from tests.aws.ecs.world import World, until

EXECUTION = f"arn:aws:iam::{names.ACCOUNT}:role/ecsTaskExecutionRole"
HOST = f"{names.ACCOUNT}.dkr.ecr.{names.REGION}.amazonaws.com"
SESSION = f"arn:aws:sts::{names.ACCOUNT}:assumed-role/ecsTaskExecutionRole"
PULL = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
LOG = ["logs:CreateLogStream", "logs:PutLogEvents"]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path, decides=True)
    await made.start()
    await made.vpc()
    yield made
    await made.stop()


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [*actions], "Resource": resource, **more}


def trust(service: str = "ecs-tasks.amazonaws.com", **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def give(world: World, statements: Sequence[dict[str, Any]], trusted: str = "", arn: str = EXECUTION) -> None:
    """Makes the role with one inline policy, or gives it these statements."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [*statements]})
    name = arn.rpartition("/")[2]
    inline = {"app": document} if statements else {}
    world.documents.table(ROLE).put(
        Role(f"AROA{name.upper()}", name, "/", arn, datetime.now(UTC), trusted or trust(), inline=inline)
    )


async def secret(world: World, name: str = "/prod/db") -> str:
    given = {"Name": name, "SecretString": "s3cret"}
    return str((await world.apis.call("secretsmanager", "CreateSecret", given))["ARN"])


async def stopped(world: World) -> dict[str, Any]:
    return await reach(world, await run(world), "STOPPED")


async def test_a_role_with_all_of_it_runs_the_task(world: World) -> None:
    arn = await secret(world)
    give(world, [allow(*PULL, *LOG), allow("secretsmanager:GetSecretValue", resource=arn)])
    await world.define(container={"secrets": [{"name": "PASSWORD", "valueFrom": arn}]})
    task = await reach(world, await run(world), "RUNNING")
    await until(lambda: world.lines(task))


async def test_a_secret_that_the_role_may_not_read_fails_the_task_in_aws_words(world: World) -> None:
    arn = await secret(world)
    give(world, [allow(*PULL, *LOG)])
    await world.define(container={"secrets": [{"name": "PASSWORD", "valueFrom": arn}]})
    done = await stopped(world)
    assert done["stopCode"] == "TaskFailedToStart"
    assert done["stoppedReason"] == (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
        f"unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret {arn} "
        f"from secrets manager: AccessDeniedException: User: {SESSION}/{done['taskArn'].rpartition('/')[2]} is not "
        f"authorized to perform: secretsmanager:GetSecretValue on resource: {arn} because no identity-based policy "
        "allows the secretsmanager:GetSecretValue action"
    )


async def test_a_policy_for_another_secret_does_not_help(world: World) -> None:
    arn, other = await secret(world), await secret(world, "/prod/other")
    give(world, [allow(*PULL, *LOG), allow("secretsmanager:GetSecretValue", resource=other)])
    await world.define(container={"secrets": [{"name": "PASSWORD", "valueFrom": f"{arn}:::"}]})
    assert "because no identity-based policy allows" in (await stopped(world))["stoppedReason"]


async def test_a_secret_s_own_policy_lets_the_role_read_it(world: World) -> None:
    arn = await secret(world)
    give(world, [allow(*PULL, *LOG)])
    allowed = allow("secretsmanager:GetSecretValue", Principal={"AWS": EXECUTION})
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    await world.apis.call("secretsmanager", "PutResourcePolicy", {"SecretId": arn, "ResourcePolicy": policy})
    await world.define(container={"secrets": [{"name": "PASSWORD", "valueFrom": arn}]})
    await reach(world, await run(world), "RUNNING")


async def test_an_explicit_deny_is_told_as_one(world: World) -> None:
    arn = await secret(world)
    deny = allow("secretsmanager:*") | {"Effect": "Deny"}
    give(world, [allow("*"), deny])
    await world.define(container={"secrets": [{"name": "PASSWORD", "valueFrom": arn}]})
    assert (await stopped(world))["stoppedReason"].endswith("with an explicit deny in an identity-based policy")


async def test_a_parameter_that_the_role_may_not_read(world: World) -> None:
    await world.apis.call("ssm", "PutParameter", {"Name": "/prod/flag", "Value": "on", "Type": "String"})
    give(world, [allow(*PULL, *LOG)])
    await world.define(container={"secrets": [{"name": "FLAG", "valueFrom": "/prod/flag"}]})
    reason = (await stopped(world))["stoppedReason"]
    assert "unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDenied" in reason
    assert f"ssm:GetParameters on resource: arn:aws:ssm:{names.REGION}:{names.ACCOUNT}:parameter/prod/flag " in reason


async def test_a_log_stream_that_the_role_may_not_make(world: World) -> None:
    give(world, [allow(*PULL)])
    await world.define()
    reason = (await stopped(world))["stoppedReason"]
    assert reason.startswith("ResourceInitializationError: failed to validate logger args: create stream has been")
    assert "is not authorized to perform: logs:CreateLogStream on resource: arn:aws:logs:" in reason
    assert ":log-group:/ecs/movies:log-stream:ecs/web/" in reason


async def test_a_log_group_that_the_role_may_not_make(world: World) -> None:
    give(world, [allow(*PULL, *LOG)])
    options = {
        "awslogs-group": "/new", "awslogs-region": names.REGION, "awslogs-stream-prefix": "e",
        "awslogs-create-group": "true",
    }  # fmt: skip
    await world.define(container={"logConfiguration": {"logDriver": "awslogs", "options": options}})
    reason = (await stopped(world))["stoppedReason"]
    assert "failed to create Cloudwatch log group: AccessDeniedException" in reason
    assert "logs:CreateLogGroup on resource: arn:aws:logs:" in reason


async def test_a_registry_that_the_role_may_not_log_in_to(world: World) -> None:
    give(world, [allow(*PULL[1:], *LOG)])
    await world.define()
    reason = (await stopped(world))["stoppedReason"]
    assert "unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDenied" in reason
    assert "is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity" in reason


async def test_an_image_that_the_role_may_not_get(world: World) -> None:
    give(
        world, [allow(PULL[0], *LOG), allow(*PULL, resource=f"arn:aws:ecr:{names.REGION}:{names.ACCOUNT}:repository/a")]
    )
    await world.define()
    assert (await stopped(world))["stoppedReason"] == (
        f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
        f"{HOST}/movies:latest: pulling from host {HOST} failed with status code [manifests latest]: 403 Forbidden"
    )


async def test_layers_that_the_role_may_not_get(world: World) -> None:
    give(world, [allow(*PULL[:2], *LOG)])
    await world.define()
    reason = (await stopped(world))["stoppedReason"]
    assert f"unexpected status from HEAD request to https://{HOST}/v2/movies/blobs/sha256:" in reason
    assert reason.endswith(": 403 Forbidden")


@pytest.mark.parametrize(
    "trusted",
    [
        trust("ec2.amazonaws.com"),
        trust(Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}),
        trust(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:*:*"}}),
    ],
)
async def test_a_role_that_does_not_trust_ecs_launches_nothing(world: World, trusted: str) -> None:
    give(world, [allow("*")], trusted)
    await world.define()
    with pytest.raises(AwsError, match=r"ECS was unable to assume the role .* Please verify that the role") as refused:
        await run(world)
    assert refused.value.code == "ClientException"


async def test_a_role_that_trusts_ecs_for_this_account_launches(world: World) -> None:
    condition = {
        "StringEquals": {"aws:SourceAccount": names.ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{names.REGION}:{names.ACCOUNT}:*"},
    }
    give(world, [allow("*")], trust(Condition=condition))
    await world.define()
    await reach(world, await run(world), "RUNNING")


async def test_a_role_that_is_not_there_launches_nothing(world: World) -> None:
    give(world, [allow("*")])
    await world.define(taskRoleArn=f"arn:aws:iam::{names.ACCOUNT}:role/absent")
    with pytest.raises(AwsError, match=r"unable to assume the role .*/absent"):
        await run(world)


async def test_a_service_says_what_its_tasks_lack_and_begins_when_they_have_it(world: World) -> None:
    arn = await secret(world)
    give(world, [allow(*PULL, *LOG)])
    await world.define(container={"secrets": [{"name": "PASSWORD", "valueFrom": arn}]})
    await world.serve(desiredCount=1)

    async def told() -> bool:
        events = [event["message"] for event in (await world.service())["events"]]
        return any("was unable to place a task. Reason: ResourceInit" in text and arn in text for text in events)

    await until(told)
    give(world, [allow("*")])
    await world.running(1)


async def test_a_service_tells_of_a_role_that_can_not_be_assumed_and_trips_its_breaker(world: World) -> None:
    give(world, [allow("*")], trust("ec2.amazonaws.com"))
    await world.define()
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    await world.serve(desiredCount=1, deploymentConfiguration=breaker)

    async def failed() -> bool:
        return bool((await world.service())["deployments"][0]["rolloutState"] == "FAILED")

    await until(failed, 60.0)
    events = [event["message"] for event in (await world.service())["events"]]
    assert any("(service movies) failed to launch a task with (error ECS was unable to assume" in one for one in events)
    assert not await world.tasks("STOPPED")


async def test_a_refusal_is_remembered_with_what_decided(world: World) -> None:
    give(world, [allow(*PULL)])
    await world.define()
    await stopped(world)
    denial = next(iter(world.authority.denials))
    assert (denial.service, denial.operation) == ("logs", "CreateLogStream")
    assert denial.verdict.request.principal.name.startswith(SESSION)

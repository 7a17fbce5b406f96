"""Rows of ECS about what a task gets from elsewhere: images, secrets, credentials, metadata, logs."""

import base64
import json

import pytest

from netflux import names
from netflux.aws.ecs.secret import parse
from netflux.errors import AwsError
from tests.aws.ecs.test_tasks import reach, run
from tests.aws.ecs.world import World
from tests.behaviours.bodies import TRUST
from tests.parity.rows import parity

PRINT = "import json, os; print(json.dumps(dict(os.environ)), flush=True)"
HOLD = "import time; time.sleep(600)"


async def environment(world: World, **changes: object) -> dict:
    await world.define(**changes)
    done = await reach(world, await run(world), "STOPPED")
    return dict(json.loads((await world.lines(done))[0]))


@parity("ecs", "Images", "supported")
async def test_images(world: World) -> None:
    """A deployment resolves its tags once; another deployment resolves anew."""
    first = await world.push(HOLD)
    await world.define()
    await world.serve(desiredCount=1)
    await world.running(1)
    second = await world.push("import time; time.sleep(601)")
    assert first != second
    await world.update(desiredCount=2)
    assert {task["containers"][0]["imageDigest"] for task in await world.running(2)} == {first}
    await world.stable()
    await world.update(forceNewDeployment=True)
    await world.stable()
    assert {task["containers"][0]["imageDigest"] for task in await world.running(2)} == {second}


@parity("ecs", "Secrets", "supported")
async def test_secrets(world: World) -> None:
    made = await world.apis.call(
        "secretsmanager", "CreateSecret", {"Name": "db", "SecretString": '{"username": "one"}'}
    )
    arn, old = made["ARN"], made["VersionId"]
    await world.apis.call("secretsmanager", "PutSecretValue", {"SecretId": arn, "SecretString": '{"username": "two"}'})
    await world.apis.call("ssm", "PutParameter", {"Name": "/flag", "Value": "on", "Type": "SecureString"})
    await world.push(PRINT)
    wanted = {
        "WHOLE": arn, "KEY": f"{arn}:username::", "STAGE": f"{arn}:username:AWSPREVIOUS:",
        "VERSION": f"{arn}:username::{old}", "ANY": f"{arn}:::{old}", "FLAG": "/flag",
        "BY_ARN": f"arn:aws:ssm:{names.REGION}:{names.ACCOUNT}:parameter/flag",
    }  # fmt: skip
    seen = await environment(
        world, container={"secrets": [{"name": name, "valueFrom": value} for name, value in wanted.items()]}
    )
    assert {name: seen[name] for name in wanted} == {
        "WHOLE": '{"username": "two"}', "KEY": "two", "STAGE": "one", "VERSION": "one", "ANY": '{"username": "one"}',
        "FLAG": "on", "BY_ARN": "on",
    }  # fmt: skip
    with pytest.raises(ValueError, match="can't be given together"):
        parse(f"{arn}:username:AWSCURRENT:{old}")


@parity(
    "ecs", "Credentials", "partly",
    but="`loopback` has no 169.254.170.2: AWS_CONTAINER_CREDENTIALS_FULL_URI names a port of 127.0.0.1",
)  # fmt: skip
async def test_credentials(world: World) -> None:
    await world.push(PRINT)
    without = await environment(world)
    assert not [name for name in without if name.startswith("AWS_CONTAINER_CREDENTIALS")]
    assert (without["AWS_EXECUTION_ENV"], without["AWS_REGION"]) == ("AWS_ECS_FARGATE", names.REGION)
    params = {"RoleName": "app", "AssumeRolePolicyDocument": TRUST}
    role = (await world.apis.call("iam", "CreateRole", params))["Role"]["Arn"]
    await world.push(
        "import os, urllib.request as u\n"
        "print(u.urlopen(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI']).read().decode())"
    )
    found = await environment(world, taskRoleArn=role)
    assert found.keys() == {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
    assert found["RoleArn"] == role


@parity(
    "ecs", "Metadata v4", "partly",
    but="no EphemeralStorageMetrics, since no disk is set aside for a task; ClockDrift is the machine's own, without "
    "ReferenceTimestamp; stats hold memory, CPU, processes and network; under `loopback` no network figures, name "
    "servers and SubnetGatewayIpv4Address, since a task has no interface of its own",
)  # fmt: skip
async def test_metadata(world: World) -> None:
    await world.push(
        "import json, os, urllib.request as u\n"
        "at = os.environ['ECS_CONTAINER_METADATA_URI_V4']\n"
        "print(json.dumps([json.load(u.urlopen(at + path)) for path in ('', '/task', '/stats', '/task/stats')]))"
    )
    arn = await world.define(container={"memory": 256})
    done = await reach(world, await run(world), "STOPPED")
    container, task, stats, all_stats = json.loads((await world.lines(done))[0])
    assert task.keys() >= {
        "Cluster", "TaskARN", "Family", "Revision", "DesiredStatus", "KnownStatus", "Limits", "PullStartedAt",
        "PullStoppedAt", "AvailabilityZone", "LaunchType", "Containers",
    }  # fmt: skip
    assert task["Revision"] == arn.rpartition(":")[2]
    assert "VPCID" not in task
    assert "ServiceName" not in task
    assert task["ClockDrift"]["ClockSynchronizationStatus"] in ("SYNCHRONIZED", "NOT_SYNCHRONIZED")
    assert container.keys() >= {
        "DockerId", "Name", "DockerName", "Image", "ImageID", "Labels", "DesiredStatus", "KnownStatus", "Limits",
        "CreatedAt", "StartedAt", "Type", "LogDriver", "LogOptions", "ContainerARN", "Networks",
    }  # fmt: skip
    assert container["Limits"]["Memory"] == 256
    assert len(container["DockerId"]) == 42
    assert container["LogOptions"]["awslogs-stream"] == f"ecs/web/{done['taskArn'].rpartition('/')[2]}"
    labels = {name.removeprefix("com.amazonaws.ecs.") for name in container["Labels"]}
    assert labels == {"cluster", "container-name", "task-arn", "task-definition-family", "task-definition-version"}
    (network,) = container["Networks"]
    assert network["IPv4SubnetCIDRBlock"] == "10.0.3.0/24"
    assert stats["memory_stats"]["usage"] > 0
    assert stats["memory_stats"]["limit"] == 256 * 1024 * 1024
    assert stats["cpu_stats"]["system_cpu_usage"] > stats["cpu_stats"]["cpu_usage"]["total_usage"] > 0
    (again,) = all_stats.values()
    assert (again["preread"], again["precpu_stats"]) == (stats["read"], stats["cpu_stats"])
    assert all_stats.keys() == {container["DockerId"]}


@parity("ecs", "awslogs", "supported")
async def test_awslogs(world: World) -> None:
    await world.push("import sys; print('out', flush=True); print('err', file=sys.stderr, flush=True)")
    await world.define()
    done = await reach(world, await run(world), "STOPPED")
    assert await world.lines(done) == ["out", "err"]
    options = {"awslogs-group": "/absent", "awslogs-region": names.REGION, "awslogs-stream-prefix": "ecs"}
    await world.define(container={"logConfiguration": {"logDriver": "awslogs", "options": options}})
    failed = await reach(world, await run(world), "STOPPED")
    assert failed["stoppedReason"].startswith("ResourceInitializationError: ")
    for missing in options:
        less = {name: value for name, value in options.items() if name != missing}
        with pytest.raises(AwsError, match=missing):
            await world.define(container={"logConfiguration": {"logDriver": "awslogs", "options": less}})
    for wrong in ({"mode": "fast"}, {"max-buffer-size": "much"}):
        with pytest.raises(AwsError, match=next(iter(wrong))):
            await world.define(container={"logConfiguration": {"logDriver": "awslogs", "options": options | wrong}})
    both = {**options, "awslogs-datetime-format": "%Y", "awslogs-multiline-pattern": "^x"}
    with pytest.raises(AwsError, match="can't be used together"):
        await world.define(container={"logConfiguration": {"logDriver": "awslogs", "options": both}})
    several = {**options, "awslogs-group": "/ecs/movies", "awslogs-multiline-pattern": "^(ERROR|INFO)"}
    await world.push(r"print('ERROR it broke\n  at one\n  at two\nINFO goes on', flush=True)")
    await world.define(container={"logConfiguration": {"logDriver": "awslogs", "options": several}})
    done = await reach(world, await run(world), "STOPPED")
    assert await world.lines(done) == ["ERROR it broke\n  at one\n  at two\n", "INFO goes on\n"]


@parity("ecs", "ECR", "partly", but="without an OCI registry on the machine layers are refused, naming `netflux push`")
async def test_ecr(world: World) -> None:
    answer = await world.apis.call("ecr", "GetAuthorizationToken", {})
    (found,) = answer["authorizationData"]
    assert base64.b64decode(found["authorizationToken"]).startswith(b"AWS:")
    assert found["proxyEndpoint"].startswith("https://")
    immutable = {"repositoryName": "fixed", "imageTagMutability": "IMMUTABLE"}
    await world.apis.call("ecr", "CreateRepository", immutable)
    manifest = {"repositoryName": "fixed", "imageTag": "1"}
    batch = {"repositoryName": "movies", "imageIds": [{"imageTag": "latest"}]}
    text = json.loads((await world.apis.call("ecr", "BatchGetImage", batch))["images"][0]["imageManifest"])
    await world.apis.call("ecr", "PutImage", {**manifest, "imageManifest": json.dumps(text)})
    other = json.dumps({**text, "command": ["other"]})
    with pytest.raises(AwsError) as caught:
        await world.apis.call("ecr", "PutImage", {**manifest, "imageManifest": other})
    assert caught.value.code == "ImageTagAlreadyExistsException"
    assert caught.value.message == (
        "The image tag '1' already exists in the 'fixed' repository and cannot be overwritten because the tag is "
        "immutable."
    )

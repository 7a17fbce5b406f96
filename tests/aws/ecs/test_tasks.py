"""Tasks with what their containers get: secrets, dependencies, health checks, metadata, names."""

import json

import pytest

from netflux import names
from netflux.errors import AwsError
from tests.aws.ecs.world import World, until
from tests.behaviours.bodies import TRUST

PRINT = "import json, os; print(json.dumps(dict(os.environ)), flush=True); print(open('/etc/hosts').read(), flush=True)"
HOLD = "import time; time.sleep(600)"


async def run(world: World, **changes: object) -> dict:
    request = {
        "cluster": "prod", "taskDefinition": "movies", "launchType": "FARGATE",
        "networkConfiguration": world.vpc_configuration, **changes,
    }  # fmt: skip
    return dict((await world.apis.call("ecs", "RunTask", request))["tasks"][0])


async def reach(world: World, task: dict, status: str) -> dict:
    async def there() -> dict | None:
        found = await world.task(task["taskArn"])
        return found if found["lastStatus"] == status else None

    return dict(await until(there))


async def test_a_container_gets_its_environment_secrets_and_names(world: World) -> None:
    await world.push(PRINT)
    secret = {"Name": "/prod/db", "SecretString": json.dumps({"username": "movie", "password": "s3cret"})}
    arn = (await world.apis.call("secretsmanager", "CreateSecret", secret))["ARN"]
    await world.apis.call("ssm", "PutParameter", {"Name": "/prod/flag", "Value": "on", "Type": "String"})
    world.endpoints.publish_host("db.rds.localhost", ["127.64.9.9"], 5)
    await world.define(
        container={
            "environment": [{"name": "PROFILE", "value": "prod"}],
            "secrets": [
                {"name": "PASSWORD", "valueFrom": f"{arn}:password::"},
                {"name": "WHOLE", "valueFrom": arn},
                {"name": "FLAG", "valueFrom": "/prod/flag"},
            ],
        }
    )
    done = await reach(world, await run(world), "STOPPED")
    assert done["containers"][0]["exitCode"] == 0
    lines = await world.lines(done)
    seen = json.loads(lines[0])
    assert (seen["PROFILE"], seen["PASSWORD"], seen["FLAG"]) == ("prod", "s3cret", "on")
    assert json.loads(seen["WHOLE"])["username"] == "movie"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_ECS_FARGATE"
    assert seen["AWS_REGION"] == names.REGION
    assert seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert seen["SERVER_ADDRESS"].startswith("127.")
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in seen
    assert any("127.64.9.9 db.rds.localhost" in line for line in lines)


async def test_a_missing_secret_key_is_named(world: World) -> None:
    secret = {"Name": "/prod/db", "SecretString": "{}"}
    arn = (await world.apis.call("secretsmanager", "CreateSecret", secret))["ARN"]
    await world.define(container={"secrets": [{"name": "PASSWORD", "valueFrom": f"{arn}:password::"}]})
    done = await reach(world, await run(world), "STOPPED")
    assert done["stopCode"] == "TaskFailedToStart"
    assert done["stoppedReason"].startswith("ResourceInitializationError: ")
    assert "did not contain json key password" in done["stoppedReason"]


async def test_a_secret_that_is_quoted_once_more_is_no_json(world: World) -> None:
    secret = {"Name": "/prod/db", "SecretString": """'{"password": "x"}'"""}
    arn = (await world.apis.call("secretsmanager", "CreateSecret", secret))["ARN"]
    await world.define(container={"secrets": [{"name": "PASSWORD", "valueFrom": f"{arn}:password::"}]})
    done = await reach(world, await run(world), "STOPPED")
    assert done["stoppedReason"].endswith(r"invalid character '\'' looking for beginning of value")


async def test_a_missing_log_group_stops_the_task_before_it_starts(world: World) -> None:
    options = {"awslogs-group": "/absent", "awslogs-region": names.REGION, "awslogs-stream-prefix": "ecs"}
    await world.define(container={"logConfiguration": {"logDriver": "awslogs", "options": options}})
    done = await reach(world, await run(world), "STOPPED")
    assert done["stoppedReason"].startswith("ResourceInitializationError: ")
    assert "/absent" in done["stoppedReason"]
    options["awslogs-create-group"] = "true"
    await world.define(container={"logConfiguration": {"logDriver": "awslogs", "options": options}})
    await reach(world, await run(world), "RUNNING")


async def test_a_container_waits_for_the_one_it_depends_on(world: World) -> None:
    await world.push(HOLD)
    logs = {"logDriver": "awslogs", "options": {
        "awslogs-group": "/ecs/movies", "awslogs-region": names.REGION, "awslogs-stream-prefix": "ecs"}}  # fmt: skip
    image = f"{names.registry(names.ACCOUNT, names.REGION)}/movies:latest"
    before = {"name": "migrate", "image": image, "essential": False, "logConfiguration": logs}
    needs = {"dependsOn": [{"containerName": "migrate", "condition": "SUCCESS"}]}
    await world.define(before=[{**before, "command": ["python", "-c", "print('migrated')"]}], container=needs)
    task = await reach(world, await run(world), "RUNNING")
    states = {body["name"]: body["lastStatus"] for body in task["containers"]}
    assert states == {"migrate": "STOPPED", "web": "RUNNING"}
    assert await until(lambda: world.lines(task, "migrate")) == ["migrated"]
    await world.define(before=[{**before, "command": ["python", "-c", "raise SystemExit(3)"]}], container=needs)
    failed = await reach(world, await run(world), "STOPPED")
    assert failed["stopCode"] == "TaskFailedToStart"
    assert {body["name"]: body.get("exitCode") for body in failed["containers"]} == {"migrate": 3, "web": None}


async def test_a_program_that_is_not_there_cannot_start(world: World) -> None:
    await world.define(container={"command": ["no-such-program"]})
    done = await reach(world, await run(world), "STOPPED")
    assert done["stopCode"] == "TaskFailedToStart"
    assert done["stoppedReason"].startswith("CannotStartContainerError: ")


async def test_a_health_check_is_really_run(world: World) -> None:
    await world.push(HOLD)
    check = {"command": ["CMD-SHELL", f"test -f {world.path}/well"], "interval": 5, "retries": 1, "timeout": 5}
    await world.define(container={"healthCheck": check})
    task = await reach(world, await run(world), "RUNNING")
    assert task["healthStatus"] == "UNKNOWN"

    async def unhealthy() -> bool:
        return bool((await world.task(task["taskArn"]))["healthStatus"] == "UNHEALTHY")

    await until(unhealthy)
    (world.path / "well").touch()

    async def healthy() -> bool:
        return bool((await world.task(task["taskArn"]))["containers"][0]["healthStatus"] == "HEALTHY")

    await until(healthy)


async def test_stop_task_gives_its_reason_and_kills_what_ignores_sigterm(world: World) -> None:
    await world.push("import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)")
    await world.define(container={"stopTimeout": 2})
    task = await reach(world, await run(world), "RUNNING")
    await until(lambda: world.lines(task))
    params = {"cluster": "prod", "task": task["taskArn"].rpartition("/")[2], "reason": "because"}
    await world.apis.call("ecs", "StopTask", params)
    done = await reach(world, task, "STOPPED")
    assert (done["stopCode"], done["stoppedReason"]) == ("UserInitiated", "because")
    assert done["containers"][0]["exitCode"] == 137
    assert done["attachments"][0]["status"] == "DELETED"


async def test_a_running_task_is_described_as_on_fargate(world: World) -> None:
    await world.define()
    task = await reach(world, await run(world, startedBy="me"), "RUNNING")
    details = {item["name"]: item["value"] for item in task["attachments"][0]["details"]}
    assert details.keys() == {"subnetId", "networkInterfaceId", "macAddress", "privateDnsName", "privateIPv4Address"}
    assert task["attachments"][0]["status"] == "ATTACHED"
    assert task["connectivity"] == "CONNECTED"
    assert task["availabilityZone"] == "us-east-1a"
    assert (task["launchType"], task["platformVersion"], task["group"]) == ("FARGATE", "1.4.0", "family:movies")
    assert task["containers"][0]["runtimeId"]
    ask = {"NetworkInterfaceIds": [details["networkInterfaceId"]]}
    found = await world.apis.call("ec2", "DescribeNetworkInterfaces", ask)
    assert found["NetworkInterfaces"][0]["PrivateIpAddress"] == details["privateIPv4Address"]


async def test_metadata_and_credentials_are_served(world: World) -> None:
    ask = (
        "import json, os, urllib.request as u\n"
        "read = lambda url: json.load(u.urlopen(url))\n"
        "at = os.environ['ECS_CONTAINER_METADATA_URI_V4']\n"
        "credentials = os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI']\n"
        "print(json.dumps([read(at), read(at + '/task'), read(at + '/stats'), read(credentials)]))"
    )
    await world.push(ask)
    params = {"RoleName": "app", "AssumeRolePolicyDocument": TRUST}
    role = (await world.apis.call("iam", "CreateRole", params))["Role"]["Arn"]
    arn = await world.define(taskRoleArn=role)
    done = await reach(world, await run(world), "STOPPED")
    container, task, stats, credentials = json.loads((await world.lines(done))[0])
    assert container["Name"] == "web"
    assert container["Networks"][0]["NetworkMode"] == "awsvpc"
    assert container["Labels"]["com.amazonaws.ecs.task-arn"] == done["taskArn"]
    assert task["TaskARN"] == done["taskArn"]
    assert (task["Family"], task["Revision"]) == ("movies", arn.rpartition(":")[2])
    assert task["Limits"] == {"CPU": 0.5, "Memory": 1024}
    assert stats["memory_stats"]["usage"] > 1024 * 1024
    assert credentials["RoleArn"] == role
    assert credentials.keys() == {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"}


async def test_a_task_whose_commands_nobody_could_run_is_refused(world: World) -> None:
    await world.define()
    with pytest.raises(AwsError, match=r"enableExecuteCommand \(True\) is not supported .* log stream"):
        await run(world, enableExecuteCommand=True)
    with pytest.raises(AwsError, match="ecs:ExecuteCommand is not supported"):
        await world.apis.call("ecs", "ExecuteCommand", {"command": "sh", "interactive": True, "task": "0" * 32})


async def test_a_token_starts_its_tasks_once(world: World) -> None:
    await world.define()
    asked = {"clientToken": "one", "enableECSManagedTags": True, "tags": [{"key": "a", "value": "b"}]}
    task = await run(world, **asked)
    assert task["tags"] == [{"key": "aws:ecs:clusterName", "value": "prod"}, {"key": "a", "value": "b"}]
    assert (await run(world, **asked))["taskArn"] == task["taskArn"]
    with pytest.raises(AwsError, match="ConflictException"):
        await run(world, **asked, startedBy="another")
    assert (await run(world, clientToken="two"))["taskArn"] != task["taskArn"]

"""Tasks of one container of a tool's image, beside the movie service's tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.behaviours import bodies
from tests.behaviours.cloud import Cloud, wait_for


def network(cloud: Cloud) -> dict[str, Any]:
    found = cloud.boto3("ecs").describe_services(cluster="prod", services=["movie-service"])["services"][0]
    place: dict[str, Any] = found["networkConfiguration"]
    return place


def _role(cloud: Cloud) -> str:
    """A role with what ECS needs to start any task."""
    iam = cloud.boto3("iam")
    found = [role["Arn"] for role in iam.list_roles()["Roles"] if role["RoleName"] == "tools"]
    if found:
        return str(found[0])
    role = iam.create_role(RoleName="tools", AssumeRolePolicyDocument=bodies.TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="tools", PolicyArn=bodies.EXECUTION_POLICY)
    return str(role)


def started(cloud: Cloud, image: str, container: dict[str, Any], groups: Sequence[str] = ()) -> str:
    """The ARN of a task of one container, beside the movie service's tasks."""
    ecs, logs = cloud.boto3("ecs"), cloud.boto3("logs")
    if not logs.describe_log_groups(logGroupNamePrefix="/tools")["logGroups"]:
        logs.create_log_group(logGroupName="/tools")
    place = network(cloud)
    if groups:
        place["awsvpcConfiguration"]["securityGroups"] = [*groups]
    options = {"awslogs-group": "/tools", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
    role = _role(cloud)
    definition = ecs.register_task_definition(
        family="tools", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        executionRoleArn=role, taskRoleArn=role,
        containerDefinitions=[{
            "name": "tool", "image": image, "environment": [{"name": "GREETING", "value": "hello"}],
            "logConfiguration": {"logDriver": "awslogs", "options": options}, **container,
        }],
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    tasks = ecs.run_task(
        cluster="prod", taskDefinition=definition, launchType="FARGATE", networkConfiguration=place
    )["tasks"]  # fmt: skip
    return str(tasks[0]["taskArn"])


def run(cloud: Cloud, image: str, container: dict[str, Any], groups: Sequence[str] = ()) -> dict[str, Any]:
    """The task, run to its end."""
    ecs, arn = cloud.boto3("ecs"), started(cloud, image, container, groups)

    def ended() -> dict[str, Any] | None:
        task: dict[str, Any] = ecs.describe_tasks(cluster="prod", tasks=[arn])["tasks"][0]
        return task if task["lastStatus"] == "STOPPED" else None

    stopped = wait_for("the task has stopped", ended, 90)
    assert stopped is not None
    return stopped


def said(cloud: Cloud, task: dict[str, Any]) -> list[str]:
    """What the task's container has written."""
    stream = f"ecs/tool/{task['taskArn'].rpartition('/')[2]}"
    events = cloud.boto3("logs").get_log_events(logGroupName="/tools", logStreamName=stream, startFromHead=True)
    return [event["message"] for event in events["events"]]


def visitor(address: str) -> dict[str, Any]:
    """A container that says its credentials in one line, and in another whether a task's port lets it in."""
    script = (
        "busybox wget -q -O - http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo; "
        r"(printf 'GET /api/movies/1 HTTP/1.0\r\n\r\n'; busybox sleep 1) | "
        f"busybox nc -w 3 {address} 8080 | busybox grep -q '^HTTP/1.1 200' "
        "&& echo let in || echo kept out"
    )
    return {"command": ["/bin/sh", "-c", script]}


def address_of(task: dict[str, Any]) -> str:
    """A task's private address."""
    return next(d["value"] for d in task["attachments"][0]["details"] if d["name"] == "privateIPv4Address")

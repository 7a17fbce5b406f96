import asyncio
from pathlib import Path
from typing import Any

import pytest

from netflux.cli.progress import Resource
from netflux.cli.stack import Deployment
from netflux.errors import AwsError, UserError
from netflux.seed.config import Config


class Engine:
    """CloudFormation as far as a deployment asks it. Each look at the stack takes it one step further."""

    def __init__(self, status: str | None = None) -> None:
        self.status = status
        self.coming: list[tuple[str, list[tuple[str, str, str]]]] = []
        self.events: list[dict[str, Any]] = []
        self.operations: list[str] = []
        self.refusal: AwsError | None = None
        self.plan: list[tuple[str, list[tuple[str, str, str]]]] = []

    async def call(self, _: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        self.operations.append(operation)
        answer: dict[str, Any] = getattr(self, operation)(params)
        return answer

    def DescribeStacks(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802, AWS's names
        if self.coming:
            self.status, events = self.coming.pop(0)
            for name, status, reason in events:
                event = {"EventId": str(len(self.events)), "LogicalResourceId": name, "ResourceStatus": status}
                self.events.append({**event, "ResourceType": "AWS::S3::Bucket", "ResourceStatusReason": reason})
        if self.status is None:
            raise AwsError("ValidationError", "Stack with id netflux does not exist")
        return {"Stacks": [{"StackStatus": self.status}]}

    def DescribeStackEvents(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"StackEvents": [*reversed(self.events)]}

    def CreateStack(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.refusal:
            raise self.refusal
        self.parameters = params["Parameters"]
        self.coming = self.plan
        return {}

    UpdateStack = CreateStack

    def DeleteStack(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.coming = [("DELETE_IN_PROGRESS", []), ("DELETE_COMPLETE", [])]
        return {}


class Seen:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.resources: list[Resource] = []
        self.steps: list[str] = []

    def step(self, text: str) -> None:
        self.steps.append(text)

    def total(self, resources: int) -> None:
        pass

    def resource(self, resource: Resource) -> None:
        self.resources.append(resource)

    def waiting(self, reasons: list[str]) -> None:
        pass

    def stopping(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "t.yaml").write_text("Resources: {Bucket: {Type: AWS::S3::Bucket}}")
    return Config(tmp_path / "t.yaml", "netflux", {"AppName": "films"})


async def deploy(engine: Engine, config: Config) -> Seen:
    seen = Seen()
    await Deployment(engine.call, config, seen, asyncio.Event()).run()
    return seen


GOOD: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("CREATE_IN_PROGRESS", [("Bucket", "CREATE_IN_PROGRESS", "")]),
    ("CREATE_COMPLETE", [("Bucket", "CREATE_COMPLETE", "")]),
]


async def test_a_new_stack_is_created_and_its_events_are_shown_once_each(config: Config) -> None:
    engine = Engine()
    engine.plan = [*GOOD]
    seen = await deploy(engine, config)
    assert [(one.name, one.status) for one in seen.resources] == [
        ("Bucket", "CREATE_IN_PROGRESS"),
        ("Bucket", "CREATE_COMPLETE"),
    ]
    assert engine.parameters == [{"ParameterKey": "AppName", "ParameterValue": "films"}]


async def test_a_stack_that_is_as_the_template_wants_it_is_fine(config: Config) -> None:
    engine = Engine("CREATE_COMPLETE")
    engine.refusal = AwsError("ValidationError", "No updates are to be performed.")
    await deploy(engine, config)
    assert "UpdateStack" in engine.operations


async def test_a_stack_that_was_rolled_back_is_deleted_first(config: Config) -> None:
    engine = Engine("ROLLBACK_COMPLETE")
    engine.plan = [*GOOD]
    await deploy(engine, config)
    changes = [one for one in engine.operations if not one.startswith("Describe")]
    assert changes == ["DeleteStack", "CreateStack"]


async def test_an_operation_that_a_killed_region_left_is_waited_for(config: Config) -> None:
    engine = Engine("CREATE_IN_PROGRESS")
    engine.coming = [*GOOD]
    engine.refusal = AwsError("ValidationError", "No updates are to be performed.")
    seen = await deploy(engine, config)
    assert seen.resources[-1].status == "CREATE_COMPLETE"


async def test_a_template_that_is_refused_is_the_persons_mistake(config: Config) -> None:
    engine = Engine()
    engine.refusal = AwsError("ValidationError", "Template format error: YAML not well-formed. (line 3, column 1)")
    with pytest.raises(UserError, match="line 3") as caught:
        await deploy(engine, config)
    assert caught.value.exit_code == 2
    assert str(config.template) in caught.value.message


async def test_a_failure_says_which_resource_and_why_and_not_who_was_cancelled(config: Config) -> None:
    engine = Engine()
    engine.plan = [
        (
            "ROLLBACK_IN_PROGRESS",
            [("Bucket", "CREATE_FAILED", "BucketAlreadyExists"), ("Other", "CREATE_FAILED", "Creation cancelled")],
        ),
        ("ROLLBACK_COMPLETE", []),
    ]
    with pytest.raises(UserError) as caught:
        await deploy(engine, config)
    assert caught.value.exit_code == 1
    assert "Bucket (AWS::S3::Bucket): BucketAlreadyExists" in caught.value.message
    assert "cancelled" not in caught.value.message


async def test_asked_to_stop_it_returns_and_leaves_the_stack_to_the_next_start(config: Config) -> None:
    engine = Engine("CREATE_IN_PROGRESS")
    stopping = asyncio.Event()
    stopping.set()
    await Deployment(engine.call, config, Seen(), stopping).run()
    assert {*engine.operations} == {"DescribeStacks", "DescribeStackEvents"}

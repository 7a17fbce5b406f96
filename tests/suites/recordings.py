"""Error texts that LocalStack's tests recorded from AWS, asked of a region here: a plugin of pytest for a copy of them.

The copy has the tests and their templates, and nothing of LocalStack itself: what they import of it is stood in for.
Each text of an error that a test hands to its `snapshot` is written down beside what AWS said in its place.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import os
import re
import sys
import time
import types
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

_STOOD_IN = ("localstack", "localstack_snapshot", "aws_cdk", "tests.aws", "jsonpath_ng")
_STACKS = "tests/aws/services/cloudformation/api/test_stacks.py"
_PATIENCE = 60.0
"""Seconds for one stack."""
_SAID = re.compile(r"An error occurred \((\w+)\) when calling the \w+ operation(?: \([^)]*\))?: (.*)", re.DOTALL)


class Whatever:
    """Stands for what a test needs to be imported and not to work: a decorator, a transformer, a setting."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        decorated = len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType | type)
        return args[0] if decorated else self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __getitem__(self, _key: Any) -> Any:
        return self

    def __radd__(self, other: Any) -> Any:
        return other

    def __mro_entries__(self, _bases: Any) -> tuple[type, ...]:
        return (object,)


class StackDeployError(Exception):
    """A stack that a test wanted did not come about."""


def short_uid() -> str:
    """Eight hexadecimal digits."""
    return uuid.uuid4().hex[:8]


def _load_file(path: str, *_args: Any, **_kwargs: Any) -> str:
    return Path(path).read_text()


def _wait(condition: Callable[[], Any], *_args: Any, **_kwargs: Any) -> bool:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


def _retry(function: Callable[..., Any], retries: int = 3, sleep: float = 1.0, **kwargs: Any) -> Any:
    for left in reversed(range(min(retries, 10) + 1)):
        try:
            return function(**{key: value for key, value in kwargs.items() if key != "sleep_before"})
        except Exception:
            if not left:
                raise
            time.sleep(min(sleep, 0.5))
    return None


_REAL: dict[str, Any] = {
    "StackDeployError": StackDeployError, "load_file": _load_file, "long_uid": lambda: str(uuid.uuid4()),
    "retry": _retry, "to_bytes": lambda text: text.encode(),
    "load_template_raw": _load_file, "load_template_file": _load_file, "short_uid": short_uid, "wait_until": _wait,
    "is_aws_cloud": lambda: True,
    "is_v2_engine": lambda: True, "SECONDARY_TEST_AWS_REGION_NAME": "us-east-1",
}  # fmt: skip


def _minimal() -> str:
    """The template that a module of theirs has for the others."""
    text = (Path(os.environ["RECORDINGS"]).parent / _STACKS).read_text()
    found = re.search(r'MINIMAL_TEMPLATE = """(.*?)"""', text, re.DOTALL)
    return found[1] if found else ""


class _Module(types.ModuleType):
    __path__: Sequence[str] = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _minimal() if name == "MINIMAL_TEMPLATE" else _REAL.get(name, Whatever())


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, _path: Any, _target: Any = None) -> importlib.machinery.ModuleSpec | None:
        stood_in = any(name == each or name.startswith(f"{each}.") for each in _STOOD_IN)
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if stood_in else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Module(spec.name)

    def exec_module(self, _module: types.ModuleType) -> None:
        """There is nothing in it."""


sys.meta_path.insert(0, _Finder())


def errors(value: Any, place: str = "") -> Iterator[tuple[str, str, str]]:
    """Place, code and text of each error in a recording, or in what is handed to one."""
    if isinstance(value, ClientError):
        value = value.response
    elif isinstance(value, BaseException):
        value = str(value)
    if isinstance(value, dict):
        error = value.get("Error")
        if isinstance(error, dict) and "Message" in error:
            yield place, str(error.get("Code")), str(error["Message"])
            return
        if {"Code", "Message"} <= value.keys():
            yield place, str(value["Code"]), str(value["Message"])
            return
        for key, each in value.items():
            yield from errors(each, f"{place}.{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from errors(each, f"{place}[{index}]")
    elif isinstance(value, str) and (found := _SAID.search(value)):
        yield place, found[1], found[2]


class Recorder:
    """The `snapshot` of a test: remembers the errors that it is handed."""

    def __init__(self, recorded: dict[str, Any]) -> None:
        self._recorded = recorded
        self.found: dict[str, dict[str, str]] = {}
        self.transform = Whatever()

    def __getattr__(self, _name: str) -> Any:
        return Whatever()

    def match(self, key: str, value: Any) -> None:
        """Writes an error down; what else AWS said is not compared."""
        here = {place: (code, text) for place, code, text in errors(value)}
        for place, _, _ in errors(self._recorded.get(key, {})):
            code, text = here.get(place, ("", ""))
            self.found[f"{key}{place}"] = {"code": code, "text": text}


def _client(service: str) -> Any:
    return boto3.client(service, config=Config(retries={"max_attempts": 1}), region_name="us-east-1")


class Clients:
    """boto3's clients by their services' names."""

    def __getattr__(self, service: str) -> Any:
        made = _client({"lambda_": "lambda"}.get(service, service))
        setattr(self, service, made)
        return made


@pytest.fixture(scope="session")
def aws_client() -> Clients:
    return Clients()


@pytest.fixture
def account_id() -> str:
    return str(_client("sts").get_caller_identity()["Account"])


@pytest.fixture
def region_name() -> str:
    return "us-east-1"


@pytest.fixture
def cleanups() -> Iterator[list[Callable[[], Any]]]:
    made: list[Callable[[], Any]] = []
    yield made
    for each in reversed(made):
        try:
            each()
        except Exception as error:
            sys.stderr.write(f"{error}\n")


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Iterator[Recorder]:
    path = Path(str(request.node.fspath)).with_suffix(".snapshot.json")
    known = json.loads(path.read_text()) if path.exists() else {}
    name = request.node.nodeid.split("::", 1)[1]
    recorded = next((each for key, each in known.items() if key.endswith(f"{path.stem.split('.')[0]}.py::{name}")), {})
    made = Recorder(recorded.get("recorded-content", {}))
    yield made
    with Path(os.environ["RECORDINGS"]).open("a") as file:
        for key, found in made.found.items():
            file.write(json.dumps({"test": request.node.nodeid, "key": key, **found}) + "\n")


class Deployed:
    """A stack that a test wanted."""

    def __init__(self, stack: dict[str, Any], change_set: str, name: str) -> None:
        self.stack_name, self.stack_id = stack["StackName"], stack["StackId"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
        self.change_set_id, self.change_set_name = change_set, name

    def destroy(self) -> None:
        """Deletes it."""
        _client("cloudformation").delete_stack(StackName=self.stack_id)
        _client("cloudformation").get_waiter("stack_delete_complete").wait(
            StackName=self.stack_id, WaiterConfig={"Delay": 1, "MaxAttempts": int(_PATIENCE)}
        )


@pytest.fixture
def deploy_cfn_template(cleanups: list[Callable[[], Any]]) -> Callable[..., Deployed]:
    def deploy(**given: Any) -> Deployed:
        cloudformation = _client("cloudformation")
        text = given.get("template") or Path(given["template_path"]).read_text()
        for key, value in (given.get("template_mapping") or {}).items():
            text = text.replace("{{ " + key + " }}", str(value))
        name, change = given.get("stack_name") or f"stack-{short_uid()}", f"change-set-{short_uid()}"
        made = cloudformation.create_change_set(
            StackName=name, ChangeSetName=given.get("change_set_name") or change, TemplateBody=text,
            ChangeSetType="UPDATE" if given.get("is_update") else "CREATE",
            Parameters=[
                {"ParameterKey": key, "ParameterValue": str(value)}
                for key, value in (given.get("parameters") or {}).items()
            ],
            Capabilities=["CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )  # fmt: skip
        cleanups.append(lambda: cloudformation.delete_stack(StackName=made["StackId"]))
        cloudformation.execute_change_set(ChangeSetName=made["Id"])
        verb = "stack_update_complete" if given.get("is_update") else "stack_create_complete"
        try:
            cloudformation.get_waiter(verb).wait(
                StackName=made["StackId"], WaiterConfig={"Delay": 1, "MaxAttempts": int(_PATIENCE)}
            )
        except WaiterError as error:
            raise StackDeployError(str(error)) from error
        stack = cloudformation.describe_stacks(StackName=made["StackId"])["Stacks"][0]
        return Deployed(stack, made["Id"], given.get("change_set_name") or change)

    return deploy


@pytest.fixture
def s3_create_bucket(aws_client: Clients) -> Callable[..., str]:
    def create(**given: Any) -> str:
        name = given.pop("Bucket", f"bucket-{short_uid()}")
        aws_client.s3.create_bucket(Bucket=name, **given)
        return str(name)

    return create


@pytest.fixture
def s3_bucket(s3_create_bucket: Callable[..., str]) -> str:
    return s3_create_bucket()


@pytest.fixture
def create_role(aws_client: Clients) -> Callable[..., Any]:
    return lambda **given: aws_client.iam.create_role(**{"RoleName": f"role-{short_uid()}", **given})


@pytest.fixture
def sns_create_topic(aws_client: Clients) -> Callable[..., Any]:
    return lambda **given: aws_client.sns.create_topic(**{"Name": f"topic-{short_uid()}", **given})


@pytest.fixture
def cleanup_stacks(aws_client: Clients) -> Callable[[list[str]], None]:
    return lambda names: [aws_client.cloudformation.delete_stack(StackName=name) for name in names] and None


@pytest.fixture
def cleanup_changesets(aws_client: Clients) -> Callable[[list[str]], None]:
    return lambda _names: None


def _status(aws_client: Clients, word: str) -> Callable[[str], Callable[[], bool]]:
    def look(stack: str) -> Callable[[], bool]:
        def done() -> bool:
            status = str(aws_client.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
            return status == word

        return done

    return look


@pytest.fixture
def is_stack_created(aws_client: Clients) -> Callable[[str], Callable[[], bool]]:
    return _status(aws_client, "CREATE_COMPLETE")


@pytest.fixture
def is_stack_updated(aws_client: Clients) -> Callable[[str], Callable[[], bool]]:
    return _status(aws_client, "UPDATE_COMPLETE")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only tests with recorded errors; what LocalStack skips, since it can't do it, is asked all the same."""
    wanted = set(Path(os.environ["RECORDINGS"]).with_name("wanted").read_text().splitlines())
    items[:] = [item for item in items if item.nodeid in wanted]
    Path(os.environ["RECORDINGS"]).with_name("there").write_text("\n".join(item.nodeid for item in items))
    for item in items:
        for node in item.listchain():
            node.own_markers = [each for each in node.own_markers if each.name not in ("skip", "skipif", "xfail")]

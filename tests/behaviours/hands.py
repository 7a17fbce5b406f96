"""Two ways of doing the same by hand: boto3, and the AWS CLI as a person types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

from botocore import xform_name

from tests.behaviours.cloud import Cloud

_CLI_NAMES = {"s3": "s3api"}
_COMMANDS = str(Path(__file__).with_name("aws_commands.py"))


class Refused(Exception):
    """The API's error: its code is in the text."""


class Hands(Protocol):
    def call(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]: ...

    def wait(self, service: str, waiter: str, /, **params: Any) -> None: ...


class Boto3:
    """boto3's clients and waiters."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._clients: dict[str, Any] = {}

    def _client(self, service: str) -> Any:
        return (
            self._clients.setdefault(service, None)
            or self._clients.update({service: self._cloud.boto3(service)})
            or self._clients[service]
        )

    def call(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        try:
            answer: dict[str, Any] = getattr(self._client(service), xform_name(operation))(**params)
        except ClientError as error:
            raise Refused(str(error)) from error
        return answer

    def wait(self, service: str, waiter: str, /, **params: Any) -> None:
        self._client(service).get_waiter(waiter).wait(WaiterConfig={"Delay": 0.2, "MaxAttempts": 450}, **params)


class Cli:
    """`aws …` with flags, each in a process of its own."""

    def __init__(self, cloud: Cloud, commands: AwsCommands) -> None:
        self._cloud = cloud
        self._commands = commands

    def call(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        words = [_CLI_NAMES.get(service, service), xform_name(operation).replace("_", "-")]
        answer = self._aws(*words, *_flags(params), "--output", "json")
        return dict(json.loads(answer)) if answer.strip() else {}

    def wait(self, service: str, waiter: str, /, **params: Any) -> None:
        self._aws(_CLI_NAMES.get(service, service), "wait", waiter.replace("_", "-"), *_flags(params))

    def _aws(self, *words: str) -> str:
        if words[0] == "rds":  # version 1 of the CLI overrides AWS_ENDPOINT_URL for RDS in us-east-1, but not the flag
            words = ("--endpoint-url", self._cloud.endpoint, *words)
        done = self._commands.run(self._cloud, *words)
        if done.returncode != 0:
            raise Refused(f"aws {' '.join(words)[:300]}: {done.stderr.strip()}")
        return done.stdout


class AwsCommands:
    """Runs AWS CLI commands, whose code has been read before. One at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", _COMMANDS]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, cloud: Cloud, *words: str) -> subprocess.CompletedProcess[str]:
        """What the AWS CLI does with these words, whether it succeeds or not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"words": words, "environment": cloud.env()}) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return subprocess.CompletedProcess(["aws", *words], told["code"], told["out"], told["err"])

    def close(self) -> None:
        self._process.communicate()


def _flags(params: dict[str, Any]) -> list[str]:
    words: list[str] = []
    for name, value in params.items():
        flag = "--" + xform_name(name).replace("_", "-")
        if isinstance(value, bool):
            words.append(flag if value else "--no-" + flag[2:])
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            words += [flag, *value]
        else:
            words += [flag, value if isinstance(value, str) else json.dumps(value)]
    return words

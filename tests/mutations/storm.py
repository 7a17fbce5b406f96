"""Random calls that are accepted, restarts between them, and every reader after each restart.

Deterministic by its seed as long as the region is: what it sent is kept, and printed when something can't be read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ServiceModel

from netflux.controlplane.protocol import models
from tests.behaviours.cloud import Cloud
from tests.mutations.values import Values

SERVICES = (
    "ec2", "ec2", "ec2", "elbv2", "elbv2", "ecs", "ecs", "ecr", "rds", "s3", "s3", "cloudfront", "route53", "acm",
    "iam", "secretsmanager", "ssm", "sqs", "sns", "logs", "cloudwatch", "application-autoscaling", "servicediscovery",
    "kms", "dynamodb", "cloudformation",
)  # fmt: skip
"""Those that are claimed, the ones with most to break more often."""

_NEVER = {
    "CreateDBInstance", "RunTask", "StartTask", "ImportImage", "SendSSHPublicKey", "Publish", "PublishBatch",
    "StartLiveTail", "ReceiveMessage", "CreateDBCluster", "AssumeRole", "SelectObjectContent", "GenerateDataSet",
    "GetObjectTorrent", "ChangePassword", "CreateBucketMetadataTableConfiguration", "WriteGetObjectResponse",
}  # fmt: skip
"""Calls that start programs or wait for messages: each has tests of its own."""

_HOPELESS = 12
"""Refusals after which an operation that was never accepted is asked no more."""


@dataclass
class Sent:
    """An accepted call."""

    service: str
    operation: str
    params: dict[str, Any]


@dataclass
class Storm:
    """The calls.

    Attributes:
        cloud: asked over its port.
        seed: of every choice.
        sent: what was accepted, in order.
        refused: answers of calls that were not, by code.
        failures: 5xx that are no refusals, which other tests look at.
        empty: what List and Describe calls that need a parameter were refused with before the first call.
    """

    cloud: Cloud
    seed: int
    sent: list[Sent] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    empty: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._values = Values(self._random)
        self._tries: Counter[tuple[str, str]] = Counter()
        self._taken: Counter[tuple[str, str]] = Counter()
        self._gone: set[tuple[str, str]] = set()
        self._models = {service: self.cloud.boto3(service).meta.service_model for service in SERVICES}
        self.empty = self._readers()
        self._operations = {service: _changing(model) for service, model in self._models.items()}

    @property
    def tried(self) -> int:
        """Calls that were made."""
        return self._tries.total()

    @property
    def operations(self) -> set[tuple[str, str]]:
        """Those of which a call was accepted."""
        return {(one.service, one.operation) for one in self.sent}

    def blow(self, accepted: int) -> None:
        """Until so many more are accepted; AssertionError when hardly any are."""
        goal, tries = len(self.sent) + accepted, 0
        while len(self.sent) < goal:
            tries += 1
            assert tries < accepted * 60, f"only {len(self.sent)} accepted: {self.refused.most_common(9)}"
            self._one()

    def unreadable(self) -> list[str]:
        """List and Describe calls that do not answer, though they did, or were refused otherwise, in an empty cloud."""
        found = self._readers()
        return [f"{name}: {told}" for name, told in found.items() if told and not self.empty.get(name)]

    def _readers(self) -> dict[str, str]:
        return {name: told for service in dict.fromkeys(SERVICES) for name, told in self._read(service)}

    def replay(self, path: Path) -> str:
        """Writes what was sent where it can be looked at."""
        lines = [json.dumps([one.service, one.operation, one.params], default=repr) for one in self.sent]
        path.write_text("\n".join(lines) + "\n")
        return f"seed {self.seed}; {len(self.sent)} accepted calls are in {path}"

    def _one(self) -> None:
        service = self._random.choice(SERVICES)
        operation = self._random.choice(self._operations[service])
        place = service, operation
        if place in self._gone:
            return
        model = self._models[service].operation_model(operation)
        params = self._values.of(model.input_shape) if model.input_shape is not None else {}
        self._tries[place] += 1
        try:
            answer = self._call(service, operation, params)
        except ClientError as error:
            self._refuse(place, error)
        except BotoCoreError as error:  # botocore itself refuses the parameters
            self.refused[type(error).__name__] += 1
            self._hope(place)
        else:
            self._taken[place] += 1
            self._values.learn(answer)
            self.sent.append(Sent(service, operation, params))

    def _refuse(self, place: tuple[str, str], error: ClientError) -> None:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        self.refused[error.response["Error"]["Code"]] += 1
        if status == 501:
            self._gone.add(place)
        elif status >= 500:
            self.failures.append(f"{' '.join(place)}: {error}")
            self._gone.add(place)
        self._hope(place)

    def _hope(self, place: tuple[str, str]) -> None:
        if not self._taken[place] and self._tries[place] >= _HOPELESS:
            self._gone.add(place)

    def _call(self, service: str, operation: str, params: dict[str, Any]) -> Any:
        return self.cloud.boto3(service)._make_api_call(operation, params)

    def _read(self, service: str) -> Iterator[tuple[str, str]]:
        for operation in self._models[service].operation_names:
            shape = self._models[service].operation_model(operation).input_shape
            if not operation.startswith(("Describe", "List")) or (shape is not None and shape.required_members):
                continue
            name = f"{service} {operation}"
            if self.empty.get(name):
                continue
            try:
                self._call(service, operation, {})
            except (ClientError, BotoCoreError) as error:
                yield name, f"{type(error).__name__}: {error}"
            else:
                yield name, ""


def _changing(model: ServiceModel) -> list[str]:
    return [name for name in model.operation_names if models.changes_state(name) and name not in _NEVER]

"""A template's trip through a region: it is put to it, made, updated, deleted, and what is left is looked for."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.survey import assets, imports, values
from tests.survey.found import Found, with_images
from tests.survey.left import there

ASSETS = "cdk-hnb659fds-assets-123456789012-us-east-1"
"""Where templates of CDK's default synthesizer have their files."""
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_LARGEST = 51_200
T = TypeVar("T")
_WORDS = {
    "Cidr": "10.20.0.0/16", "Domain": "example.test", "Tag": "latest", "Email": "admin@example.test",
    "Word": "surveyed", "Password": "Surveyed12345", "Username": "surveyed", "Database": "surveyed", "Port": "8080",
    "Cpu": "256",
    "Memory": "512", "Path": "/surveyed", "Number": "1", "Url": "https://example.test/", "Stage": "dev",
    "Agreed": "I AGREE", "KeyPair": "ground", "Ami": "ami-0123456789abcdef0", "SecurityGroupName": "default",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What came of a template.

    Attributes:
        how: `refused`, `failed` (at creation), `kept` (an update failed), `stuck` (could not be deleted), `left`
            (something is left), `whole`; `accepted` where it was only put to the region.
        why: in a line each.
    """

    how: str
    why: list[str] = field(default_factory=list)
    seconds: float = 0


class Region:
    """A running region with its ground.

    Args:
        url: of its gateway.
        seconds: what one step may take.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self.url = url
        self.seconds = seconds
        self.stacks = self.client("cloudformation")
        self.ground: dict[str, str] = {}
        self.image = ""
        self._exporting = threading.Lock()
        self._kept: set[str] = set()
        self._addresses = threading.Lock()

    def client(self, service: str) -> Any:
        """Of boto3."""
        config = Config(retries={"total_max_attempts": 2}, read_timeout=60)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.url, config=config, **keys)

    def prepare(self, template: str, certificate: tuple[bytes, bytes], image: str) -> None:
        """Makes what templates of services suppose to be there."""
        self.image = image
        arn = self.client("acm").import_certificate(Certificate=certificate[0], PrivateKey=certificate[1])
        self.stacks.create_stack(StackName="ground", TemplateBody=template, Capabilities=_CAPABILITIES)
        status = self._settled("ground")
        if status != "CREATE_COMPLETE":
            raise SystemExit(f"the ground is {status}: {self._reasons('ground')}")
        [stack] = self.stacks.describe_stacks(StackName="ground")["Stacks"]
        told = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        sqs = self.client("sqs")
        queue = sqs.create_queue(QueueName="ground")["QueueUrl"]
        more = {
            "Certificate": arn["CertificateArn"],
            "Image": image,
            "Topic": self.client("sns").create_topic(Name="ground")["TopicArn"],
            "QueueUrl": queue,
            "Queue": sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"],
            "Key": self.client("kms").create_key()["KeyMetadata"]["Arn"],
        }
        self.ground = {**_WORDS, **told, **more}
        self.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Type="String", Value="21")
        self.client("s3").create_bucket(Bucket=ASSETS)

    def put(self, found: Found, stack: str) -> Outcome | None:
        """Makes a change set of it; None when it is there, to be executed."""
        body = json.dumps(with_images(found.content, self.image, self.ground["Role"])) if found.content else found.text
        ground = {**self.ground, "Qualifier": stack}
        given = {name: one for name, spec in found.parameters.items() if (one := values.value(name, spec, ground))}
        defaults = {
            name: values.written(spec["Default"]) for name, spec in found.parameters.items() if spec.get("Default")
        }
        assets.upload(self.client("s3"), ASSETS, found.path.parent)
        with self._exporting:
            self._exported(found, {**defaults, **given}, stack)
        parameters = [{"ParameterKey": name, "ParameterValue": one} for name, one in given.items()]
        try:
            self.stacks.create_change_set(
                StackName=stack, ChangeSetName="first", ChangeSetType="CREATE", Capabilities=_CAPABILITIES,
                Parameters=parameters, **self._template(body),
            )  # fmt: skip
            told = self._until(
                lambda: self._changes(stack), lambda one: not one["Status"].endswith(("PENDING", "PROGRESS"))
            )
        except (ClientError, BotoCoreError) as error:
            return Outcome("refused", _lines(str(error)))
        return None if told["Status"] == "CREATE_COMPLETE" else Outcome("refused", _lines(told.get("StatusReason", "")))

    def take_back(self, stack: str) -> None:
        """A change set that is not executed, and its stack."""
        try:
            self.stacks.delete_stack(StackName=stack)
        except ClientError:
            return

    def travel(self, found: Found, stack: str) -> Outcome:
        """Made, updated, deleted; one at a time of those with Elastic IP addresses, of which a region gives five."""
        with self._addresses if "AWS::EC2::EIP" in found.text else nullcontext():
            return self._travel(found, stack)

    def _travel(self, found: Found, stack: str) -> Outcome:
        begun = time.monotonic()
        before = there(self)
        if refused := self.put(found, stack):
            self.take_back(stack)
            return refused
        self.stacks.execute_change_set(StackName=stack, ChangeSetName="first")
        how, why = "whole", []
        if (status := self._settled(stack)) != "CREATE_COMPLETE":
            how, why = "failed", [status, *self._reasons(stack)]
        elif (problem := self._updated(stack)) is not None:
            how, why = "kept", problem
        self._kept |= self._retained(stack)
        problem = self._deleted(stack)
        if problem is not None:
            return Outcome("stuck", [*why, *problem], time.monotonic() - begun)
        if left := self._left(before):
            how, why = ("left" if how == "whole" else how), [*why, *(f"left: {one}" for one in left)]
        return Outcome(how, why, time.monotonic() - begun)

    def _left(self, before: set[str]) -> list[str]:
        """What no stack has or was told to retain, in two looks: other trips are under way meanwhile."""
        left: set[str] | None = None
        for _ in range(2):
            found = there(self) - before
            owned = self._of_stacks()
            found = {one for one in found - self._kept if one.partition(" ")[2] not in owned}
            left = found if left is None else left & found
            if not left:
                break
            time.sleep(2)
        return sorted(left or ())

    def _of_stacks(self) -> set[str]:
        """The physical ids of every stack's resources."""
        told = self.stacks.get_paginator("describe_stacks").paginate()
        names = [one["StackId"] for page in told for one in page["Stacks"]]
        return {one.get("PhysicalResourceId", "") for name in names for one in self._resources(name)}

    def _updated(self, stack: str) -> list[str] | None:
        """A tag for all that has tags, and an output more."""
        content = self.stacks.get_template(StackName=stack)["TemplateBody"]
        if not isinstance(content, dict):
            return None
        content = json.loads(json.dumps(content))
        content.setdefault("Outputs", {})["Surveyed"] = {"Value": "twice"}
        parameters = self.stacks.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
        given = [{"ParameterKey": one["ParameterKey"], "UsePreviousValue": True} for one in parameters]
        try:
            self.stacks.update_stack(
                StackName=stack, Parameters=given, Capabilities=_CAPABILITIES,
                Tags=[{"Key": "surveyed", "Value": "twice"}], **self._template(json.dumps(content)),
            )  # fmt: skip
        except ClientError as error:
            return _lines(str(error))
        status = self._settled(stack)
        return None if status == "UPDATE_COMPLETE" else [status, *self._reasons(stack)]

    def _deleted(self, stack: str) -> list[str] | None:
        self._emptied(stack)
        [told] = self.stacks.describe_stacks(StackName=stack)["Stacks"]
        name = told["StackId"]
        self.stacks.delete_stack(StackName=stack)
        status = self._settled(name)
        return None if status == "DELETE_COMPLETE" else [status, *self._reasons(name)]

    def _emptied(self, stack: str) -> None:
        """A bucket and a repository have to be empty to be deleted, on AWS too."""
        s3 = self.client("s3")
        for one in self._resources(stack):
            if one["ResourceType"] == "AWS::S3::Bucket" and one.get("PhysicalResourceId"):
                try:
                    for version in _versions(s3, one["PhysicalResourceId"]):
                        s3.delete_object(Bucket=one["PhysicalResourceId"], **version)
                except ClientError:
                    continue

    def _retained(self, stack: str) -> set[str]:
        content = self.stacks.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
        if not isinstance(content, dict):
            return set()
        kept = {name for name, one in content.get("Resources", {}).items() if one.get("DeletionPolicy") == "Retain"}
        return {
            f"{one['ResourceType']} {one['PhysicalResourceId']}"
            for one in self._resources(stack)
            if one["LogicalResourceId"] in kept and one.get("PhysicalResourceId")
        }

    def _resources(self, stack: str) -> list[dict[str, Any]]:
        try:
            return list(self.stacks.describe_stack_resources(StackName=stack)["StackResources"])
        except ClientError:
            return []

    def _template(self, body: str) -> dict[str, str]:
        if len(body.encode()) <= _LARGEST:
            return {"TemplateBody": body}
        key = hashlib.sha256(body.encode()).hexdigest()
        self.client("s3").put_object(Bucket=self.ground["Bucket"], Key=key, Body=body.encode())
        return {"TemplateURL": f"https://s3.amazonaws.com/{self.ground['Bucket']}/{key}"}

    def _exported(self, found: Found, known: Mapping[str, str], stack: str) -> None:
        """A stack that exports what the template imports."""
        wanted = imports.imported(found.content or {}, known, stack)
        outputs = {
            f"O{number}": {
                "Value": values.guess(name.replace(":", "-").split("-")[-1], self.ground),
                "Export": {"Name": name},
            }
            for number, name in enumerate(sorted(wanted - self._exports()))
        }
        if not outputs:
            return
        something = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "exports"}}
        name = f"exports-{hashlib.sha256(json.dumps(outputs).encode()).hexdigest()[:8]}"
        body = json.dumps({"Resources": {"Something": something}, "Outputs": outputs})
        self.stacks.create_stack(StackName=name, TemplateBody=body)
        self._settled(name)

    def _exports(self) -> set[str]:
        pages = self.stacks.get_paginator("list_exports").paginate()
        return {one["Name"] for page in pages for one in page["Exports"]}

    def _changes(self, stack: str) -> dict[str, Any]:
        told: dict[str, Any] = self.stacks.describe_change_set(StackName=stack, ChangeSetName="first")
        return told

    def _settled(self, stack: str) -> str:
        def status() -> str:
            try:
                return str(self.stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
            except ClientError:
                return "DELETE_COMPLETE"

        return self._until(status, lambda one: not one.endswith("IN_PROGRESS"))

    def _until(self, ask: Callable[[], T], enough: Callable[[T], bool]) -> T:
        until = time.monotonic() + self.seconds
        while not enough(told := ask()) and time.monotonic() < until:
            time.sleep(0.3)
        return told

    def _reasons(self, stack: str) -> list[str]:
        try:
            events = self.stacks.describe_stack_events(StackName=stack)["StackEvents"]
        except ClientError as error:
            return [str(error)]
        return [
            f"{one['ResourceType']} {one['LogicalResourceId']}: {one.get('ResourceStatusReason', '')}"
            for one in reversed(events)
            if one["ResourceStatus"].endswith("FAILED") and "cancelled" not in one.get("ResourceStatusReason", "")
        ][:6]


def _versions(s3: Any, bucket: str) -> list[dict[str, str]]:
    try:
        told = s3.list_object_versions(Bucket=bucket)
    except ClientError:
        return [{"Key": one["Key"]} for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    both = told.get("Versions", []) + told.get("DeleteMarkers", [])
    return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in both]


def _lines(text: str) -> list[str]:
    _, _, said = text.partition("operation: ")
    return [line for line in (said or text).splitlines() if line.strip()]

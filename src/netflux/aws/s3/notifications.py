"""Operations on a bucket's notifications."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from netflux.aws.destinations import service_of
from netflux.aws.s3 import happened, members
from netflux.aws.s3.announcing import Announcing
from netflux.aws.s3.configuration import Configured
from netflux.aws.s3.happened import KINDS
from netflux.aws.s3.refusals import Refused
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported
from netflux.resources.s3 import Bucket

_ONE = "Id Events Filter(Key(FilterRules(Name Value)))"
_CONFIGURATION = " ".join(f"{name}({member} {_ONE})" for name, member in KINDS.items())
_SERVICES = {"QueueArn": "sqs", "TopicArn": "sns", "LambdaFunctionArn": "lambda"}
_NOT_ALLOWED = "Permissions on the destination do not allow S3 to publish notifications from this bucket"
_ABSENT = "The destination does not exist"
_UNTRIED = frozenset({"lambda"})
"""Services whose destinations get no test event."""


class Notifications(Configured):
    """The part of S3's API that concerns notifications."""

    announcing: Announcing

    @operation(members.BUCKET)
    async def get_bucket_notification_configuration(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """As configured, with the ids that S3 gave."""
        return copy.deepcopy(self.store.bucket(request["Bucket"]).notifications)

    @operation(
        f"{members.BUCKET} SkipDestinationValidation NotificationConfiguration({_CONFIGURATION} "
        "EventBridgeConfiguration)"
    )
    async def put_bucket_notification_configuration(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces all, once every destination has taken the test event."""
        given, bucket = request["NotificationConfiguration"], self.store.bucket(request["Bucket"])
        kept = {name: value for name, value in given.items() if value or name == "EventBridgeConfiguration"}
        for one, _ in _each(kept):
            one["Id"] = one.get("Id") or secrets.token_urlsafe(36)
        _check([one for one, _ in _each(kept)])
        for one, member in _each(kept):
            self._check_destination(bucket, one[member], member)
        arns = [*dict.fromkeys(one[member] for one, member in _each(kept))]
        refused = {}
        if not request.get("SkipDestinationValidation"):
            refused = {arn: why for arn in arns if (why := await self._why_not(bucket, arn))}
        with self.store.documents.transaction():
            if not request.get("SkipDestinationValidation"):
                refused |= self._try_out(bucket, [arn for arn in arns if service_of(arn) not in _UNTRIED], call)
            if refused:
                raise _unvalidated(refused)
            self.change(request, notifications=kept)
        return {}

    def _check_destination(self, bucket: Bucket, arn: str, member: str) -> None:
        if service_of(arn) != _SERVICES[member]:
            raise Refused(
                "InvalidArgument", "The ARN is not well formed", ArgumentName=member.removesuffix("Arn"),
                ArgumentValue=arn[:500],
            )  # fmt: skip
        if not self.announcing.destinations.takes(arn):
            raise Unsupported(f"Notifications to {arn}", "Choose a queue or a topic.")
        if arn.split(":")[3] != bucket.region:
            raise _unvalidated(
                {arn: "The notification destination service region is not valid for the bucket location constraint"}
            )
        if arn.endswith(".fifo"):
            raise _unvalidated({arn: "FIFO queues and topics can't be told of S3's events"})

    async def _why_not(self, bucket: Bucket, arn: str) -> str:
        """Why a function does not take the bucket's events; nothing where it does, or is none."""
        if service_of(arn) not in _UNTRIED or self.apis is None:
            return ""
        try:
            found = await self.apis.call("lambda", "GetPolicy", {"FunctionName": arn})
            self.announcing.check_function(bucket, arn, str(found.get("Policy") or ""))
        except AwsError as error:
            return _NOT_ALLOWED if error.code in ("AccessDenied", "ResourceNotFoundException") else error.message
        return ""

    def _try_out(self, bucket: Bucket, arns: list[str], call: Call) -> dict[str, str]:
        """Sends every destination the test event; why those refuse it that do."""
        refused = {}
        for arn in arns:
            try:
                self.announcing.try_out(bucket, arn, call.request_id)
            except AwsError as error:
                absent = "NonExistent" in error.code or error.code.startswith("NotFound")
                refused[arn] = _ABSENT if absent else _NOT_ALLOWED
        return refused


def _each(configuration: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for name, member in KINDS.items():
        for one in configuration.get(name) or ():
            yield one, member


def _check(configurations: list[dict[str, Any]]) -> None:
    ids = [one["Id"] for one in configurations]
    if len({*ids}) < len(ids):
        raise AwsError("InvalidArgument", "Same ID used for multiple configurations. IDs must be unique")
    for one in configurations:
        rules = ((one.get("Filter") or {}).get("Key") or {}).get("FilterRules") or ()
        names = [rule["Name"].lower() for rule in rules]
        if len({*names}) < len(names):
            raise AwsError("InvalidArgument", "Cannot specify more than one prefix or suffix rule in a filter.")
    if happened.clashes(configurations):
        raise AwsError(
            "InvalidArgument",
            "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
        )


def _unvalidated(refused: Mapping[str, str]) -> Refused:
    """S3's error, with each destination and why."""
    details = {}
    for number, (arn, why) in enumerate(refused.items(), start=1):
        details[f"ArgumentName{number}"], details[f"ArgumentValue{number}"] = arn, why
    return Refused("InvalidArgument", "Unable to validate the following destination configurations", 400, **details)

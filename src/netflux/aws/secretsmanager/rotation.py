"""Rotation of secrets: set up, begun, given up. The controller calls the rotation function.

"Rotation by Lambda function" and "Rotation schedules", AWS Secrets Manager User Guide.
"""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from netflux.aws.secretsmanager.part import Part, token, wrong, wrong_state
from netflux.aws.secretsmanager.shape import names
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources import schedule
from netflux.resources.awslambda.qualified import Qualified
from netflux.resources.secretsmanager import CURRENT, PENDING, Rotation, Secret, Version

if TYPE_CHECKING:
    from types_boto3_secretsmanager.type_defs import CancelRotateSecretRequestTypeDef, RotateSecretRequestTypeDef

_PARTNER = "Leave it out: secrets of partners are rotated by AWS, which is not here."
_LONGEST_DAYS = 1000
_WINDOW = re.compile("[1-9][0-9]?h")
_LEAST = timedelta(hours=4)
"""Between two rotations ["Rotation schedules"]."""


class RotationOperations(Part):
    """Handlers."""

    @operation(
        "SecretId ClientRequestToken RotationLambdaARN RotateImmediately "
        "RotationRules(AutomaticallyAfterDays Duration ScheduleExpression)",
        refused={"ExternalSecretRotationMetadata": _PARTNER, "ExternalSecretRotationRoleArn": _PARTNER},
    )
    def rotate_secret(self, call: Call, request: RotateSecretRequestTypeDef) -> dict[str, Any]:
        """Begins a rotation, unless only the schedule is to be set: then testSecret alone is called."""
        secret, identity = self.own(request), token(request)
        before = secret.rotation
        function = request.get("RotationLambdaARN") or (before.function if before is not None else "")
        if not function:
            raise wrong_state("No Lambda rotation function ARN is associated with this secret.")
        self._check_function(call, secret, function)
        if before is not None and before.token and before.token != identity:
            raise wrong_state("A previous rotation isn't complete. That rotation will be reattempted.")
        rules = _rules(request.get("RotationRules"), before)
        if self.kept.staged(secret, CURRENT) is None:
            raise wrong_state(f"The secret {secret.name} has no value yet, so there is nothing to rotate.")
        after = Rotation(
            function, rules, last=before.last if before is not None else None,
            following=following(rules, self.clock.calendar()), token=identity,
            only_test=not request.get("RotateImmediately", True),
        )  # fmt: skip
        if self.kept.version(secret, identity) is None:
            self.kept.add(Version(secret.arn, identity, self.now(), key=secret.key), (PENDING,))
        return {**names(self.touch(secret, rotation=after)), "VersionId": identity}

    @operation("SecretId")
    def cancel_rotate_secret(self, call: Call, request: CancelRotateSecretRequestTypeDef) -> dict[str, Any]:
        """No rotation begins by the schedule any more, and one that is under way is not tried again."""
        secret = self.own(request)
        found = secret.rotation
        if found is not None:
            found = replace(found, enabled=False, token="", failures=0, again=None)
        return names(self.touch(secret, rotation=found))

    def _check_function(self, call: Call, secret: Secret, function: str) -> None:
        """Whether Secrets Manager may call it."""
        parts = function.split(":")
        name, qualifier = (parts[6], parts[7] if len(parts) > 7 else "") if len(parts) > 6 else (function, "")
        lets = Qualified(self.documents).lets(name, qualifier, function, (secret.arn, call.account))
        if not function.startswith("arn:aws:lambda:") or not lets:
            raise AwsError(
                "AccessDeniedException",
                "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
                "access to the principal secretsmanager.amazonaws.com.",
            )


def _rules(given: Mapping[str, Any] | None, before: Rotation | None) -> dict[str, str]:
    """As they are kept; InvalidParameterException for those that Secrets Manager does not take."""
    if given is None:
        return dict(before.schedule) if before is not None else {}
    days, text, window = given.get("AutomaticallyAfterDays"), given.get("ScheduleExpression"), given.get("Duration")
    if days is not None and text is not None:
        raise wrong("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
    if days is not None and not 1 <= days <= _LONGEST_DAYS:
        raise wrong(f"AutomaticallyAfterDays must be between 1 and {_LONGEST_DAYS}.")
    if window is not None and not _WINDOW.fullmatch(window):
        raise wrong(f"The Duration '{window}' is not valid: it is a number of hours, such as 3h.")
    if text is not None:
        _check_schedule(text)
    found = {"AutomaticallyAfterDays": None if days is None else str(days), "ScheduleExpression": text}
    return {name: value for name, value in {**found, "Duration": window}.items() if value is not None}


def _check_schedule(text: str) -> None:
    try:
        read = schedule.read(text, None)
    except AwsError as error:
        raise wrong(f"The ScheduleExpression '{text}' is not valid: {error.message}") from error
    if isinstance(read, schedule.At):
        raise wrong(f"The ScheduleExpression '{text}' is not valid: it is rate(…) or cron(…).")
    if isinstance(read, schedule.Rate) and read.interval < _LEAST:
        raise wrong(f"The ScheduleExpression '{text}' is not valid: a secret is rotated every four hours at most.")


def following(rules: Mapping[str, str], moment: datetime) -> datetime | None:
    """When the next rotation is due after a moment, both in simulated time; None without a schedule."""
    if "ScheduleExpression" in rules:
        return schedule.read(rules["ScheduleExpression"], None).after(moment)
    if "AutomaticallyAfterDays" in rules:
        return moment + timedelta(days=int(rules["AutomaticallyAfterDays"]))
    return None

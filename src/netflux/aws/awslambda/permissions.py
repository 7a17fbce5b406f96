"""Who else may call a function: its policy, a statement at a time.

"Viewing resource-based IAM policies in Lambda", Lambda Developer Guide.
"""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from netflux.aws.awslambda.part import Part, invalid
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.awslambda.function import LATEST
from netflux.resources.awslambda.qualified import Permission, Qualified, key

Request = dict[str, Any]
_ACCOUNT = re.compile(r"\d{12}")
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?|[a-z0-9-]+\.alexa-appkit\.amazon\.com")
_ALEXA = "Leave it out: there are no Alexa skills here."
_ORGANIZATION = "Leave it out: there are no organizations here."


class PermissionOperations(Part):
    """Handlers of policies."""

    qualified: Qualified

    @operation(
        "FunctionName StatementId Action Principal SourceArn SourceAccount Qualifier RevisionId FunctionUrlAuthType "
        "InvokedViaFunctionUrl",
        refused={"EventSourceToken": _ALEXA, "PrincipalOrgID": _ORGANIZATION},
    )
    def add_permission(self, call: Call, request: Request) -> Request:
        """A statement that allows a service, an account or a role to call the function."""
        function, wanted = self.function(request), self.named(request)
        self._check_place(request)
        place = key(function.name, wanted.qualifier, request["StatementId"])
        if place in self.qualified.permissions:
            raise AwsError(
                "ResourceConflictException",
                f"The statement id ({request['StatementId']}) provided already exists. Please provide a new statement "
                "id, or remove the existing statement.",
                409,
            )
        statement = self._statement(request, self.kept.arn(function.name, wanted.qualifier))
        text = json.dumps(statement, separators=(",", ":"))
        self.qualified.permissions.put(Permission(function.name, wanted.qualifier, request["StatementId"], text))
        return {"Statement": text}

    @operation("FunctionName StatementId Qualifier RevisionId")
    def remove_permission(self, call: Call, request: Request) -> Request:
        """Takes a statement out."""
        function, wanted = self.function(request), self.named(request)
        place = key(function.name, wanted.qualifier, request["StatementId"])
        if place not in self.qualified.permissions:
            raise AwsError(
                "ResourceNotFoundException",
                f"Statement {request['StatementId']} is not found in resource policy.",
                404,
            )
        self._check_place(request)
        self.qualified.permissions.delete(place)
        return {}

    @operation("FunctionName Qualifier")
    def get_policy(self, call: Call, request: Request) -> Request:
        """All statements."""
        function, wanted = self.function(request), self.named(request)
        text = self.qualified.policy(function.name, wanted.qualifier)
        if not text:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        return {"Policy": text, "RevisionId": self._revision(request)}

    def _check_place(self, request: Mapping[str, Any]) -> None:
        given = request.get("RevisionId")
        if self.named(request).qualifier == LATEST:
            raise invalid("We currently do not support adding policies for $LATEST.")
        if given and given != self._revision(request):
            raise AwsError(
                "PreconditionFailedException",
                "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API to retrieve the "
                "latest RevisionId",
                412,
            )

    def _revision(self, request: Mapping[str, Any]) -> str:
        """Of what the policy belongs to; AwsError where that is not there."""
        wanted = self.named(request)
        alias = self.qualified.aliases.get(key(wanted.name, wanted.qualifier))
        version = self.kept.version(wanted.name, wanted.qualifier or LATEST)
        if alias is None and version is None:
            raise AwsError(
                "ResourceNotFoundException",
                f"Function not found: {self.kept.arn(wanted.name, wanted.qualifier)}",
                404,
            )
        return alias.revision if alias is not None else version.revision if version is not None else ""

    def _statement(self, request: Mapping[str, Any], arn: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "Sid": request["StatementId"],
            "Effect": "Allow",
            "Principal": _principal(request["Principal"]),
            "Action": request["Action"],
            "Resource": arn,
        }
        equals = {
            name: request[member]
            for member, name in (
                ("SourceAccount", "AWS:SourceAccount"),
                ("FunctionUrlAuthType", "lambda:FunctionUrlAuthType"),
            )
            if request.get(member)
        }
        condition: dict[str, Any] = {"StringEquals": equals} if equals else {}
        if request.get("InvokedViaFunctionUrl") is not None:
            condition["Bool"] = {"lambda:InvokedViaFunctionUrl": str(request["InvokedViaFunctionUrl"]).lower()}
        if request.get("SourceArn"):
            condition["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
        return found | ({"Condition": condition} if condition else {})


def _principal(text: str) -> Any:
    if text == "*":
        return "*"
    if _ACCOUNT.fullmatch(text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if text.startswith("arn:"):
        return {"AWS": text}
    if not _SERVICE.fullmatch(text):
        raise invalid("The provided principal was invalid. Please check the principal and try again.")
    return {"Service": text}

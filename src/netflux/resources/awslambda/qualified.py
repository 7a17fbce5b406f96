"""What belongs to a function, a version or an alias: who else may call it, where an alias leads, what calls become."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema
from netflux.policy.document import parse
from netflux.policy.evaluate import ANONYMOUS, Principal, Request
from netflux.policy.verdict import Kind, Source, judge
from netflux.resources.awslambda.function import LATEST

_CALLERS = {"lambda", "scheduler", "states"}
"""Services that call with a role, so that its policies decide and not the function's."""
_NAMES = {"cloudwatch": "lambda.alarms.cloudwatch.amazonaws.com"}
"""Principals of services whose ARNs have another name."""


@dataclass(frozen=True)
class Permission:
    """One statement of a function's policy.

    Attributes:
        function: name.
        qualifier: version or alias; empty for the function.
        sid: the statement's id.
        statement: as JSON.
    """

    function: str
    qualifier: str
    sid: str
    statement: str


@dataclass(frozen=True)
class Alias:
    """A name that leads to a version, or to two.

    Attributes:
        version: number.
        weights: of a second version, the share of calls that it gets.
        revision: another one after each change.
    """

    function: str
    name: str
    version: str
    description: str
    revision: str
    weights: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class EventRule:
    """What becomes of calls that nobody waits for.

    Attributes:
        qualifier: version or alias; `$LATEST` for the function.
        attempts: times that a call is tried again; None for two.
        age: seconds after which it is given up; None for six hours.
        success: ARN of who is told of a call that succeeded; empty for nobody.
        failure: the same for one that was given up.
    """

    function: str
    qualifier: str
    modified: datetime
    attempts: int | None = None
    age: int | None = None
    success: str = ""
    failure: str = ""


def key(function: str, qualifier: str, name: str = "") -> str:
    """Of a record."""
    return f"{function}:{qualifier}:{name}"


PERMISSION = Schema(
    "lambda/permission",
    Permission,
    lambda one: key(one.function, one.qualifier, one.sid),
    indices={"function": lambda one: (one.function,), "place": lambda one: (key(one.function, one.qualifier),)},
    remedy="Give it again: aws lambda add-permission.",
)
ALIAS = Schema(
    "lambda/alias",
    Alias,
    lambda one: key(one.function, one.name),
    indices={
        "function": lambda one: (one.function,),
        "version": lambda one: [f"{one.function}:{number}" for number in (one.version, *one.weights)],
    },
    remedy="Make it anew: aws lambda create-alias.",
)
EVENT_RULE = Schema(
    "lambda/eventrule",
    EventRule,
    lambda one: key(one.function, one.qualifier),
    indices={"function": lambda one: (one.function,)},
    remedy="Put it again: aws lambda put-function-event-invoke-config.",
)


class Qualified:
    """The tables.

    Args:
        documents: of the region.
    """

    def __init__(self, documents: Documents) -> None:
        self.permissions = documents.table(PERMISSION)
        self.aliases = documents.table(ALIAS)
        self.rules = documents.table(EVENT_RULE)

    def policy(self, function: str, qualifier: str) -> str:
        """The policy of a function, a version or an alias, as JSON; empty where it has none."""
        found = [json.loads(one.statement) for one in self.permissions.where("place", key(function, qualifier))]
        return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": found}) if found else ""

    def rule(self, function: str, qualifier: str) -> EventRule | None:
        """What becomes of calls; None where nothing was said."""
        return self.rules.get(key(function, qualifier or LATEST))

    def lets(self, function: str, qualifier: str, arn: str, source: tuple[str, str]) -> bool:
        """Whether the policy lets a service call the function.

        Args:
            function: name.
            qualifier: version or alias; empty for the function.
            arn: of what is called.
            source: ARN of what makes the service call, and its account.
        """
        name = source[0].split(":")[2]
        if name in _CALLERS:
            return True
        text = self.policy(function, qualifier)
        if not text:
            return False
        context = {"aws:sourcearn": (source[0],), "aws:sourceaccount": (source[1],)}
        request = Request(
            Principal("Service", _NAMES.get(name, f"{name}.amazonaws.com")), "lambda:InvokeFunction", arn, context
        )
        policy = Source(Kind.RESOURCE, "", arn, parse(text, needs_principal=True))
        return judge([policy], request, resource_decides=True).allowed

    def opens(self, function: str, qualifier: str, arn: str) -> bool:
        """Whether the policy lets everybody call the function by its URL."""
        text = self.policy(function, qualifier)
        if not text:
            return False
        context = {"lambda:functionurlauthtype": ("NONE",)}
        request = Request(ANONYMOUS, "lambda:InvokeFunctionUrl", arn, context)
        policy = Source(Kind.RESOURCE, "", arn, parse(text, needs_principal=True))
        return judge([policy], request, resource_decides=True).allowed

    def forget(self, function: str) -> None:
        """The function is gone, and so is what belonged to it."""
        for table in (self.permissions, self.aliases, self.rules):
            for name in table.keys("function", function):
                table.delete(name)

"""EventBridge Scheduler: schedules and their groups."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from netflux.aws.destinations import service_of
from netflux.aws.events.outlet import Outlet
from netflux.aws.events.rules import ECS, ECS_REFUSED
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.paging import page
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError, Unsupported
from netflux.resources import schedule
from netflux.resources.events import DEFAULT, ENABLED, SCHEDULE, SCHEDULE_GROUP, Schedule, ScheduleGroup
from netflux.resources.iam.identity import ROLE

Request = dict[str, Any]
TAGS = Tagger("ValidationException", "ServiceQuotaExceededException")
SERVICE = "scheduler.amazonaws.com"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_PAGE = AwsError("ValidationException", "Invalid NextToken. Use one that an answer has given.")
_UNDONE = "Targets are queues, topics, functions, buses, and clusters whose tasks are run: leave it out."
_OF_SCHEDULE = (
    "Name GroupName ScheduleExpression StartDate EndDate Description ScheduleExpressionTimezone State Target(Arn "
    "RoleArn DeadLetterConfig(Arn) RetryPolicy(MaximumEventAgeInSeconds MaximumRetryAttempts) Input "
    f"EcsParameters({ECS} Tags) EventBridgeParameters(DetailType Source) SqsParameters(MessageGroupId)) "
    "FlexibleTimeWindow(Mode MaximumWindowInMinutes) ActionAfterCompletion"
)
_REFUSED = {
    "KmsKeyArn": "Leave it out: what a schedule says is kept as it is.",
    **{f"Target.EcsParameters.{name}": why for name, why in ECS_REFUSED.items()},
    **{
        f"Target.{name}": _UNDONE
        for name in ("KinesisParameters", "SageMakerPipelineParameters", "EventBridgePutEventsV2Parameters",
                     "EventBridgePutRawEventsParameters")
    },
}  # fmt: skip
_TOKEN = {"ClientToken": "A repeated request with the same members has the same answer or is refused by its name."}


class SchedulerApi:
    """Handlers of EventBridge Scheduler.

    Args:
        documents: of the region.
        clock: of the region.
        place: region and account.
        outlet: delivers to targets.
    """

    service = "scheduler"
    whole = True

    def __init__(self, documents: Documents, clock: Clock, place: tuple[str, str], outlet: Outlet) -> None:
        self.documents = documents
        self.schedules = documents.table(SCHEDULE)
        self.groups = documents.table(SCHEDULE_GROUP)
        self._roles = documents.table(ROLE)
        self._clock = clock
        self._region, self._account = place
        self._outlet = outlet

    @operation("Name Tags(Key Value)", neutral=_TOKEN)
    def create_schedule_group(self, call: Call, request: Request) -> dict[str, Any]:
        """Beside the default one."""
        name = request["Name"]
        if name == DEFAULT or name in self.groups:
            raise AwsError("ConflictException", f"Schedule group {name} already exists.", 409)
        place = arn("scheduler", f"schedule-group/{name}", self._account, self._region)
        tags = TAGS.read(request.get("Tags"), own=call.access_key is None)
        self.groups.put(ScheduleGroup(name, place, self._clock.now(), tags))
        return {"ScheduleGroupArn": place}

    @operation("Name")
    def get_schedule_group(self, _call: Call, request: Request) -> dict[str, Any]:
        """A group that is there is active."""
        return _shown_group(self._group(request["Name"]))

    @operation("NamePrefix NextToken MaxResults")
    def list_schedule_groups(self, _call: Call, request: Request) -> dict[str, Any]:
        """The default one and the others."""
        start = request.get("NamePrefix") or ""
        found = [self._group(DEFAULT), *self.groups]
        return _listed("ScheduleGroups", [_shown_group(one) for one in found if one.name.startswith(start)], request)

    @operation("Name", neutral=_TOKEN)
    def delete_schedule_group(self, _call: Call, request: Request) -> dict[str, Any]:
        """With its schedules."""
        group = self._group(request["Name"])
        if group.name == DEFAULT:
            raise AwsError("ValidationException", "The default schedule group can't be deleted.")
        for one in self.schedules.where("group", group.name):
            self.schedules.delete(one.key)
        self.groups.delete(group.name)
        return {}

    def _group(self, name: str) -> ScheduleGroup:
        found = self.groups.get(name)
        if found is not None:
            return found
        if name != DEFAULT:
            raise AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)
        return ScheduleGroup(name, arn("scheduler", f"schedule-group/{name}", self._account, self._region), _EPOCH)

    @operation(_OF_SCHEDULE, refused=_REFUSED, neutral=_TOKEN)
    def create_schedule(self, _call: Call, request: Request) -> dict[str, Any]:
        """One of this name is not there yet."""
        group, name = self._group(request.get("GroupName") or DEFAULT), request["Name"]
        if f"{group.name}/{name}" in self.schedules:
            raise AwsError("ConflictException", f"Schedule {name} already exists.", 409)
        place = arn("scheduler", f"schedule/{group.name}/{name}", self._account, self._region)
        self.schedules.put(self._made(request, group.name, place, self._clock.now()))
        return {"ScheduleArn": place}

    @operation(_OF_SCHEDULE, refused=_REFUSED, neutral=_TOKEN)
    def update_schedule(self, _call: Call, request: Request) -> dict[str, Any]:
        """All of it is replaced ("UpdateSchedule", EventBridge Scheduler API Reference)."""
        known = self._schedule(request)
        self.schedules.put(self._made(request, known.group, known.arn, known.created))
        return {"ScheduleArn": known.arn}

    def _made(self, request: Request, group: str, place: str, created: datetime) -> Schedule:
        window, zone = request["FlexibleTimeWindow"], request.get("ScheduleExpressionTimezone") or "UTC"
        minutes = window.get("MaximumWindowInMinutes") or 0
        if (window["Mode"] == "FLEXIBLE") != bool(minutes):
            raise AwsError(
                "ValidationException", "MaximumWindowInMinutes is given where Mode is FLEXIBLE, and only there."
            )
        self._check_target(request["Target"])
        now = self._clock.calendar()
        made = Schedule(
            request["Name"], group, place, request["ScheduleExpression"], zone, request["Target"], created,
            self._clock.now(), now, request.get("State") or ENABLED, request.get("Description") or "",
            _aware(request.get("StartDate")), _aware(request.get("EndDate")), minutes,
            request.get("ActionAfterCompletion") or "NONE",
        )  # fmt: skip
        if made.start and made.end and made.start >= made.end:
            raise AwsError("ValidationException", "EndDate must be after StartDate.")
        return self._timed(made, now)

    def _timed(self, one: Schedule, last: datetime) -> Schedule:
        """The schedule with its next time after `last`, anywhere within its window."""
        try:
            read = schedule.read(one.expression, one.zone)
        except (AwsError, Unsupported):
            raise AwsError("ValidationException", f"Invalid Schedule Expression {one.expression}.") from None
        due = schedule.within(read, last, one.start, one.end) if one.state == ENABLED else None
        if due is not None and one.window:
            due += timedelta(seconds=random.uniform(0, one.window * 60))  # noqa: S311 (nobody has to guess it)
        return replace(one, last=last, due=due)

    def _check_target(self, target: Mapping[str, Any]) -> None:
        self._outlet.check(target["Arn"], "scheduler:CreateSchedule")
        role, service = target["RoleArn"], service_of(target["Arn"])
        if service == "logs":
            raise Unsupported(f"scheduler: the target {target['Arn']}", _UNDONE)
        if role.rpartition("/")[2] not in {one.name for one in self._roles}:
            raise AwsError("ValidationException", "The execution role you provide must allow AWS EventBridge Scheduler "
                           "to assume the role.")  # fmt: skip
        for wanted, member in (("ecs", "EcsParameters"), ("events", "EventBridgeParameters")):
            if (service == wanted) != (member in target):
                raise AwsError("ValidationException", f"{member} is given for targets of {wanted}, and only there.")

    @operation("Name GroupName")
    def get_schedule(self, _call: Call, request: Request) -> dict[str, Any]:
        """All of it."""
        return _shown(self._schedule(request))

    @operation("GroupName NamePrefix State NextToken MaxResults")
    def list_schedules(self, _call: Call, request: Request) -> dict[str, Any]:
        """Without what their targets get."""
        group, start = request.get("GroupName"), request.get("NamePrefix") or ""
        found = self.schedules.where("group", self._group(group).name) if group else [*self.schedules]
        told = [
            {
                "Arn": one.arn, "Name": one.name, "GroupName": one.group, "State": one.state,
                "CreationDate": one.created, "LastModificationDate": one.modified,
                "Target": {"Arn": one.target["Arn"]},
            }
            for one in found
            if one.name.startswith(start) and request.get("State") in (None, one.state)
        ]  # fmt: skip
        return _listed("Schedules", told, request)

    @operation("Name GroupName", neutral=_TOKEN)
    def delete_schedule(self, _call: Call, request: Request) -> dict[str, Any]:
        """It comes no more."""
        self.schedules.delete(self._schedule(request).key)
        return {}

    def _schedule(self, request: Request) -> Schedule:
        group = request.get("GroupName") or DEFAULT
        found = self.schedules.get(f"{self._group(group).name}/{request['Name']}")
        if found is None:
            raise AwsError("ResourceNotFoundException", f"Schedule {request['Name']} does not exist.", 404)
        return found

    @operation("ResourceArn Tags(Key Value)")
    def tag_resource(self, call: Call, request: Request) -> dict[str, Any]:
        """Groups have tags."""
        group = self._tagged(request)
        added = TAGS.read(request["Tags"], own=call.access_key is None)
        self.groups.put(replace(group, tags=TAGS.merged(group.tags, added)))
        return {}

    @operation("ResourceArn TagKeys")
    def untag_resource(self, _call: Call, request: Request) -> dict[str, Any]:
        """Keys that it has not are no error."""
        group = self._tagged(request)
        left = {key: value for key, value in group.tags.items() if key not in request["TagKeys"]}
        self.groups.put(replace(group, tags=left))
        return {}

    @operation("ResourceArn")
    def list_tags_for_resource(self, _call: Call, request: Request) -> dict[str, Any]:
        """All of them."""
        return {"Tags": TAGS.shown(self._tagged(request).tags)}

    def _tagged(self, request: Request) -> ScheduleGroup:
        return self._group(request["ResourceArn"].partition(":schedule-group/")[2] or "''")

    def came(self, one: Schedule) -> None:
        """A schedule's time has come: its target gets its input, and it waits for the next time, or goes."""
        now = self._clock.calendar()
        after = self._timed(one, now)
        if after.due is None and one.after == "DELETE":
            self.schedules.delete(one.key)
        else:
            self.schedules.put(after)
        self._outlet.deliver(one.target, self._body(one, now), one.arn, SERVICE)

    def _body(self, one: Schedule, now: datetime) -> str:
        given = one.target.get("EventBridgeParameters")
        body = str(one.target.get("Input") or "")
        if given is None:
            return body or "{}"
        told = {"source": given["Source"], "detail-type": given["DetailType"], "resources": [one.arn]}
        return json.dumps({**told, "time": now.isoformat(), "detail": json.loads(body or "{}")})


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _listed(name: str, found: Sequence[Any], request: Request) -> dict[str, Any]:
    shown, following = page(found, request.get("NextToken"), request.get("MaxResults") or 100, _NO_PAGE)
    return {name: shown, **({"NextToken": following} if following else {})}


def _shown_group(group: ScheduleGroup) -> dict[str, Any]:
    return {
        "Name": group.name, "Arn": group.arn, "State": "ACTIVE", "CreationDate": group.created,
        "LastModificationDate": group.created,
    }  # fmt: skip


def _shown(one: Schedule) -> dict[str, Any]:
    window: dict[str, Any] = (
        {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": one.window} if one.window else {"Mode": "OFF"}
    )
    told = {
        "Arn": one.arn, "Name": one.name, "GroupName": one.group, "ScheduleExpression": one.expression,
        "ScheduleExpressionTimezone": one.zone, "StartDate": one.start, "EndDate": one.end,
        "Description": one.description or None, "State": one.state, "Target": one.target, "FlexibleTimeWindow": window,
        "ActionAfterCompletion": one.after, "CreationDate": one.created, "LastModificationDate": one.modified,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}

"""Operations on scheduled actions."""

from __future__ import annotations

import uuid

from netflux.aws.applicationautoscaling.part import LISTED, OF, Part, absent, check_kind, invalid, page
from netflux.aws.applicationautoscaling.store import SCHEDULE, Json, schedule_key
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.resources import schedule

_TIMES = ("StartTime", "EndTime")


class Scheduled(Part):
    """Handlers. `at` names a moment of the wall clock; `rate` and `cron` are of the simulated calendar."""

    @operation(
        f"{OF} Schedule Timezone ScheduledActionName StartTime EndTime ScalableTargetAction(MinCapacity MaxCapacity)"
    )
    async def put_scheduled_action(self, call: Call, request: Json) -> Json:
        """Makes or changes a scheduled action."""
        check_kind(request)
        self.must_find(request, "registered")
        known = self.store.documents.get(SCHEDULE, schedule_key(request))
        body = {**(known or {}), **request}
        for name in _TIMES:
            if name in request:
                body[name] = request[name].isoformat()
        if "Schedule" not in body or not body.get("ScalableTargetAction"):
            raise invalid("Schedule and ScalableTargetAction are required for a scheduled action")
        read = schedule.read(body["Schedule"], body.get("Timezone"))
        if isinstance(read, schedule.At) and read.after(self.store.clock.now()) is None:
            raise invalid(f"The time of {body['Schedule']} is in the past")
        least, most = (body["ScalableTargetAction"].get(name) for name in ("MinCapacity", "MaxCapacity"))
        if least is not None and most is not None and least > most:
            raise invalid("Maximum capacity cannot be less than minimum capacity")
        prefix = f"arn:aws:autoscaling:{call.region}:{call.account}:scheduledAction:{uuid.uuid4()}"
        resource, name = request["ResourceId"], request["ScheduledActionName"]
        body.setdefault("ScheduledActionARN", f"{prefix}:resource/ecs/{resource}:scheduledActionName/{name}")
        body.setdefault("CreationTime", self.store.now())
        if "Schedule" in request:
            moment = self.store.clock.now() if isinstance(read, schedule.At) else self.store.clock.calendar()
            body["Last"] = moment.isoformat()
        self.store.put_schedule(body)
        return {}

    @operation(f"ScheduledActionNames {LISTED}")
    async def describe_scheduled_actions(self, _call: Call, request: Json) -> Json:
        """Scheduled actions."""
        names = request.get("ScheduledActionNames")
        found = [
            body for body in self.of(request, self.store.schedules())
            if not names or body["ScheduledActionName"] in names
        ]  # fmt: skip
        return page("ScheduledActions", found, request)

    @operation(f"ScheduledActionName {OF}")
    async def delete_scheduled_action(self, _call: Call, request: Json) -> Json:
        """Removes a scheduled action."""
        check_kind(request)
        if self.store.documents.get(SCHEDULE, schedule_key(request)) is None:
            raise absent("scheduled action", "found", request)
        self.store.delete(SCHEDULE, schedule_key(request))
        return {}

"""Application Auto Scaling's operations, for ECS services; anything else is refused by name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from netflux.aws.applicationautoscaling import policy
from netflux.aws.applicationautoscaling.part import LISTED, OF, absent, check_kind, invalid, page
from netflux.aws.applicationautoscaling.scheduled import Scheduled
from netflux.aws.applicationautoscaling.store import POLICY, SCHEDULE, TARGET, Json, policy_key, schedule_key
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_ROLE = "ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"


class ApplicationAutoScalingApi(Scheduled):
    """Handlers."""

    service = "application-autoscaling"
    whole = True

    @operation(
        f"{OF} MinCapacity MaxCapacity SuspendedState(DynamicScalingInSuspended DynamicScalingOutSuspended "
        "ScheduledScalingSuspended) Tags",
        neutral={"RoleARN": "ECS services are scaled by the service-linked role, whatever is given."},
    )
    async def register_scalable_target(self, call: Call, request: Json) -> Json:
        """Registers an ECS service, or changes what was registered."""
        check_kind(request)
        resource = request["ResourceId"]
        before = self.store.target(resource)
        if before is None:
            for name in ("MinCapacity", "MaxCapacity"):
                if name not in request:
                    raise invalid(f"{name} is required when a scalable target is registered")
            await self._check_service(resource)
        suspended = {
            "DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False,
            **(before or {}).get("SuspendedState", {}), **request.get("SuspendedState", {}),
        }  # fmt: skip
        prefix = f"arn:aws:application-autoscaling:{call.region}:{call.account}"
        body = {
            "RoleARN": f"arn:aws:iam::{call.account}:role/aws-service-role/{_ROLE}",
            "CreationTime": self.store.now(),
            "ScalableTargetARN": f"{prefix}:scalable-target/{uuid.uuid4().hex}",
            **(before or {}),
            **{name: value for name, value in request.items() if name != "RoleARN"},
            "SuspendedState": suspended,
        }
        if not 0 <= body["MinCapacity"] <= body["MaxCapacity"]:
            raise invalid("Maximum capacity cannot be less than minimum capacity, and neither less than 0")
        body["Hold"] = body.get("Hold", False) or "MinCapacity" in request or "MaxCapacity" in request
        self.store.put_target(body)
        return {"ScalableTargetARN": body["ScalableTargetARN"]}

    @operation("ServiceNamespace ResourceIds ScalableDimension MaxResults NextToken")
    async def describe_scalable_targets(self, _call: Call, request: Json) -> Json:
        """Registered services."""
        wanted = request.get("ResourceIds")
        found = [body for body in self.of(request, self.store.targets()) if not wanted or body["ResourceId"] in wanted]
        return page("ScalableTargets", found, request)

    @operation(OF)
    async def deregister_scalable_target(self, _call: Call, request: Json) -> Json:
        """Ends the scaling of a service, with its policies, their alarms and its scheduled actions."""
        check_kind(request)
        self.must_find(request, "found")
        for one in self.store.policies(request["ResourceId"]):
            await self._delete(one)
        for one in self.store.schedules(request["ResourceId"]):
            self.store.delete(SCHEDULE, schedule_key(one))
        self.store.delete(TARGET, request["ResourceId"])
        return {}

    @operation(
        f"PolicyName {OF} PolicyType {policy.MEMBERS}", neutral=policy.NEUTRAL, refused=policy.REFUSED, only=policy.ONLY
    )
    async def put_scaling_policy(self, call: Call, request: Json) -> Json:
        """Makes or replaces a policy; one of target tracking makes its two alarms anew."""
        check_kind(request)
        policy.check(request)
        self.must_find(request, "registered")
        resource, name = request["ResourceId"], request["PolicyName"]
        before = self.store.documents.get(POLICY, policy_key(request))
        prefix = f"arn:aws:autoscaling:{call.region}:{call.account}:scalingPolicy:{uuid.uuid4()}"
        made = {"PolicyARN": f"{prefix}:resource/ecs/{resource}:policyName/{name}", "CreationTime": self.store.now()}
        kept = {key: before[key] for key in made} if before else made
        body = {"PolicyType": "StepScaling", **request, **kept, "Alarms": (before or {}).get("Alarms", [])}
        await self._delete_alarms(body)
        asked = policy.alarms(body) if policy.is_tracking(body) else []
        for alarm in asked:
            await self.apis.call("cloudwatch", "PutMetricAlarm", alarm)
        arn = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:"
        body["Alarms"] = [{"AlarmName": one["AlarmName"], "AlarmARN": arn + one["AlarmName"]} for one in asked]
        self.store.put_policy(body)
        return {"PolicyARN": kept["PolicyARN"], "Alarms": body["Alarms"]}

    @operation(f"PolicyNames {LISTED}")
    async def describe_scaling_policies(self, _call: Call, request: Json) -> Json:
        """Policies, with the alarms that call for them."""
        names = request.get("PolicyNames")
        found = [
            {**body, "Alarms": body["Alarms"] or await self._alarms(body["PolicyARN"])}
            for body in self.of(request, self.store.policies())
            if not names or body["PolicyName"] in names
        ]
        return page("ScalingPolicies", found, request)

    @operation(f"PolicyName {OF}")
    async def delete_scaling_policy(self, _call: Call, request: Json) -> Json:
        """Removes a policy and the alarms that were made for it."""
        check_kind(request)
        found = self.store.documents.get(POLICY, policy_key(request))
        if found is None:
            raise absent("scaling policy", "found", request)
        await self._delete(found)
        return {}

    @operation(f"IncludeNotScaledActivities {LISTED}")
    async def describe_scaling_activities(self, _call: Call, request: Json) -> Json:
        """What was changed and why, the newest first; on request what was not changed as well."""
        found = self.of(request, self.store.activities())
        if not request.get("IncludeNotScaledActivities"):
            found = [one for one in found if "NotScaledReasons" not in one]
        return page("ScalingActivities", found, request)

    @operation("ResourceARN")
    async def list_tags_for_resource(self, _call: Call, request: Json) -> Json:
        """Tags of a scalable target."""
        return {"Tags": self._by_arn(request["ResourceARN"]).get("Tags", {})}

    @operation("ResourceARN Tags")
    async def tag_resource(self, _call: Call, request: Json) -> Json:
        """Adds tags to a scalable target."""
        body = self._by_arn(request["ResourceARN"])
        self.store.put_target({**body, "Tags": {**body.get("Tags", {}), **request["Tags"]}})
        return {}

    @operation("ResourceARN TagKeys")
    async def untag_resource(self, _call: Call, request: Json) -> Json:
        """Takes tags from a scalable target."""
        body = self._by_arn(request["ResourceARN"])
        left = {key: value for key, value in body.get("Tags", {}).items() if key not in request["TagKeys"]}
        self.store.put_target({**body, "Tags": left})
        return {}

    async def _check_service(self, resource: str) -> None:
        _, cluster, service = resource.split("/")
        try:
            asked = {"cluster": cluster, "services": [service]}
            found = (await self.apis.call("ecs", "DescribeServices", asked))["services"]
        except AwsError:
            found = []
        if not [one for one in found if one["status"] == "ACTIVE"]:
            raise invalid(f"ECS service doesn't exist: {resource}")

    async def _alarms(self, arn: str) -> Sequence[Json]:
        """Those that clients have made for a policy."""
        found = (await self.apis.call("cloudwatch", "DescribeAlarms", {"ActionPrefix": arn}))["MetricAlarms"]
        return [{"AlarmName": one["AlarmName"], "AlarmARN": one["AlarmArn"]} for one in found]

    async def _delete(self, body: Json) -> None:
        await self._delete_alarms(body)
        self.store.delete(POLICY, policy_key(body))

    async def _delete_alarms(self, body: Json) -> None:
        for alarm in body["Alarms"]:
            try:
                await self.apis.call("cloudwatch", "DeleteAlarms", {"AlarmNames": [alarm["AlarmName"]]})
            except AwsError as error:
                if error.code != "ResourceNotFound":
                    raise

    def _by_arn(self, arn: str) -> Json:
        for body in self.store.targets():
            if body["ScalableTargetARN"] == arn:
                return body
        raise AwsError("ResourceNotFoundException", f"The resource doesn't exist: {arn}")

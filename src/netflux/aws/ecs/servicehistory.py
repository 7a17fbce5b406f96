"""Service deployments and service revisions, as Terraform's wait for a steady state and `cdk watch` read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netflux.aws.ecs.arn import name
from netflux.aws.ecs.decide.breaker import read
from netflux.aws.ecs.page import Part, page, place_of
from netflux.aws.ecs.serviceshape import PENDING
from netflux.aws.ecs.store import DEFINITION, SERVICE, Json, wire
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_MOST = 20  # API reference, DescribeServiceDeployments and DescribeServiceRevisions: up to 20 ARNs.
_DEPLOYMENT, _REVISION = "service-deployment", "service-revision"


class ServiceHistory(Part):
    """Operations on what services have deployed."""

    @operation("service cluster status createdAt(before after) nextToken maxResults")
    async def list_service_deployments(self, call: Call, request: Json) -> Json:
        """Of a service, the last one first."""
        cluster = self.cluster(call, request)["clusterArn"]
        arn = place_of(call).service(cluster, request["service"])
        service = self.store.get(SERVICE, arn)
        if service is None:
            raise AwsError("ServiceNotFoundException", "Service not found.")
        wanted, created = request.get("status") or (), request.get("createdAt") or {}
        found = []
        for entry in service.get("history", ()):
            brief = wire(_brief(service, entry))
            since, until = created.get("after"), created.get("before")
            if wanted and entry["status"] not in wanted:
                continue
            if (since is None or brief["createdAt"] >= since) and (until is None or brief["createdAt"] <= until):
                found.append(brief)
        return page(found, request, "serviceDeployments")

    @operation("serviceDeploymentArns")
    async def describe_service_deployments(self, _call: Call, request: Json) -> Json:
        """By ARN; unknown ones are failures."""
        return self._known_of(request["serviceDeploymentArns"], _DEPLOYMENT, "serviceDeployments")

    @operation("serviceRevisionArns")
    async def describe_service_revisions(self, _call: Call, request: Json) -> Json:
        """By ARN; unknown ones are failures."""
        return self._known_of(request["serviceRevisionArns"], _REVISION, "serviceRevisions")

    def _known_of(self, arns: Sequence[str], kind: str, member: str) -> Json:
        if not 1 <= len(arns) <= _MOST:
            raise AwsError("InvalidParameterException", f"Give 1 to {_MOST} ARNs.")
        found, failures = [], []
        for arn in arns:
            known = self._entry(arn, kind)
            if known is None:
                failures.append({"arn": arn, "reason": "MISSING"})
            elif kind == _DEPLOYMENT:
                found.append(wire(self._shown_deployment(*known)))
            else:
                found.append(wire(self._shown_revision(*known)))
        return {member: found, "failures": failures}

    def _entry(self, arn: str, kind: str) -> tuple[Json, Json] | None:
        above, _, identity = arn.rpartition("/")
        service = self.store.get(SERVICE, above.replace(f":{kind}/", ":service/"))
        if service is None or f":{kind}/" not in arn:
            return None
        return next(((service, one) for one in service.get("history", ()) if one["id"] == identity), None)

    def _shown_deployment(self, service: Json, entry: Json) -> Json:
        breaker = read(entry["configuration"])
        counts = self._counts(service, entry["deployment"])
        primary = service["deployments"][0]
        open_ = entry["status"] in ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS")
        state = "MONITORING" if open_ else "MONITORING_COMPLETE"
        if entry["status"].startswith("ROLLBACK") or entry["status"] == "STOPPED":
            state = "TRIGGERED" if "circuit breaker" in entry.get("statusReason", "") else state
        shown = {
            **_brief(service, entry),
            "updatedAt": entry["updatedAt"],
            "sourceServiceRevisions": [
                {"arn": _arn(service, _REVISION, entry["source"]), **_NO_TASKS}
            ] if entry["source"] else [],
            "targetServiceRevision": {"arn": _arn(service, _REVISION, entry["id"]), **counts},
            "deploymentConfiguration": entry["configuration"],
            "deploymentCircuitBreaker": {
                "status": state if breaker.enabled else "DISABLED",
                "failureCount": primary["failedTasks"] if primary["id"] == entry["deployment"] else 0,
                "threshold": breaker.threshold(service["accepted"]["desiredCount"]) if breaker.enabled else 0,
            },
            "alarms": {
                "status": "DISABLED", "alarmNames": (entry["configuration"].get("alarms") or {}).get("alarmNames", []),
                "triggeredAlarmNames": [],
            },
        }  # fmt: skip
        del shown["targetServiceRevisionArn"]
        if "stoppedAt" in entry:
            shown["stoppedAt"] = entry["stoppedAt"]
        back = entry.get("rollback")
        if back is not None:
            told = {"reason": back["reason"], "startedAt": back["startedAt"]}
            if back["revision"]:
                told["serviceRevisionArn"] = _arn(service, _REVISION, back["revision"])
            shown["rollback"] = told
        return shown

    def _counts(self, service: Json, deployment: str) -> Json:
        tasks = [body["task"] for body in self.store.tasks_of(service["arn"]) if body["deployment"] == deployment]
        states = [task["lastStatus"] for task in tasks]
        primary = service["deployments"][0]["id"] == deployment
        return {
            "requestedTaskCount": service["accepted"]["desiredCount"] if primary else 0,
            "runningTaskCount": states.count("RUNNING"),
            "pendingTaskCount": sum(states.count(state) for state in PENDING),
        }

    def _shown_revision(self, service: Json, entry: Json) -> Json:
        return {
            "serviceRevisionArn": _arn(service, _REVISION, entry["id"]),
            "serviceArn": service["arn"],
            "clusterArn": service["clusterArn"],
            **entry["revision"],
            "containerImages": [*self._images(entry)],
            "guardDutyEnabled": False,
        }

    def _images(self, entry: Json) -> Iterator[Json]:
        definition = self.store.get(DEFINITION, entry["revision"]["taskDefinition"]) or {"containerDefinitions": []}
        for body in definition["containerDefinitions"]:
            digest = entry["images"].get(body["name"])
            told = {"containerName": body["name"], "image": body["image"]}
            yield {**told, "imageDigest": digest} if digest else told


_NO_TASKS = {"requestedTaskCount": 0, "runningTaskCount": 0, "pendingTaskCount": 0}


def _brief(service: Json, entry: Json) -> Json:
    kept = ("createdAt", "startedAt", "finishedAt", "status", "statusReason")
    return {
        "serviceDeploymentArn": _arn(service, _DEPLOYMENT, entry["id"]),
        "serviceArn": service["arn"],
        "clusterArn": service["clusterArn"],
        "targetServiceRevisionArn": _arn(service, _REVISION, entry["id"]),
        **{key: entry[key] for key in kept if key in entry},
    }


def _arn(service: Json, kind: str, identity: Any) -> str:
    account = service["arn"].split(":service/")[0]
    return f"{account}:{kind}/{name(service['clusterArn'])}/{service['name']}/{identity}"

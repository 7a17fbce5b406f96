"""Account settings and tags."""

from __future__ import annotations

from netflux.aws.ecs.page import Part, page
from netflux.aws.ecs.store import CLUSTER, DEFINITION, SERVICE, SETTING, TASK, Json
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported

LOG_MODE = "defaultLogDriverMode"
_DEFAULTS = {
    "serviceLongArnFormat": "enabled",
    "taskLongArnFormat": "enabled",
    "containerInstanceLongArnFormat": "enabled",
    "awsvpcTrunking": "disabled",
    "containerInsights": "disabled",
    "fargateFIPSMode": "disabled",
    "tagResourceAuthorization": "on",
    "fargateTaskRetirementWaitPeriod": "7",
    "guardDutyActivate": "off",
    LOG_MODE: "non-blocking",
}
_CARRIED = {
    LOG_MODE: ("blocking", "non-blocking"),
    "containerInsights": ("enabled", "disabled"),
    # No task is retired here, and no container instance is there, whatever they say.
    "fargateTaskRetirementWaitPeriod": ("0", "7", "14"),
    "awsvpcTrunking": ("enabled", "disabled"),
}
"""Values that are as true as any other; of settings that are not among them, the default."""
_PRINCIPAL = {"principalArn": "Leave it out: a setting is the account's."}
_KINDS = {"cluster": CLUSTER, "service": SERVICE, "task": TASK, "task-definition": DEFINITION}


class Settings(Part):
    """Operations on account settings and tags."""

    @operation("name value", refused=_PRINCIPAL)
    async def put_account_setting(self, call: Call, request: Json) -> Json:
        """Stores a setting of the account."""
        name, value = request["name"], request["value"]
        if value not in _CARRIED.get(name, (_DEFAULTS.get(name),)):
            raise Unsupported(f"the account setting {name} with the value {value}", "Leave it as it is.")
        root = f"arn:aws:iam::{call.account}:root"
        setting = {"name": request["name"], "value": request["value"], "principalArn": root, "type": "user"}
        self.store.put(SETTING, request["name"], setting)
        return {"setting": setting}

    @operation("name value")
    async def put_account_setting_default(self, call: Call, request: Json) -> Json:
        """Stores a setting of the account."""
        return await self.put_account_setting(call, request)

    @operation("name", refused=_PRINCIPAL)
    async def delete_account_setting(self, call: Call, request: Json) -> Json:
        """Brings back a setting's default."""
        self.store.delete(SETTING, request["name"])
        root = f"arn:aws:iam::{call.account}:root"
        return {"setting": {"name": request["name"], "value": _DEFAULTS.get(request["name"], ""), "principalArn": root}}

    @operation("name value effectiveSettings nextToken maxResults", refused=_PRINCIPAL)
    async def list_account_settings(self, call: Call, request: Json) -> Json:
        """What was set; with effectiveSettings, the defaults too."""
        own = dict(self.store.all(SETTING))
        if request.get("effectiveSettings"):
            root = f"arn:aws:iam::{call.account}:root"
            defaults = {n: {"name": n, "value": v, "principalArn": root, "type": "user"} for n, v in _DEFAULTS.items()}
            own = defaults | own
        chosen = [
            body for name, body in sorted(own.items())
            if request.get("name") in (None, name) and request.get("value") in (None, body["value"])
        ]  # fmt: skip
        return page(chosen, request, "settings")

    @operation("resourceArn tags(key value)")
    async def tag_resource(self, _call: Call, request: Json) -> Json:
        """Adds tags to a resource, over those with the same keys."""
        kind = self._kind(request["resourceArn"])
        new = {tag["key"]: tag for tag in request["tags"]}
        self.store.change(
            kind, request["resourceArn"], lambda body: _set_tags(kind, body, {**_tags(kind, body), **new})
        )
        return {}

    @operation("resourceArn tagKeys")
    async def untag_resource(self, _call: Call, request: Json) -> Json:
        """Removes tags by key."""
        kind, gone = self._kind(request["resourceArn"]), set(request["tagKeys"])
        self.store.change(
            kind,
            request["resourceArn"],
            lambda body: _set_tags(kind, body, {k: v for k, v in _tags(kind, body).items() if k not in gone}),
        )
        return {}

    @operation("resourceArn")
    async def list_tags_for_resource(self, _call: Call, request: Json) -> Json:
        """A resource's tags."""
        kind = self._kind(request["resourceArn"])
        body = self.store.get(kind, request["resourceArn"]) or {}
        return {"tags": [*_tags(kind, body).values()]}

    def _kind(self, arn: str) -> str:
        kinds = (arn.rpartition(":")[2], ":".join(arn.split(":")[5:]))
        kind = next((found for one in kinds if (found := _KINDS.get(one.partition("/")[0]))), None)
        if kind is None or self.store.get(kind, arn) is None:
            raise AwsError("InvalidParameterException", f"The specified resource was not found: {arn}")
        return kind


def _tags(kind: str, body: Json) -> dict[str, Json]:
    holder = body["task"] if kind == TASK else body
    return {tag["key"]: tag for tag in holder.get("tags", [])}


def _set_tags(kind: str, body: Json, tags: dict[str, Json]) -> None:
    holder = body["task"] if kind == TASK else body
    holder["tags"] = [*tags.values()]

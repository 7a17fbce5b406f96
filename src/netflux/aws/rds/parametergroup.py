"""DB parameter groups: of the families that are on this machine, with parameters that its PostgreSQL takes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.rds import parameters
from netflux.aws.rds.configuration import FORCE_SSL
from netflux.aws.rds.installation import Installation
from netflux.aws.rds.pages import page
from netflux.aws.rds.part import TAGS, Part, check_identifier, combination, invalid, own
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported
from netflux.resources.rds import Parameter, ParameterGroup

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import (
        CopyDBParameterGroupMessageTypeDef,
        CreateDBParameterGroupMessageTypeDef,
        DeleteDBParameterGroupMessageTypeDef,
        DescribeDBParameterGroupsMessageTypeDef,
        DescribeDBParametersMessageTypeDef,
        DescribeEngineDefaultParametersMessageTypeDef,
        ModifyDBParameterGroupMessageTypeDef,
        ResetDBParameterGroupMessageTypeDef,
    )

_DEFAULT = "default."
_MOST_GROUPS = 50  # "Quotas and constraints for Amazon RDS", RDS User Guide
_MOST_CHANGES = 20  # "ModifyDBParameterGroup", Amazon RDS API Reference
_IMMEDIATE, _REBOOT = "immediate", "pending-reboot"
_TOLD = {
    f"Parameters.{name}": "What DescribeDBParameters has told; only name, value and method are changed."
    for name in (
        "Description", "Source", "ApplyType", "DataType", "AllowedValues", "IsModifiable", "MinimumEngineVersion",
        "SupportedEngineModes",
    )
}  # fmt: skip


class ParameterGroupOperations(Part):
    """Handlers of DB parameter groups."""

    @operation("DBParameterGroupName DBParameterGroupFamily Description Tags(Key Value)")
    def create_db_parameter_group(self, call: Call, request: CreateDBParameterGroupMessageTypeDef) -> dict[str, Any]:
        """Names are kept in lower case ("CreateDBParameterGroup", Amazon RDS API Reference)."""
        family = request["DBParameterGroupFamily"]
        if self._installed(family) is None:
            have = ", ".join(f"postgres{one.major}" for one in self.installations) or "none"
            raise invalid(
                f"ParameterGroupFamily {family} is not a valid parameter group family. On this machine there are: "
                f"{have}."
            )
        tags = TAGS.read(request.get("Tags"), own(call))
        made = self._new_parameter_group(call, "DBParameterGroupName", request["DBParameterGroupName"])
        made = replace(made, family=family, description=_described(request["Description"]), tags=tags)
        self.parameter_groups.put(made)
        return {"DBParameterGroup": shape(made)}

    @operation(
        "SourceDBParameterGroupIdentifier TargetDBParameterGroupIdentifier TargetDBParameterGroupDescription "
        "Tags(Key Value)"
    )
    def copy_db_parameter_group(self, call: Call, request: CopyDBParameterGroupMessageTypeDef) -> dict[str, Any]:
        """A default group can be copied as well."""
        source = self.parameter_group(call, request["SourceDBParameterGroupIdentifier"])
        tags = TAGS.read(request.get("Tags"), own(call))
        made = self._new_parameter_group(
            call, "TargetDBParameterGroupIdentifier", request["TargetDBParameterGroupIdentifier"]
        )
        description = _described(request["TargetDBParameterGroupDescription"])
        made = replace(
            made, family=source.family, description=description, tags=tags, parameters=dict(source.parameters)
        )
        self.parameter_groups.put(made)
        return {"DBParameterGroup": shape(made)}

    def _new_parameter_group(self, call: Call, member: str, given: str) -> ParameterGroup:
        name = given.lower()
        check_identifier(member, name, 255, more=".")
        if name in self.parameter_groups or self._default(call, name) is not None:
            raise AwsError("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
        if name.startswith(_DEFAULT):
            raise invalid(f"{name} is no name for a parameter group: those that begin with 'default.' are RDS's own.")
        if len(self.parameter_groups) >= _MOST_GROUPS:
            raise AwsError("DBParameterGroupQuotaExceeded", f"The account has {_MOST_GROUPS} parameter groups already.")
        return ParameterGroup(name, arn("rds", f"pg:{name}", call.account, call.region), "", "")

    @operation("DBParameterGroupName MaxRecords Marker", refused={"Filters": "Leave it out: AWS has none for it."})
    def describe_db_parameter_groups(
        self, call: Call, request: DescribeDBParameterGroupsMessageTypeDef
    ) -> dict[str, Any]:
        """The default ones, and those that were made."""
        defaults = [_default_group(call, f"postgres{one.major}") for one in self.installations]
        found = sorted([*defaults, *self.parameter_groups], key=lambda group: group.name)
        if "DBParameterGroupName" in request:
            found = [self.parameter_group(call, request["DBParameterGroupName"])]
        shown, marker = page(found, request, lambda group: group.name)
        answer: dict[str, Any] = {"DBParameterGroups": [shape(group) for group in shown]}
        return {**answer, "Marker": marker} if marker else answer

    @operation(
        "DBParameterGroupName Parameters(ParameterName ParameterValue ApplyMethod)",
        neutral=_TOLD,
    )
    async def modify_db_parameter_group(
        self, call: Call, request: ModifyDBParameterGroupMessageTypeDef
    ) -> dict[str, Any]:
        """PostgreSQL itself is asked whether it takes the values ("ModifyDBParameterGroup", Amazon RDS API
        Reference).
        """
        group, given = self._changeable(call, request["DBParameterGroupName"]), request["Parameters"]
        if not 1 <= len(given) <= _MOST_CHANGES:
            raise invalid(f"1 to {_MOST_CHANGES} parameters can be changed in one request, not {len(given)}.")
        changed = _changes(given)
        installation = self._its(group)
        await asyncio.to_thread(parameters.check, installation, {name: one.value for name, one in changed.items()})
        changed = self._with_methods(installation, changed)
        with self.documents.transaction():
            group = self._changeable(call, request["DBParameterGroupName"])
            self.parameter_groups.put(replace(group, parameters={**group.parameters, **changed}))
        return {"DBParameterGroupName": group.name}

    @operation(
        "DBParameterGroupName ResetAllParameters Parameters(ParameterName ApplyMethod)",
        neutral={**_TOLD, "Parameters.ParameterValue": "A parameter gets its default, whatever is given."},
    )
    async def reset_db_parameter_group(
        self, call: Call, request: ResetDBParameterGroupMessageTypeDef
    ) -> dict[str, Any]:
        """Parameters get the engine's defaults ("ResetDBParameterGroup", Amazon RDS API Reference)."""
        group, given = self._changeable(call, request["DBParameterGroupName"]), request.get("Parameters", [])
        everything = request.get("ResetAllParameters", False)
        if everything and given:
            raise combination("You can't specify Parameters when ResetAllParameters is true.")
        if not everything and not 1 <= len(given) <= _MOST_CHANGES:
            raise invalid(
                f"1 to {_MOST_CHANGES} parameters can be reset in one request, or all with ResetAllParameters."
            )
        names = [str(one.get("ParameterName", "")).lower() for one in given]
        known = await asyncio.to_thread(parameters.settings, self._its(group))
        for name in names:
            if name not in known:
                raise invalid(f"Could not find parameter with name: {name}")
        with self.documents.transaction():
            group = self._changeable(call, request["DBParameterGroupName"])
            kept = {} if everything else {name: one for name, one in group.parameters.items() if name not in names}
            self.parameter_groups.put(replace(group, parameters=kept))
        return {"DBParameterGroupName": group.name}

    @operation("DBParameterGroupName")
    def delete_db_parameter_group(self, call: Call, request: DeleteDBParameterGroupMessageTypeDef) -> dict[str, Any]:
        """Refused for default groups, and while a DB instance is in it."""
        group = self.parameter_group(call, request["DBParameterGroupName"])
        if group.name.startswith(_DEFAULT):
            raise AwsError("InvalidDBParameterGroupState", f"Default DBParameterGroup cannot be deleted: {group.name}")
        self.parameter_groups.delete(group.name)
        return {}

    @operation(
        "DBParameterGroupName Source MaxRecords Marker", refused={"Filters": "Leave it out: AWS has none for it."}
    )
    async def describe_db_parameters(self, call: Call, request: DescribeDBParametersMessageTypeDef) -> dict[str, Any]:
        """Those that the group sets have the source `user`."""
        group = self.parameter_group(call, request["DBParameterGroupName"])
        told = await self._told(group)
        wanted = request.get("Source")
        if wanted is not None and wanted not in ("user", "system", "engine-default"):
            raise invalid(f"Invalid source: {wanted}. Valid values are user, system, engine-default.")
        found = [one for one in told if wanted in (None, one["Source"])]
        shown, marker = page(found, request, lambda one: str(one["ParameterName"]))
        return {"Parameters": shown, **({"Marker": marker} if marker else {})}

    @operation("DBParameterGroupFamily MaxRecords Marker", refused={"Filters": "Leave it out: AWS has none for it."})
    async def describe_engine_default_parameters(
        self, call: Call, request: DescribeEngineDefaultParametersMessageTypeDef
    ) -> dict[str, Any]:
        """Of a family that is on this machine."""
        family = request["DBParameterGroupFamily"]
        if self._installed(family) is None:
            raise invalid(f"ParameterGroupFamily {family} is not a valid parameter group family")
        told = await self._told(_default_group(call, family))
        shown, marker = page(told, request, lambda one: str(one["ParameterName"]))
        defaults = {"DBParameterGroupFamily": family, "Parameters": shown, **({"Marker": marker} if marker else {})}
        return {"EngineDefaults": defaults}

    def parameter_group(self, call: Call, name: str) -> ParameterGroup:
        """One that was made or a default one; DBParameterGroupNotFound when there is none of the name."""
        found = self.parameter_groups.get(name.lower()) or self._default(call, name.lower())
        if found is None:
            raise AwsError("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)
        return found

    def _changeable(self, call: Call, name: str) -> ParameterGroup:
        group = self.parameter_group(call, name)
        if group.name.startswith(_DEFAULT):
            raise invalid(f"Cannot modify a default parameter group. Make one of your own: {group.name}.")
        return group

    def _default(self, call: Call, name: str) -> ParameterGroup | None:
        family = name.removeprefix(_DEFAULT)
        return _default_group(call, family) if name != family and self._installed(family) is not None else None

    def _installed(self, family: str) -> Installation | None:
        return next((one for one in self.installations if family == f"postgres{one.major}"), None)

    def _its(self, group: ParameterGroup) -> Installation:
        found = self._installed(group.family)
        if found is None:
            raise Unsupported(
                f"rds: parameters of {group.family}",
                "Its PostgreSQL is no longer on this machine, and nothing else knows what it takes: install it again.",
            )
        return found

    async def _told(self, group: ParameterGroup) -> Sequence[dict[str, Any]]:
        known = await asyncio.to_thread(parameters.settings, self._its(group))
        return [_parameter(one, group.parameters.get(name)) for name, one in known.items()]

    def _with_methods(self, installation: Installation, changed: Mapping[str, Parameter]) -> dict[str, Parameter]:
        known, found = parameters.settings(installation), {}
        for name, parameter in changed.items():
            if known[name].static and parameter.method == _IMMEDIATE:
                raise combination(f"cannot use immediate apply method for static parameter: {name}")
            found[name] = replace(parameter, static=known[name].static)
        return found


def _changes(given: Sequence[Mapping[str, Any]]) -> dict[str, Parameter]:
    """The parameters of a request, by name."""
    changed: dict[str, Parameter] = {}
    for one in given:
        for member in ("ParameterName", "ParameterValue", "ApplyMethod"):
            if one.get(member) is None:
                raise invalid(f"The parameter {member} must be provided and must not be blank.")
        name = one["ParameterName"].lower()
        if name in changed:
            raise invalid(f"The parameter {name} stands twice in the request.")
        if "{" in one["ParameterValue"]:
            raise Unsupported(
                f"rds:ModifyDBParameterGroup {name}={one['ParameterValue']!r}",
                "Give a number: formulas count with an instance class's memory, which an instance here has not.",
            )
        changed[name] = Parameter(one["ParameterValue"], one["ApplyMethod"])
    return changed


def _described(text: str) -> str:
    if not text.strip():
        raise invalid("The parameter Description must be provided and must not be blank.")
    return text


def _default_group(call: Call, family: str) -> ParameterGroup:
    name = f"{_DEFAULT}{family}"
    where = arn("rds", f"pg:{name}", call.account, call.region)
    return ParameterGroup(name, where, family, f"Default parameter group for {family}")


def _parameter(setting: parameters.Setting, own: Parameter | None) -> dict[str, Any]:
    """The Parameter shape; what has no value is left to the engine."""
    told: dict[str, Any] = {
        "ParameterName": setting.name,
        "Description": setting.description,
        "Source": "user" if own else "system" if setting.name == FORCE_SSL else "engine-default",
        "ApplyType": "static" if setting.static else "dynamic",
        "DataType": setting.kind,
        "IsModifiable": setting.modifiable,
        "ApplyMethod": own.method if own else _REBOOT,
    }
    value = own.value if own else setting.default
    return told | {name: text for name, text in (("ParameterValue", value), ("AllowedValues", setting.allowed)) if text}


def shape(group: ParameterGroup) -> dict[str, Any]:
    """The DBParameterGroup shape."""
    return {
        "DBParameterGroupName": group.name,
        "DBParameterGroupFamily": group.family,
        "Description": group.description,
        "DBParameterGroupArn": group.arn,
    }

"""Stored values in the API's form."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from netflux.cloudformation import parameters
from netflux.cloudformation.store import Resource, Source, Stack
from netflux.cloudformation.template import Template, parse
from netflux.cloudformation.validate import capabilities
from netflux.errors import AwsError


def moment(text: str) -> datetime:
    """A stored time."""
    return datetime.fromisoformat(text)


def stack(found: Stack) -> dict[str, Any]:
    """A stack as DescribeStacks gives it."""
    described = _described(found.source)
    made: dict[str, Any] = {
        "StackId": found.id,
        "StackName": found.name,
        "CreationTime": moment(found.created),
        "StackStatus": found.status,
        "DisableRollback": found.shown.get("DisableRollback", False),
        "EnableTerminationProtection": found.shown.get("EnableTerminationProtection", False),
        "NotificationARNs": found.shown.get("NotificationARNs", []),
        "RollbackConfiguration": found.shown.get("RollbackConfiguration", {}),
        "DriftInformation": _drift(found.shown.get("Drift"), "StackDriftStatus"),
        "Parameters": _parameters(described["NoEcho"], found.source),
        "Capabilities": list(found.capabilities),
        "Tags": [{"Key": key, "Value": value} for key, value in found.source.tags.items()],
        "Outputs": found.source.outputs,
    }
    optional = {
        "Description": described["Description"],
        "StackStatusReason": found.reason or None,
        "LastUpdatedTime": moment(found.updated) if found.updated else None,
        "DeletionTime": moment(found.deleted) if found.deleted else None,
        "TimeoutInMinutes": found.shown.get("TimeoutInMinutes"),
        "RoleARN": found.shown.get("RoleARN"),
        "ChangeSetId": found.shown.get("ChangeSetId"),
        "ParentId": found.shown.get("ParentId"),
        "RootId": found.shown.get("RootId"),
    }
    return made | {key: value for key, value in optional.items() if value is not None}


def _drift(told: Mapping[str, Any] | None, status: str) -> dict[str, Any]:
    """What is told of drift beside all else."""
    if told is None:
        return {status: "NOT_CHECKED"}
    return {status: told[status], "LastCheckTimestamp": moment(told.get("LastCheckTimestamp") or told["Timestamp"])}


def summary(found: Stack) -> dict[str, Any]:
    """A stack as ListStacks gives it."""
    whole = stack(found)
    kept = (
        "StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus", "StackStatusReason",
        "DriftInformation",
    )  # fmt: skip
    made = {key: whole[key] for key in kept if key in whole}
    if "Description" in whole:
        made["TemplateDescription"] = whole["Description"]
    return made


def describe(template: Template) -> dict[str, Any]:
    """What a stack tells of its template, to be stored with it."""
    hidden = [name for name, declared in template.parameters.items() if parameters.is_secret(declared)]
    return {"Description": template.description, "NoEcho": hidden, "Resources": len(template.resources)}


def _described(source: Source) -> dict[str, Any]:
    """Of what an earlier version stored, and took where this one would not, nothing is told and all is hidden."""
    if source.described is not None:
        return source.described
    if not source.template:
        return {"Description": None, "NoEcho": []}
    try:
        return describe(parse(source.template))
    except AwsError:
        return {"Description": None, "NoEcho": list(source.parameters)}


def _parameters(hidden: Collection[str], source: Source) -> list[dict[str, Any]]:
    made = []
    for name, value in source.parameters.items():
        told = {"ParameterKey": name, "ParameterValue": parameters.MASK if name in hidden else value}
        if name in source.resolved:
            told["ResolvedValue"] = parameters.MASK if name in hidden else source.resolved[name]
        made.append(told)
    return made


def event(found: Mapping[str, Any]) -> dict[str, Any]:
    """An event as DescribeStackEvents gives it."""
    return dict(found) | {"Timestamp": moment(found["Timestamp"])}


def resource(found: Resource) -> dict[str, Any]:
    """What all three forms of a resource have."""
    made: dict[str, Any] = {
        "LogicalResourceId": found.logical,
        "ResourceType": found.type,
        "ResourceStatus": found.status,
        "DriftInformation": _drift(found.drift, "StackResourceDriftStatus"),
    }
    if found.physical:
        made["PhysicalResourceId"] = found.physical
    if found.reason:
        made["ResourceStatusReason"] = found.reason
    return made


def described(owner: Stack, found: Resource) -> dict[str, Any]:
    """A resource as DescribeStackResources gives it."""
    named = {"StackId": owner.id, "StackName": owner.name, "Timestamp": moment(found.updated or owner.created)}
    return resource(found) | named


def detail(owner: Stack, found: Resource) -> dict[str, Any]:
    """A resource as DescribeStackResource gives it."""
    return resource(found) | {
        "StackId": owner.id,
        "StackName": owner.name,
        "LastUpdatedTimestamp": moment(found.updated or owner.created),
        "Metadata": json.dumps(found.metadata),
    }


def listed(owner: Stack, found: Resource) -> dict[str, Any]:
    """A resource as ListStackResources gives it."""
    return resource(found) | {"LastUpdatedTimestamp": moment(found.updated or owner.created)}


def template_summary(template: Template) -> dict[str, Any]:
    """What GetTemplateSummary says of a template."""
    made: dict[str, Any] = {
        "Parameters": [_declared(name, each) for name, each in template.parameters.items()],
        "ResourceTypes": sorted({each.type for each in template.resources.values()}),
        "Version": "2010-09-09",
    }
    if template.description:
        made["Description"] = template.description
    if template.metadata:
        made["Metadata"] = json.dumps(template.metadata)
    if template.transforms:
        made["DeclaredTransforms"] = list(template.transforms)
    return made | needed(template)


def needed(template: Template) -> dict[str, Any]:
    """The capabilities and the reason for them."""
    capability, types = capabilities(template)
    wanted = [capability] if capability is not None else []
    if template.transforms:
        wanted, types = [*wanted, "CAPABILITY_AUTO_EXPAND"], types or list(template.transforms)
    if not wanted:
        return {}
    reason = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    return {"Capabilities": wanted, "CapabilitiesReason": reason}


def _declared(name: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    constraints = {}
    if "AllowedValues" in declared:
        constraints["AllowedValues"] = [str(each) for each in declared["AllowedValues"]]
    made: dict[str, Any] = {
        "ParameterKey": name,
        "ParameterType": declared.get("Type", "String"),
        "NoEcho": parameters.is_secret(declared),
        "ParameterConstraints": constraints,
    }
    if "Default" in declared:
        made["DefaultValue"] = str(declared["Default"])
    if "Description" in declared:
        made["Description"] = str(declared["Description"])
    return made

"""What a template's functions are evaluated against, for one stack: its parameters, exports, zones and resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from netflux.cloudformation import exports, parameters
from netflux.cloudformation.carry import carried
from netflux.cloudformation.intrinsics import REMOVED, UNKNOWN, Environment, has_unknown
from netflux.cloudformation.registry import custom
from netflux.cloudformation.store import Resource, Source, Stack, Store
from netflux.cloudformation.template import Declaration, Template, check_policy
from netflux.cloudformation.types.table import TAGS, Caller, Properties, as_list
from netflux.cloudformation.validate import row_of, schema_of
from netflux.errors import AwsError


def pseudo(stack: Stack) -> dict[str, Any]:
    """The pseudo parameters of a stack."""
    _, partition, _, region, account, _ = stack.id.split(":", 5)
    return {
        "AWS::AccountId": account,
        "AWS::NotificationARNs": stack.shown.get("NotificationARNs", []),
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }


async def environment(call: Caller, store: Store, stack: Stack, template: Template) -> Environment:
    """All but the resources."""
    source = stack.source
    values = parameters.references(template, source.parameters, source.resolved)
    zones = {}
    region = pseudo(stack)["AWS::Region"]
    if "GetAZs" in template.body:
        answer = await call("ec2", "DescribeAvailabilityZones", {})
        zones[region] = sorted(zone["ZoneName"] for zone in answer["AvailabilityZones"])
    return Environment(
        parameters=values,
        pseudo=pseudo(stack),
        mappings=template.mappings,
        conditions=template.conditions,
        exports={name: value for name, (value, _) in exports.found(store).items()},
        zones=lambda name: _zones(zones, name),
        outputs=lambda name: {
            output["OutputKey"]: output["OutputValue"]
            for found in (store.stack(name),)
            if found is not None and found.live
            for output in found.source.outputs
        },
    )


def _zones(zones: Mapping[str, list[str]], region: str) -> list[str]:
    if region not in zones:
        raise AwsError("ValidationError", f"Template validation error: Fn::GetAZs: there is no region {region} here.")
    return zones[region]


def with_resources(
    env: Environment, find: Callable[[str], Resource | None], unknown: Callable[[str], bool] = lambda _logical: False
) -> Environment:
    """The environment with the stack's resources in it.

    Args:
        find: a resource by logical id.
        unknown: whether the resource will be another one once the plan is carried out.
    """

    def reference(logical: str) -> Any:
        resource = find(logical)
        if unknown(logical):
            return UNKNOWN
        if resource is None or not resource.physical:
            raise AwsError("ValidationError", f"Resource {logical} has no physical id; its condition may be false.")
        told = row_of(resource.type).ref
        return told(resource.properties, resource.attributes, resource.physical) if told else resource.physical

    def attribute(logical: str, name: str) -> Any:
        if unknown(logical):
            return UNKNOWN
        resource = find(logical)
        if resource is None or not (name in resource.attributes or resource.physical):
            raise AwsError("ValidationError", _no_value(resource, logical, name))
        if name in resource.attributes:
            return resource.attributes[name]
        return _property(resource, name)

    return replace(env, reference=reference, attribute=attribute)


def _property(resource: Resource, name: str) -> Any:
    """A property as an attribute: as the template has it, or the name that was made up."""
    if name in resource.properties:
        return resource.properties[name]
    if name == row_of(resource.type).named and resource.name:
        return resource.name
    raise AwsError("ValidationError", _no_value(resource, resource.logical, name))


def _no_value(resource: Resource | None, logical: str, name: str) -> str:
    if resource is not None and custom(resource.type):
        return (
            f"CustomResource attribute error: Vendor response doesn't contain {name} attribute in object "
            f"{resource.physical}"
        )
    return f"Attribute '{name}' of resource {logical} has no value."


def masked(env: Environment, find: Callable[[str], Resource | None]) -> Environment:
    """The environment as outputs show it: what a custom resource's answer said not to echo is not told."""

    def attribute(logical: str, name: str) -> Any:
        value = env.attribute(logical, name)
        resource = find(logical)
        return parameters.MASK if resource is not None and resource.hidden else value

    return replace(env, attribute=attribute)


def wanted(env: Environment, template: Template) -> dict[str, Declaration]:
    """The resources whose condition holds, with their policies as the conditions and parameters have them."""
    return {
        logical: with_policies(env, declaration)
        for logical, declaration in template.resources.items()
        if declaration.condition is None or env.holds(declaration.condition)
    }


def with_policies(env: Environment, declaration: Declaration) -> Declaration:
    """The declaration with its policies evaluated. Raises AwsError for one that there is not."""
    return replace(
        declaration,
        deletion_policy=_policy(env, declaration, "DeletionPolicy", declaration.deletion_policy),
        update_replace_policy=_policy(env, declaration, "UpdateReplacePolicy", declaration.update_replace_policy),
    )


def _policy(env: Environment, declaration: Declaration, attribute: str, given: Any) -> str:
    """A policy evaluated, and AWS's default where there is none ("DeletionPolicy attribute")."""
    value = env.value(given) if isinstance(given, dict) else given
    if value is None or value is REMOVED:
        snapshot = attribute == "DeletionPolicy" and row_of(declaration.type).kept_as_snapshot
        return "Snapshot" if snapshot and "DBClusterIdentifier" not in declaration.properties else "Delete"
    check_policy(declaration.logical, attribute, value)
    return str(value)


def properties(env: Environment, source: Source, declaration: Declaration) -> Properties:
    """A resource's properties evaluated, with the stack's tags among its own."""
    row = row_of(declaration.type)
    schema = schema_of(env.pseudo["AWS::Region"], declaration.type)
    written = declaration.told if "CreationPolicy" in row.consumed else declaration.properties
    found: Properties = schema.texts(env.value(written))
    if not source.tags or row.open or not carried(row, TAGS):
        return found
    own = as_list(found.get(TAGS, []))
    named = {tag["Key"] for tag in own}
    inherited = [{"Key": key, "Value": value} for key, value in source.tags.items() if key not in named]
    return found | {TAGS: own + inherited}


async def expanded(call: Caller, declaration: Declaration, found: Properties) -> Properties:
    """The evaluated properties with what they name indirectly looked up, where all of it is known."""
    expand = row_of(declaration.type).expand
    return found if expand is None or has_unknown(found) else await expand(call, found)


def outputs(env: Environment, template: Template) -> list[dict[str, Any]]:
    """The stack's outputs, as DescribeStacks gives them."""
    found = []
    for name, output in template.outputs.items():
        if "Condition" in output and not env.holds(output["Condition"]):
            continue
        value = env.value(output["Value"])
        if isinstance(value, list | dict) and not has_unknown(value):
            raise AwsError(
                "ValidationError", f"Template format error: The Value field of output {name} must evaluate to a String."
            )
        made = {"OutputKey": name, "OutputValue": _text(value)}
        if output.get("Description"):
            made["Description"] = str(output["Description"])
        if "Export" in output:
            made["ExportName"] = str(env.value(output["Export"]["Name"]))
        found.append(made)
    return found


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)

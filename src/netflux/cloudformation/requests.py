"""What a caller asks for: the template and its values out of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netflux.cloudformation import lookups, parameters, render, validate
from netflux.cloudformation.examiner import Examiner
from netflux.cloudformation.fetched import fetched
from netflux.cloudformation.lint import Linter
from netflux.cloudformation.store import Source, Stack
from netflux.cloudformation.template import Template
from netflux.cloudformation.transforms.expansion import AUTO_EXPAND, Processed, Transforms, Wanted
from netflux.cloudformation.types.table import Caller
from netflux.controlplane.call import Call
from netflux.errors import AwsError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_LONGEST = 51_200
"""Bytes of a TemplateBody ("CloudFormation quotas"); a longer template comes by TemplateURL."""


@dataclass(frozen=True)
class Asked:
    """A request's template with its values."""

    template: Template
    source: Source


def stack_name(name: str) -> str:
    """A name for a new stack. Raises AwsError ValidationError for one that can't be."""
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*",
        )
    return name


async def body(call: Caller, request: Mapping[str, Any], previous: Stack | None) -> str:
    """The template's text, from wherever the request says; AwsError where it says nothing, or two places."""
    given = [name for name in ("TemplateBody", "TemplateURL", "UsePreviousTemplate") if request.get(name)]
    if len(given) > 1:
        raise AwsError("ValidationError", f"Specify only one of {' and '.join(given)}.")
    if request.get("UsePreviousTemplate"):
        if previous is None or not previous.source.template:
            raise AwsError("ValidationError", "There is no previous template to use.")
        return previous.source.given
    if request.get("TemplateURL"):
        return await fetched(call, str(request["TemplateURL"]))
    text = request.get("TemplateBody")
    if not text:
        raise AwsError("ValidationError", "Either Template URL or Template Body must be specified.")
    return str(text)


def check_length(call: Call, request: Mapping[str, Any]) -> None:
    """Raises AwsError when a client's template is too long to come in the request; nested stacks come from inside."""
    if call.access_key is not None and len(str(request.get("TemplateBody") or "").encode()) > _LONGEST:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_LONGEST}",
        )


@dataclass(frozen=True)
class Checks:
    """Who looks at templates: transforms come first, then the examiner, and the linter at what it has let through."""

    examiner: Examiner
    linter: Linter
    transforms: Transforms


async def asked(call: Caller, checks: Checks, request: Mapping[str, Any], region: str, previous: Stack | None) -> Asked:
    """The whole of what is asked for, checked. Raises AwsError with AWS's code and words for what is wrong."""
    text = await body(call, request, previous)
    processed = await _processed(call, checks, request, region, (text, previous))
    template = await checks.examiner.read(processed.text)
    await checks.examiner.beside(validate.check, template, region)
    allowed_types(template, request.get("ResourceTypes", []))
    before = previous.source if previous else Source("", {}, {})
    values = await checks.examiner.values(template, request.get("Parameters", []), before.parameters)
    resolved = await lookups.resolved(call, template, values, changing="ChangeSetName" in request)
    references = parameters.references(template, values, resolved)
    await checks.examiner.rehearse(template, region, str(request["StackName"]), references)
    await lookups.check(call, template, values)
    validate.check_capabilities(template, request.get("Capabilities", []))
    await checks.linter.check(processed.linted or text, region)
    tags = before.tags
    if "Tags" in request:
        tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    described = render.describe(template)
    source = Source(processed.text, values, tags, before.outputs, described, resolved, processed.original)
    return Asked(template, source)


async def _processed(
    call: Caller, checks: Checks, request: Mapping[str, Any], region: str, given: tuple[str, Stack | None]
) -> Processed:
    """The template after its transforms, which a change set shows and a direct call has to have acknowledged."""
    text, previous = given
    found = await checks.transforms.outlined(text)
    if found is None:
        return Processed(text)
    sections, template = found
    if "ChangeSetName" not in request and AUTO_EXPAND not in request.get("Capabilities", []):
        raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{AUTO_EXPAND}]")
    before = previous.source.parameters if previous else {}
    values = await checks.examiner.values(template, request.get("Parameters", []), before)
    resolved = await lookups.resolved(call, template, values, changing="ChangeSetName" in request)
    references = parameters.references(template, values, resolved)
    wanted = Wanted(call, references, checks.examiner.known(region, str(request["StackName"])))
    return await checks.transforms.processed(text, sections, wanted)


def allowed_types(template: Template, allowed: Sequence[str]) -> None:
    """Raises AwsError ValidationError for a type that ResourceTypes leaves out; `AWS::EC2::*` allows a service's."""
    for declaration in template.resources.values():
        kind = declaration.type
        if allowed and not any(kind == each or (each.endswith("*") and kind.startswith(each[:-1])) for each in allowed):
            raise AwsError(
                "ValidationError",
                f"Resource type {kind} is not allowed by parameter ResourceTypes [{', '.join(allowed)}]",
            )

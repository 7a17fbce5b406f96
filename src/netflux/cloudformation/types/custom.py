"""Custom resources, which whoever wrote the template makes, and what waits for signals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netflux.cloudformation.custom import provider, signals, waits
from netflux.cloudformation.custom.event import timeout
from netflux.cloudformation.intrinsics import UNKNOWN, has_unknown
from netflux.cloudformation.transforms import macro
from netflux.cloudformation.types.table import Caller, Facts, Failed, Properties, Read, Row, Step, Verdict, Waiting

_PATIENCE = 2 * 3600.0
"""Seconds: ServiceTimeout, an hour at most, ends before."""
_LONGEST_WAIT = 13 * 3600.0


def _create(facts: Facts) -> list[dict[str, Any]]:
    return [{"Token": facts.token, "Stack": facts.stack, "Logical": facts.logical, "Properties": facts.new}]


def _update(facts: Facts) -> list[dict[str, Any]]:
    (made,) = _create(facts)
    return [made | {"Old": facts.old, "Physical": facts.id}]


def _delete(facts: Facts) -> list[dict[str, Any]]:
    (made,) = _create(facts)
    return [made | {"Physical": facts.id}]


async def _item(call: Caller, facts: Facts) -> Any:
    return (await call(provider.SERVICE, "Describe", {"Token": facts.token}))["Item"]


async def _made(call: Caller, facts: Facts) -> str | Waiting | Failed:
    item = await _item(call, facts)
    found = _answered(item, facts.new)
    return item["Outcome"].physical if found is None else found


async def _left(call: Caller, facts: Facts) -> str | None:
    item = await _item(call, facts)
    return item["Outcome"].physical or item["Name"] or None


def _answered(item: Any, _wanted: Properties) -> Verdict:
    outcome = item["Outcome"]
    if outcome.pending:
        return Waiting("its provider has not answered")
    return Failed(outcome.failure) if outcome.failure else None


def _over(item: Any) -> bool:
    """Of a deletion that succeeded nothing is known any more."""
    found = _answered(item, {})
    if isinstance(found, Failed):
        raise provider.refused(found.reason)
    return not item["Kind"]


def _data(facts: Facts) -> dict[str, Any]:
    found: dict[str, Any] = facts.item["Outcome"].data
    return {key: signals.text(value) for key, value in found.items()}


def _refused(properties: Properties) -> Iterator[str]:
    token = properties.get("ServiceToken")
    if isinstance(token, str) and not provider.asks(token):
        yield "Invalid service token."
    if properties.get("ServiceTimeout") is not UNKNOWN:
        yield from _said(timeout, properties)


def _said(check: Callable[[Properties], object], properties: Properties) -> Iterator[str]:
    try:
        check(properties)
    except ValueError as problem:
        yield str(problem)


CUSTOM = Row(
    type="AWS::CloudFormation::CustomResource",
    service=provider.SERVICE,
    create=Step("Create", (), build=_create),
    id="$response.Id",
    identify=_made,
    read=Read("Describe", {"Token": "$token"}, "$response.Item"),
    update=(Step("Update", (), build=_update),),
    delete=(Step("Delete", (), build=_delete),),
    outputs=_data,
    stable=_answered,
    over=_over,
    unique=False,
    open=True,
    fixed={"ServiceToken": "Modifying service token is not allowed."},
    refuses=_refused,
    renamed=lambda item: str(item["Outcome"].physical),
    hidden=lambda item: bool(item["Outcome"].hidden),
    left=_left,
    seconds=_PATIENCE,
)


def _not_waited(properties: Properties) -> Iterator[str]:
    if UNKNOWN not in (properties.get("Timeout"), properties.get("Count")) and not has_unknown(
        properties.get("CreationPolicy")
    ):
        yield from _said(signals.terms, properties)


async def _known(call: Caller, facts: Facts) -> str | None:
    found = (await call(waits.SERVICE, "Describe", {"Token": facts.token})).get("Item")
    return None if found is None else str(found["Id"])


def _ended(item: Any, _wanted: Properties) -> Verdict:
    return signals.verdict(item["Signals"], item["Count"], over=item["Over"])


_HANDLE = Row(
    type="AWS::CloudFormation::WaitConditionHandle",
    service=waits.SERVICE,
    create=Step("CreateHandle", (), build=_create),
    id="$response.Id",
    seek=lambda call, facts, _known_ids: _known(call, facts),
    read=Read("Describe", {"Token": "$token"}, "$response.Item"),
    delete=(Step("Delete", (), build=_create),),
)
_WAIT = Row(
    type="AWS::CloudFormation::WaitCondition",
    service=waits.SERVICE,
    create=Step("CreateWait", ("Count", "Handle", "Timeout"), build=_create),
    consumed=("CreationPolicy",),
    id="$response.Id",
    seek=lambda call, facts, _known_ids: _known(call, facts),
    read=Read("Describe", {"Token": "$token"}, "$response.Item"),
    attributes={"Data": lambda facts: signals.data(facts.item["Signals"])},
    stable=_ended,
    refuses=_not_waited,
    unique=False,
    fixed={"*": "Update to resource type AWS::CloudFormation::WaitCondition is not supported."},
    delete=(Step("Delete", (), build=_create),),
    seconds=_LONGEST_WAIT,
)

_MACRO_PROPERTIES = ("Name", "FunctionName", "Description")
_MACRO = Row(
    type="AWS::CloudFormation::Macro",
    service=macro.SERVICE,
    create=Step("Put", _MACRO_PROPERTIES, build=lambda facts: [facts.new]),
    id="{new.Name}",
    read=Read("Describe", {"Name": "$id"}, "$response.Macro"),
    update=(Step("Put", ("FunctionName", "Description"), build=lambda facts: [facts.new]),),
    delete=(Step("Delete", build=lambda facts: [{"Name": facts.id}]),),
)

ROWS = (CUSTOM, _HANDLE, _WAIT, _MACRO)

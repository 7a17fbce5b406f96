"""What IAM's roles, users and groups have alike: inline policies, attached ones, a boundary."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from netflux.cloudformation.types.table import Facts, Step

ABSENT = ("NoSuchEntity", "NoSuchEntityException")
Build = Callable[[Facts], list[dict[str, Any]]]


def changes(facts: Facts, prop: str) -> tuple[list[Any], list[Any]]:
    """What is to be added and what to be removed of a list property."""
    before, after = facts.old.get(prop, []), facts.new.get(prop, [])
    return [each for each in after if each not in before], [each for each in before if each not in after]


def _calls(key: str, member: str, which: Callable[[Facts], list[Any]]) -> Build:
    def build(facts: Facts) -> list[dict[str, Any]]:
        return [{key: facts.id, member: each} for each in which(facts)]

    return build


def inline(kind: str) -> tuple[Step, ...]:
    """The steps that make the property Policies so; they serve for updates as well.

    Args:
        kind: `Role`, `User` or `Group`.
    """
    key = f"{kind}Name"

    def put(facts: Facts) -> list[dict[str, Any]]:
        added, _ = changes(facts, "Policies")
        return [
            {key: facts.id, "PolicyName": each["PolicyName"], "PolicyDocument": json.dumps(each["PolicyDocument"])}
            for each in added
        ]

    def lost(facts: Facts) -> list[Any]:
        kept = {each["PolicyName"] for each in facts.new.get("Policies", [])}
        return [each["PolicyName"] for each in facts.old.get("Policies", []) if each["PolicyName"] not in kept]

    none: dict[str, Any] = {"Policies": []}
    return (
        Step(f"Put{kind}Policy", ("Policies",), build=put, defaults=none),
        Step(
            f"Delete{kind}Policy",
            ("Policies",),
            build=_calls(key, "PolicyName", lost),
            ignore=ABSENT,
            defaults=none,
        ),
    )


def managed(kind: str) -> tuple[Step, ...]:
    """The same for ManagedPolicyArns."""
    key = f"{kind}Name"
    none: dict[str, Any] = {"ManagedPolicyArns": []}
    added = _calls(key, "PolicyArn", lambda facts: changes(facts, "ManagedPolicyArns")[0])
    lost = _calls(key, "PolicyArn", lambda facts: changes(facts, "ManagedPolicyArns")[1])
    return (
        Step(f"Attach{kind}Policy", ("ManagedPolicyArns",), build=added, defaults=none),
        Step(f"Detach{kind}Policy", ("ManagedPolicyArns",), build=lost, ignore=ABSENT, defaults=none),
    )


def freed(kind: str) -> tuple[Step, ...]:
    """The steps that take from an identity what it has, so that it can be deleted."""
    key = f"{kind}Name"
    policies = _calls(key, "PolicyName", lambda facts: [each["PolicyName"] for each in facts.new.get("Policies", [])])
    attached = _calls(key, "PolicyArn", lambda facts: list(facts.new.get("ManagedPolicyArns", [])))
    return (
        Step(f"Delete{kind}Policy", build=policies, ignore=ABSENT),
        Step(f"Detach{kind}Policy", build=attached, ignore=ABSENT),
    )


def boundary(kind: str) -> tuple[Step, ...]:
    """The steps that put a permissions boundary in an update, or take it away."""
    key, prop = f"{kind}Name", "PermissionsBoundary"
    put = _calls(key, prop, lambda facts: [facts.new[prop]] if facts.new.get(prop) else [])

    def drop(facts: Facts) -> list[dict[str, Any]]:
        return [] if facts.new.get(prop) else [{key: facts.id}]

    return (
        Step(f"Put{kind}PermissionsBoundary", (prop,), build=put, defaults={prop: ""}),
        Step(f"Delete{kind}PermissionsBoundary", (prop,), build=drop, ignore=ABSENT, defaults={prop: ""}),
    )

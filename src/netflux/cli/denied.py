"""`netflux why-denied`: what the region refused last, or what decides about one request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from netflux.cli import client
from netflux.errors import UserError

ALLOWED, DENIED = 0, 1
SHOWN = 10


@dataclass(frozen=True)
class Asked:
    """One request; empty for the last refusals.

    Attributes:
        principal: ARN of a role, a user or a session.
        action: e.g. `s3:GetObject`.
        resource: ARN, or `*`.
    """

    principal: str = ""
    action: str = ""
    resource: str = "*"


def why(place: Path, asked: Asked, as_json: bool) -> int:
    """Prints the answer and returns the exit code: 0 when all is allowed, or nothing was denied.

    Raises:
        UserError: only one of principal and action was given, or there is no such principal.
    """
    if bool(asked.principal) != bool(asked.action):
        raise UserError(
            "Name both --principal and --action, or neither.",
            "Without them `netflux why-denied` lists what was denied last.",
            2,
        )
    query = {"principal": asked.principal, "action": asked.action, "resource": asked.resource} if asked.action else {}
    found = client.get(place, "denials.json", **query)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        _show(Console(highlight=False), found)
    if asked.action:
        return ALLOWED if found["allowed"] else DENIED
    return DENIED if found["denials"] else ALLOWED


def _show(console: Console, found: dict[str, Any]) -> None:
    if "denials" not in found:
        _one(console, found, Text("allowed", "bold green") if found["allowed"] else Text("denied", "bold red"))
        return
    denials = found["denials"]
    if not denials:
        console.print("Nothing was denied since the region started.")
    told = _grouped(denials)
    for denial, times in told[:SHOWN]:
        again = f", {times} times" if times > 1 else ""
        _one(console, denial, Text.assemble((denial["at"][11:19], "dim"), f"  denied{again}"))
        if denial["allowed_now"]:
            console.print(Text("  By now it would be allowed.", "green"))
        console.print()
    if len(told) > SHOWN:
        console.print(Text(f"{len(told) - SHOWN} earlier ones: --json has them.", "dim"))


def _grouped(denials: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], int]]:
    """The newest of those that tell the same but for the session, each with how many there are."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for denial in denials:
        who = denial["principal"].rpartition("/")[0]
        found.setdefault((who, denial["action"], denial["resource"], denial["decided"]), []).append(denial)
    return [(same[0], len(same)) for same in found.values()]


def _one(console: Console, told: dict[str, Any], verdict: Text) -> None:
    console.print(Text.assemble(verdict, f"  {told['action']} on {told['resource']}"), soft_wrap=True)
    console.print(Text(f"  {told['principal']}", "dim"), soft_wrap=True)
    console.print(f"  {told['decided']}", soft_wrap=True)
    for near in told["near"]:
        console.print(f"  Statement {near['statement']} of {near['policy']}: {near['lacks']}.", soft_wrap=True)
    if told["advice"]:
        console.print(Text(f"  → {told['advice']}", "cyan"), soft_wrap=True)
    if told["policy"]:
        console.print(Text(_indented(told["policy"]), "cyan"), soft_wrap=True)


def _indented(policy: dict[str, Any]) -> str:
    return "\n".join(f"    {line}" for line in json.dumps(policy["Statement"][0], indent=2).splitlines())

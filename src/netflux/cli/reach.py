"""`netflux reach`: asks the running region and prints the hops."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from netflux.cli import client
from netflux.errors import UserError
from netflux.reach.place import USAGE, split

OPEN, CLOSED, DISAGREES = 0, 1, 3
"""Exit codes; USAGE, when there is no answer, lies between."""


@dataclass(frozen=True)
class Asked:
    """What was asked.

    Attributes:
        source: FROM.
        destination: TO[:PORT].
        probe: send a packet as well.
    """

    source: str
    destination: str
    probe: bool


def reach(place: Path, asked: Asked, as_json: bool) -> int:
    """Prints the answer and returns the exit code.

    Raises:
        UserError: there is no answer. Its exit code is never the one of "no".
    """
    name, port = split(asked.destination)
    query = {"from": asked.source, "to": name, "port": str(port or ""), "probe": "1" if asked.probe else ""}
    try:
        found = client.get(place, "reach.json", **query)
    except UserError as error:
        raise UserError(error.message, error.hint, USAGE) from error
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        show(Console(highlight=False), found)
    if found["disagreements"]:
        return DISAGREES
    return OPEN if found["reachable"] else CLOSED


def show(console: Console, found: dict[str, Any]) -> None:
    """For people: the answer, each kind of way with its hops, what would open it."""
    verb = Text("yes", "bold green") if found["reachable"] else Text("no", "bold red")
    to = f"{found['to']['name']}:{found['to']['port']}" if found["to"]["port"] else found["to"]["name"]
    console.print(Text.assemble(verb, f"  {found['from']['name']} → {to}", _ways(found)), soft_wrap=True)
    if found["because"]:
        console.print(Text(found["because"]), soft_wrap=True)
    for path in found["paths"]:
        _path(console, path, found["to"]["port"])
    if found["note"]:
        console.print()
        console.print(Text(found["note"], "yellow"), soft_wrap=True)
    for one in found["disagreements"]:
        console.print()
        console.print(Text(f"DISAGREEMENT  {one}", "bold white on red"), soft_wrap=True)
    if found["disagreements"]:
        console.print("The analysis or the driver is wrong. Please report it with `--json`.", soft_wrap=True)


def _ways(found: dict[str, Any]) -> str:
    if found["ways"] < 2:
        return ""
    return f"  ({found['open']} of {found['ways']} ways are open)"


def _path(console: Console, path: dict[str, Any], port: int) -> None:
    console.print()
    alike = f", and {path['ways'] - 1} decided alike" if path["ways"] > 1 else ""
    told = f"{_end(path['from'])} to {_end(path['to'])} on {port}{alike}"
    console.print(Text(told, "bold"), soft_wrap=True)
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for hop in path["hops"]:
        mark = Text("✓", "green") if hop["passed"] else Text("✗", "red")
        stage = f"{hop['stage']} (answers)" if hop["answer"] else hop["stage"]
        says = Text(hop["says"], "" if hop["passed"] else "red")
        if hop.get("counted"):
            says.append(f" · {hop['counted']['says']}", "dim")
        table.add_row(mark, stage, says)
    console.print(table)
    for hop in path["hops"]:
        if hop["remedy"]:
            console.print(Text(f"→ {hop['remedy']}", "cyan"), soft_wrap=True)
    if path["probe"] is not None:
        console.print(_probe(path["probe"]), soft_wrap=True)


def _end(end: dict[str, str]) -> str:
    names = "" if end["name"] == end["address"] else f" ({end['name']})"
    return f"{end['address']}{names}"


def _probe(probe: dict[str, Any]) -> Text:
    source = f" from port {probe['source_port']}" if probe["source_port"] else ""
    return Text(f"A packet{source} was {probe['outcome']}.")

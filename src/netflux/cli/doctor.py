"""`netflux doctor`: prints what `machine` found."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from netflux.cli import machine

_SIGNS = {"ok": ("✓", "green"), "limited": ("!", "yellow"), "missing": ("✗", "red")}


def report(console: Console, place: Path) -> int:
    """Prints the findings; the exit code is 1 when something is missing that the cloud can't do without."""
    findings = machine.look(place)
    grid = Table.grid(padding=(0, 2))
    grid.add_column()
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for one in findings:
        sign, color = _SIGNS[one.verdict]
        text = Text(one.found)
        if one.meaning:
            text.append(f"\n{one.meaning}", "dim")
        if one.todo:
            text.append(f"\n→ {one.todo}", "cyan")
        grid.add_row(Text(sign, color), one.subject, text)
    console.print(grid)
    missing = [one.subject for one in findings if one.verdict == "missing"]
    limited = [one.subject for one in findings if one.verdict == "limited"]
    if missing:
        console.print(Text(f"\nThe cloud can't run as it should: {', '.join(missing)}.", "red"))
    elif limited:
        console.print(Text(f"\nThe cloud runs, with limits: {', '.join(limited)}.", "yellow"))
    else:
        console.print(Text("\nThis machine has everything.", "green"))
    return 1 if missing else 0

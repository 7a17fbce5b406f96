"""The live screen of `netflux up` at a terminal."""

from __future__ import annotations

import time

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from netflux.cli.progress import STOPPING, Resource


class Screen:
    """A live screen: what is being made now, and how far it is."""

    def __init__(self) -> None:
        self._console = Console()
        self._start = time.monotonic()
        self._step = "starting"
        self._resources: dict[str, tuple[Resource, float]] = {}
        self._reasons: list[str] = []
        self._total = 0
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(self, console=self._console, refresh_per_second=12, transient=True)
        self._live.start()

    def step(self, text: str) -> None:
        self._step = text

    def total(self, resources: int) -> None:
        self._total = resources

    def resource(self, resource: Resource) -> None:
        known = self._resources.get(resource.name)
        began = known[1] if known else time.monotonic()
        self._resources[resource.name] = (resource, began)
        if "FAILED" in resource.status:
            self._console.print(Text(f"✗ {resource.name}  {resource.type}  {resource.reason}", "red"))

    def waiting(self, reasons: list[str]) -> None:
        self._reasons = reasons

    def stopping(self) -> None:
        self.close()
        self._console.print(Text(STOPPING, "dim"))

    def close(self) -> None:
        self._live.stop()

    def __rich__(self) -> Group:
        now = time.monotonic()
        self._spinner.text = Text(f"{self._step}  {now - self._start:.1f} s")
        under_way = [(one, began) for one, began in self._resources.values() if one.status.endswith("_IN_PROGRESS")]
        rows = Table.grid(padding=(0, 2))
        for one, began in under_way[:12]:
            rows.add_row("  ", Text(one.name), Text(one.type, "dim"), Text(f"{now - began:.1f} s", "dim"))
        if self._reasons:
            return Group(self._spinner, *(Text(f"    {reason}", "dim") for reason in self._reasons[:8]))
        if not self._total:
            return Group(self._spinner, rows)
        done = sum(one.status.endswith("_COMPLETE") for one, _ in self._resources.values())
        bar = Table.grid(padding=(0, 1))
        bar.add_row("  ", ProgressBar(self._total, done, width=40), Text(f"{done}/{self._total} resources", "dim"))
        return Group(self._spinner, bar, rows)

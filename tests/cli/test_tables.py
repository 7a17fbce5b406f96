"""`netflux status` as a person reads it."""

import io

from rich.console import Console

from netflux.cli import tables
from tests.console.cloud import DROPPED


def test_what_security_groups_dropped_is_a_table_of_its_own() -> None:
    text = io.StringIO()
    region = {"failures": []}
    tables.show(Console(file=text, width=120), {"dropped": [DROPPED], "region": region})
    assert text.getvalue().splitlines()[0].rstrip() == "Dropped by security groups"
    assert text.getvalue().split()[-5:] == ["netflux-db-sg", "inbound", "3", "180", "10.0.5.88"]
    text.truncate(0)
    tables.show(Console(file=text), {"dropped": [], "region": region})
    assert text.getvalue().strip("\0") == ""


def test_faults_are_told_with_what_to_do() -> None:
    fault = {"kind": "disk", "subject": "/s", "message": "The disk of /s is full.", "hint": "Make room.", "since": ""}
    shown = Console(width=80, record=True, file=io.StringIO())
    tables.show(shown, {"region": {"failures": [], "faults": [fault]}})
    said = shown.export_text()
    assert "✗ The disk of /s is full." in said
    assert "→ Make room." in said

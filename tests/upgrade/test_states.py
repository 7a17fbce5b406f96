"""What each release has kept is read by this one: states/FORMAT.sql, from scripts/keep-state, is never changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from netflux import state
from tests.crash.calls import Services

STATES = sorted((Path(__file__).parent / "states").glob("*.sql"))


def test_the_state_of_this_format_is_kept() -> None:
    assert f"{state.FORMAT}.sql" in [path.name for path in STATES]


def _restored(kept: Path, place: Path) -> None:
    with sqlite3.connect(place) as database:
        database.executescript(kept.read_text())
    database.close()


@pytest.mark.parametrize("kept", STATES, ids=lambda path: path.stem)
async def test_every_record_of_a_release_is_read_and_can_be_kept_again(kept: Path, tmp_path: Path) -> None:
    _restored(kept, tmp_path / "n.db")
    services = Services(tmp_path)
    await services.start()
    documents = services.plane.documents
    assert not documents.faults.list()
    assert not documents.unreadable
    kinds = {kind for kind, _, _ in services.rows()}
    tables = {name: table for name, table in documents._tables.items() if name in kinds}
    assert len(tables) > 40
    for name, table in tables.items():
        rows = documents._db.execute("SELECT count(*) FROM document WHERE kind = ?", (name,)).fetchone()[0]
        assert len(table) == rows, name
        for record in table:
            table.put(record)
    services.plane.stop()

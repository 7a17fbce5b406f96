"""What came of each template, kept in docs/survey/, and the page that tells it."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.survey.found import Found
from tests.survey.trip import Outcome

Row = tuple[str, list[str], float]
_WRITING = threading.Lock()
HEAD = """\
# Other people's templates

Made by `scripts/template-survey`: each template of the list became a change set in a region of its own making; what was
accepted was made, updated by a tag and an output, and deleted, and what was left was looked for.

- *accepted*: the change set is executable. Everything that is refused is refused here, before anything is made.
- *whole*: CREATE_COMPLETE, UPDATE_COMPLETE, DELETE_COMPLETE, and nothing left.
- Images are replaced by one that answers 200 on the container's ports, since no registry of the world is reached from
  here. Parameters without a default get values as a person would give them, from a network, a cluster, a load balancer
  and a hosted zone that are there before; exports that a template imports are there, of values with such names.
"""


def keep(root: Path, found: Found, outcome: Outcome) -> None:
    """Writes down what came of one."""
    with _WRITING:
        rows = kept(root, found.kind)
        rows[found.name] = outcome.how, outcome.why, round(outcome.seconds)
        lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(rows.items()))
        place = root / "docs" / "survey" / f"{found.kind}.json"
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"{{\n{lines}\n}}\n")


def kept(root: Path, kind: str) -> dict[str, Row]:
    """By the template's name."""
    place = root / "docs" / "survey" / f"{kind}.json"
    return {name: tuple(row) for name, row in json.loads(place.read_text()).items()} if place.exists() else {}


def write(root: Path) -> None:
    """docs/survey.md."""
    kinds = {kind: rows for kind in ("hand", "cdk") if (rows := kept(root, kind))}
    (root / "docs" / "survey.md").write_text("\n".join(_page(kinds)) + "\n")


def _page(kinds: Mapping[str, Mapping[str, Row]]) -> Iterator[str]:
    yield from HEAD.splitlines()
    yield from (
        "",
        "| kind | templates | accepted | of them tried | whole | failed as made | update failed | not deleted |",
    )
    yield "|---|---|---|---|---|---|---|---|"
    for kind, rows in kinds.items():
        counted = Counter(how for how, _, _ in rows.values())
        accepted = len(rows) - counted["refused"]
        tried = accepted - counted["accepted"]
        told = [len(rows), f"{accepted} ({accepted / len(rows):.0%})", tried, counted["whole"], counted["failed"]]
        yield f"| {kind} | {' | '.join(map(str, [*told, counted['kept'], counted['stuck'] + counted['left']]))} |"
    for kind, rows in kinds.items():
        yield from ("", f"## {kind}: why templates are refused", "", *_reasons(rows), "", f"## {kind}: what failed", "")
        yield from _failures(rows)


def _reasons(rows: Mapping[str, Row]) -> Iterator[str]:
    counted: Counter[str] = Counter()
    for how, why, _ in rows.values():
        if how == "refused":
            counted.update({kind(line) for line in why})
    for reason, number in counted.most_common():
        yield f"- {number}: {reason}"


def kind(line: str) -> str:
    """A reason without the names of its template."""
    line = re.sub(r"^\s*[-*]?\s*", "", line)
    return re.sub(r"'[^']*'|\[[^\]]*\]", "…", line).replace("|", "/")[:200]


def _failures(rows: Mapping[str, Row]) -> Iterator[str]:
    for name, (how, why, _) in rows.items():
        if how in ("failed", "kept", "stuck", "left"):
            yield f"- {how} {name}: {_told(why)}"


def _told(why: Sequence[str]) -> str:
    return "; ".join(line.replace("`", "'")[:300] for line in why[:3])

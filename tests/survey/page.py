"""What came of each template, kept in docs/survey/, and the page that tells it."""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.survey.found import Found
from tests.survey.trip import Outcome


@dataclass(frozen=True)
class Kind:
    """Reasons that AWS has as well."""

    name: str
    why: str
    patterns: tuple[str, ...]


def kinds() -> list[Kind]:
    """Those of explained.toml."""
    found = tomllib.loads(Path(__file__).with_name("explained.toml").read_text())["kind"]
    return [Kind(one["name"], one["why"], tuple(one["patterns"])) for one in found]


def explained(why: Sequence[str], known: Sequence[Kind]) -> Kind | None:
    """The kind of the first reason, where every reason is of some kind."""
    of = [next((k for k in known if any(re.search(p, line) for p in k.patterns)), None) for line in why]
    return of[0] if of and all(of) else None


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
    surveyed = {kind: rows for kind in ("hand", "cdk") if (rows := kept(root, kind))}
    (root / "docs" / "survey.md").write_text("\n".join(_page(surveyed)) + "\n")


def _page(surveyed: Mapping[str, Mapping[str, Row]]) -> Iterator[str]:
    known = kinds()
    yield from HEAD.splitlines()
    yield ""
    yield "| kind | templates | accepted | refused too | both | tried | whole | failed | as on AWS | not deleted |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, rows in surveyed.items():
        yield f"| {name} | {' | '.join(map(str, _counts(rows, known)))} |"
    for name, rows in surveyed.items():
        yield from ("", f"## {name}: what is refused here and not on AWS", "", *_refusals(rows, known))
        yield from ("", f"## {name}: what is refused as by AWS", "", *_explained(rows, known, ("refused",)))
        yield from ("", f"## {name}: what failed when it was made, updated or deleted", "", *_failures(rows, known))


def _counts(rows: Mapping[str, Row], known: Sequence[Kind]) -> list[object]:
    counted = Counter(how for how, _, _ in rows.values())
    accepted = len(rows) - counted["refused"]
    alike = sum(how == "refused" and explained(why, known) is not None for how, why, _ in rows.values())
    failed = [why for how, why, _ in rows.values() if how in ("failed", "kept")]
    return [
        len(rows), f"{accepted} ({accepted / len(rows):.0%})", alike, f"{(accepted + alike) / len(rows):.0%}",
        accepted - counted["accepted"], counted["whole"], len(failed),
        sum(explained(why[1:], known) is not None for why in failed), counted["stuck"] + counted["left"],
    ]  # fmt: skip


def _refusals(rows: Mapping[str, Row], known: Sequence[Kind]) -> Iterator[str]:
    counted: Counter[str] = Counter()
    for how, why, _ in rows.values():
        if how == "refused" and explained(why, known) is None:
            counted.update({reason(line) for line in why})
    for told, number in counted.most_common():
        yield f"- {number}: {told}"


def _explained(rows: Mapping[str, Row], known: Sequence[Kind], hows: Sequence[str]) -> Iterator[str]:
    for kind in known:
        names = [name for name, (how, why, _) in rows.items() if how in hows and explained(why, known) == kind]
        if names:
            yield f"- **{kind.name}** ({len(names)}). {kind.why} {', '.join(names)}"


def reason(line: str) -> str:
    """A reason without the names of its template."""
    line = re.sub(r"^\s*[-*]?\s*", "", line)
    return re.sub(r"'[^']*'|\[[^\]]*\]", "…", line).replace("|", "/")[:200]


def _failures(rows: Mapping[str, Row], known: Sequence[Kind]) -> Iterator[str]:
    for name, (how, why, _) in rows.items():
        if how in ("failed", "kept", "stuck", "left"):
            kind = explained(why[1:], known)
            yield f"- {how}{f' (as on AWS: {kind.name})' if kind else ''} {name}: {_told(why)}"


def _told(why: Sequence[str]) -> str:
    return "; ".join(line.replace("`", "'")[:300] for line in why[:3])

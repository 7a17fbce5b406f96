"""Writes every poster to site/posters/: {movie id}.svg, and other.svg for a movie without one."""

import re
from pathlib import Path

from artwork import action, comedy, crime, drama, sci_fi

POSTERS = Path(__file__).parent.parent / "site" / "posters"


def main() -> None:
    drawings = {}
    for genre in (action, crime, drama, comedy, sci_fi):
        drawings.update(genre.DRAWINGS)
    sheets = {str(movie): drawing for movie, drawing in drawings.items()} | {"other": sci_fi.other}
    for name, drawing in sheets.items():
        words = re.sub("_", " ", drawing.__name__).title()
        (POSTERS / f"{name}.svg").write_text(drawing().svg(words), encoding="utf-8")


if __name__ == "__main__":
    main()

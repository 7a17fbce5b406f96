"""Writes every poster to site/posters/: {movie id}.svg, and other.svg for a movie without one."""

import re
from pathlib import Path

from app.artwork import action, comedy, crime, drama, sci_fi

POSTERS = Path(__file__).parent.parent / "site" / "posters"


def sheets() -> dict[str, str]:
    """Every poster's file name and text."""
    drawings = {}
    for genre in (action, crime, drama, comedy, sci_fi):
        drawings.update({str(movie): drawing for movie, drawing in genre.DRAWINGS.items()})
    drawings["other"] = sci_fi.other
    return {
        f"{name}.svg": drawing().svg(re.sub("_", " ", drawing.__name__).title()) for name, drawing in drawings.items()
    }


def main() -> None:
    for name, svg in sheets().items():
        (POSTERS / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()

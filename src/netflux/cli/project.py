"""Which project a command is about, and where its state is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from netflux.errors import UserError
from netflux.seed import config
from netflux.seed.config import Config

_NAMES = ("netflux.toml", "architecture/netflux.toml")


@dataclass(frozen=True)
class Project:
    """A template with what belongs to it.

    Attributes:
        root: the project's folder; `.netflux` lies in it.
        config: None with `--empty`.
    """

    root: Path
    config: Config | None


def find(argument: Path | None, empty: bool, *, live: bool = False) -> Project:
    """The project that `netflux up` is asked to start.

    Args:
        argument: a folder with a `netflux.toml` (or `architecture/netflux.toml`), or a template.
        empty: no stack is wanted, so no file is needed.
        live: its images are their folders as they are, whatever the file says.
    """
    found = _find(argument, empty)
    if live and found.config is not None:
        images = tuple(replace(image, live=True) for image in found.config.images)
        return replace(found, config=replace(found.config, images=images))
    return found


def _find(argument: Path | None, empty: bool) -> Project:
    place = (argument or Path()).absolute()
    if empty:
        if argument is not None:
            raise UserError(f"{argument} and --empty contradict each other.", "Leave one of them out.", 2)
        return Project(root(place), None)
    if not place.exists():
        raise UserError(f"{place} does not exist.", "Name a folder with a netflux.toml, or a template.", 2)
    if place.is_file() and place.suffix == ".toml":
        return Project(root(place.parent), config.read(place))
    beside = place.parent / "netflux.toml"
    if beside.is_file() and (found := config.read(beside)).template == place.resolve():
        return Project(root(place.parent), found)
    if place.is_file():
        return Project(place.parent, Config(template=place, stack=_stack_name(place)))
    file = _file(place)
    if file is None:
        raise UserError(
            f"There is neither netflux.toml nor architecture/netflux.toml in {place}.",
            "Name a folder that has one, a template (netflux up TEMPLATE), or start without one (netflux up --empty).",
            2,
        )
    return Project(root(place), config.read(file))


def state(option: Path | None, argument: Path | None = None) -> Path:
    """The state directory: the option's, else `.netflux` in the project's folder or in the nearest folder above."""
    if option is not None:
        return option.absolute()
    place = (argument or Path()).absolute()
    if argument is None:
        for folder in (place, *place.parents):
            if (folder / ".netflux" / "version").is_file():
                return folder / ".netflux"
    return root(place if place.is_dir() else place.parent) / ".netflux"


def root(folder: Path) -> Path:
    """The project's folder: the one above when the file lies in `architecture/`."""
    return folder.parent if folder.name == "architecture" and (folder / "netflux.toml").is_file() else folder


def _file(folder: Path) -> Path | None:
    return next((folder / name for name in _NAMES if (folder / name).is_file()), None)


def _stack_name(template: Path) -> str:
    """AWS allows letters, digits and hyphens, a letter first."""
    name = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in template.stem).strip("-")
    return name if name[:1].isalpha() else f"stack-{name}".rstrip("-")

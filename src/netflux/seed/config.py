"""`netflux.toml`: what only the local run needs to know of a project. docs/cli.md describes the file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netflux.errors import UserError


@dataclass(frozen=True)
class ImageSource:
    """A process image: a command in a folder.

    Attributes:
        repository: name in ECR.
        tag: image tag.
        folder: what the image holds.
        command: the image's default command.
        environment: the image's own environment, which a task definition may override.
        live: tasks run in the folder itself, as it is when they start and while they run; else in what was pushed.
    """

    repository: str
    tag: str
    folder: Path
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    live: bool = False


@dataclass(frozen=True)
class ContainerSource:
    """An OCI image that podman has on this machine.

    Attributes:
        repository: name in ECR.
        tag: image tag.
        name: of the image in podman's store.
    """

    repository: str
    tag: str
    name: str


@dataclass(frozen=True)
class BucketSource:
    """The first content of a bucket.

    Attributes:
        bucket: its name.
        folder: uploaded as it is, without hidden files.
        exclude: names in the folder that are not uploaded.
    """

    bucket: str
    folder: Path
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    """A whole `netflux.toml`.

    Attributes:
        template: the CloudFormation template.
        stack: name of the stack.
        parameters: of the stack.
        images: pushed to repositories that have no image.
        containers: what is pushed in their place where tasks run as containers.
        buckets: uploaded to buckets that have no object.
    """

    template: Path
    stack: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    images: tuple[ImageSource, ...] = ()
    buckets: tuple[BucketSource, ...] = ()
    containers: tuple[ContainerSource, ...] = ()


def read(file: Path) -> Config:
    """Reads the file; paths in it are relative to its folder.

    Raises:
        UserError: it can't be read, or a key in it is unknown, absent or of another type; names the file and the key.
    """
    try:
        data = tomllib.loads(file.read_text())
    except OSError as error:
        raise UserError(f"{file} can't be read: {error.strerror}.", exit_code=2) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file} is not valid TOML: {error}.", "Mend that line and run it again.", 2) from error
    return _config(_Table(file, "", data))


@dataclass(frozen=True)
class _Table:
    """A table of the file that knows where it is, for errors."""

    file: Path
    name: str
    data: Any

    def wrong(self, what: str) -> UserError:
        where = f"[{self.name}] in {self.file}" if self.name else str(self.file)
        return UserError(f"{where}: {what}.", "docs/cli.md describes the file.", 2)

    def only(self, *known: str) -> None:
        """Refuses keys that nothing reads, since they would be ignored in silence."""
        if not isinstance(self.data, dict):
            raise self.wrong("this must be a table")
        strangers = sorted(set(self.data) - set(known))
        if strangers:
            raise self.wrong(f"unknown key {strangers[0]!r}; it may have {', '.join(known)}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{key} must be a text" if key in self.data else f"{key} is missing")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.wrong(f"{key} must be a list of texts" if key in self.data else f"{key} is missing")
        return tuple(value)

    def strings(self, key: str) -> dict[str, str]:
        value = self.data.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str | int) for item in value.values()):
            raise self.wrong(f"{key} must be a table of texts")
        return {name: str(item) for name, item in value.items()}

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(f"{key} must be true or false")
        return value

    def path(self, key: str) -> Path:
        found = (self.file.parent / self.text(key)).resolve()
        if not found.exists():
            raise self.wrong(f"{key} = {self.text(key)!r} does not exist ({found})")
        return found

    def tables(self, key: str) -> Sequence[_Table]:
        """The sub-tables of a table of tables, named by their keys."""
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(f"{key} must be a table")
        return [_Table(self.file, f"{key}.{name}", item) for name, item in value.items()]


def _config(top: _Table) -> Config:
    top.only("template", "stack", "parameters", "images", "buckets")
    tables = top.tables("images")
    return Config(
        template=top.path("template"),
        stack=top.text("stack", "netflux"),
        parameters=top.strings("parameters"),
        images=tuple(_image(table) for table in tables if "folder" in table.data or "container" not in table.data),
        containers=tuple(_container(table) for table in tables if "container" in table.data),
        buckets=tuple(_bucket(table) for table in top.tables("buckets")),
    )


def _image(table: _Table) -> ImageSource:
    table.only("folder", "command", "environment", "container", "live")
    repository, tag = _name(table)
    return ImageSource(
        repository,
        tag,
        table.path("folder"),
        table.texts("command"),
        table.strings("environment"),
        table.flag("live"),
    )


def _container(table: _Table) -> ContainerSource:
    table.only("folder", "command", "environment", "container", "live")
    return ContainerSource(*_name(table), table.text("container"))


def _name(table: _Table) -> tuple[str, str]:
    repository, _, tag = table.name.removeprefix("images.").partition(":")
    return repository, tag or "latest"


def _bucket(table: _Table) -> BucketSource:
    table.only("folder", "exclude")
    exclude = table.texts("exclude") if "exclude" in table.data else ()
    return BucketSource(table.name.removeprefix("buckets."), table.path("folder"), exclude)

"""Parameters of Parameter Store and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from netflux.controlplane.identifiers import arn
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change, Schema

STRING, LIST, SECURE = "String", "StringList", "SecureString"
TYPES = (STRING, LIST, SECURE)
STANDARD, ADVANCED, INTELLIGENT = "Standard", "Advanced", "Intelligent-Tiering"
TIERS = (STANDARD, ADVANCED, INTELLIGENT)
KEY = "alias/aws/ssm"
"""The account's own key, which is always there."""
TEXT = "text"
"""The one data type whose values can be checked here."""


@dataclass(frozen=True)
class Policy:
    """What happens to a parameter at some time.

    Attributes:
        type: e.g. `Expiration`.
        text: its JSON, as it was given.
    """

    type: str
    text: str


@dataclass(frozen=True)
class Version:
    """One value of a parameter, with all that was said of the parameter when it was put.

    Attributes:
        parameter: key of its record.
        number: 1 for the first.
        value: in plain text, whatever its type.
        user: ARN of who put it.
        pattern: an expression that values must match; empty for any.
        key: of KMS, as it was given; empty for the account's `aws/ssm`, and where the type is not SecureString.
        sealed: what is told of a SecureString to who does not ask for its plain text.
        expires: when the parameter goes, in the region's simulated time; None when it stays.
    """

    parameter: str
    number: int
    value: str
    type: str
    modified: datetime
    user: str
    description: str = ""
    pattern: str = ""
    key: str = ""
    tier: str = STANDARD
    data_type: str = TEXT
    sealed: str = ""
    labels: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    expires: datetime | None = None


@dataclass(frozen=True)
class Parameter:
    """A parameter with its latest version.

    Attributes:
        key: see `key`.
        name: as it was given when it was made.
    """

    key: str
    name: str
    current: Version
    tags: dict[str, str] = field(default_factory=dict)


def key(name: str) -> str:
    """What a parameter is known by: with and without the slash before it, a name of one level is the same one."""
    bare = name.removeprefix("/")
    return name if "/" in bare else bare


def above(name: str) -> Sequence[str]:
    """The paths that a parameter is under, the nearest first: `/a/b`, `/a` and `/` for `/a/b/c`."""
    parts = name.removeprefix("/").split("/")[:-1]
    return [f"/{'/'.join(parts[:count])}" for count in range(len(parts), -1, -1)]


def parameter_arn(name: str, account: str, region: str) -> str:
    """Of a parameter of this name."""
    return arn("ssm", f"parameter/{name.removeprefix('/')}", account, region)


def version_key(parameter: str, number: int) -> str:
    """Of an earlier version's record; a name has no space in it."""
    return f"{parameter} {number}"


EXPIRING = "expiring"
PARAMETER = Schema(
    "ssm/parameter",
    Parameter,
    lambda parameter: parameter.key,
    indices={
        "under": lambda parameter: above(parameter.name),
        "level": lambda parameter: above(parameter.name)[:1],
        EXPIRING: lambda parameter: (EXPIRING,) if parameter.current.expires else (),
    },
    remedy="Put it anew: aws ssm put-parameter.",
)
VERSION = Schema(
    "ssm/version",
    Version,
    lambda version: version_key(version.parameter, version.number),
    indices={"parameter": lambda version: (version.parameter,)},
    references={"parameter": PARAMETER.name},
    remedy="It is an earlier value of a parameter: nothing has to be done.",
)
"""Versions that were replaced; the latest one is in the parameter's record, so that a first put is one row."""


def acts(change: Change) -> bool:
    """Whether a change makes a parameter expire at another time."""
    if change.table != PARAMETER.name:
        return False
    times = [None if one is None else one.current.expires for one in (change.before, change.after)]
    return times[0] != times[1]


class Parameters:
    """The tables of parameters and of their earlier versions.

    Args:
        documents: of the region.
    """

    def __init__(self, documents: Documents) -> None:
        self.transaction = documents.transaction
        self.parameters = documents.table(PARAMETER)
        self.versions = documents.table(VERSION)

    def find(self, name: str) -> Parameter | None:
        """The parameter of this name."""
        return self.parameters.get(key(name))

    def numbered(self, parameter: Parameter, number: int) -> Version | None:
        """Its version of this number."""
        if parameter.current.number == number:
            return parameter.current
        return self.versions.get(version_key(parameter.key, number))

    def labelled(self, parameter: Parameter, label: str) -> Version | None:
        """Its version that has the label."""
        return next((version for version in self.of(parameter) if label in version.labels), None)

    def of(self, parameter: Parameter) -> Sequence[Version]:
        """Its versions, the oldest first."""
        earlier = self.versions.where("parameter", parameter.key)
        return [*sorted(earlier, key=lambda version: version.number), parameter.current]

    def remove(self, parameter: Parameter) -> None:
        """The parameter and all of its versions are gone."""
        for identity in self.versions.keys("parameter", parameter.key):
            self.versions.delete(identity)
        self.parameters.delete(parameter.key)

    def under(self, path: str, *, recursive: bool) -> Sequence[Parameter]:
        """Those below a path, by name: at any depth, or right below it."""
        place = f"/{path.strip('/')}"
        found = self.parameters.where("under" if recursive else "level", place)
        return sorted(found, key=attrgetter("name"))

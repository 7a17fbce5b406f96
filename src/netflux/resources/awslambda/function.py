"""Functions, and their versions: what is run, with what, and as whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.identifiers import arn
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError
from netflux.resources.awslambda.layer import LAYER_VERSION, LayerVersion
from netflux.resources.ec2.subnet import SUBNET

LATEST = "$LATEST"
PENDING, ACTIVE, FAILED = "Pending", "Active", "Failed"
IN_PROGRESS, SUCCESSFUL = "InProgress", "Successful"


@dataclass(frozen=True)
class Code:
    """What a function's program is.

    Attributes:
        digest: SHA-256 of the zip file, hexadecimal, by which it is found on disk; of an image, of its manifest.
        size: bytes of the zip file; 0 for an image.
        image: its URI; empty for a zip file.
    """

    digest: str
    size: int = 0
    image: str = ""


@dataclass(frozen=True)
class LayerCode:
    """The code of a layer version: SHA-256 of its zip file, and bytes of that."""

    arn: str
    digest: str
    size: int


@dataclass(frozen=True)
class ImageConfiguration:
    """What replaces parts of an image's own configuration; None keeps them."""

    entry_point: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    directory: str = ""


@dataclass(frozen=True)
class Logging:
    """Where and how a function's output is kept.

    Attributes:
        group: log group.
        format: `Text`.
    """

    group: str
    format: str = "Text"


@dataclass(frozen=True)
class Settings:
    """What UpdateFunctionConfiguration can change.

    Attributes:
        runtime: e.g. `python3.12`; empty for an image.
        role: ARN.
        handler: empty for an image.
        timeout: seconds.
        memory: MB.
        storage: MB of /tmp.
        layers: ARNs of layer versions, the first one's files below all others'.
        subnets: ids, of which one is the function's; none where it is in no VPC.
        groups: ids of security groups.
        dead: ARN of the dead-letter queue or topic; empty for none.
        tracing: `PassThrough` or `Active`.
        key: ARN of the KMS key of its environment; empty for Lambda's own.
    """

    runtime: str
    role: str
    handler: str
    logging: Logging
    description: str = ""
    timeout: int = 3
    memory: int = 128
    storage: int = 512
    environment: dict[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    dead: str = ""
    tracing: str = "PassThrough"
    key: str = ""
    image: ImageConfiguration = ImageConfiguration()


@dataclass(frozen=True)
class Version:
    """A function at one moment: `$LATEST`, which changes, or a published one, which does not.

    Attributes:
        function: its name.
        number: `$LATEST`, or digits.
        architecture: `x86_64` or `arm64`.
        modified: when it was changed last.
        revision: another one after each change.
        state: `Pending` until its code has been seen to be ready to run.
        reason: of the state; empty for `Active`.
        updated: `InProgress` until what a change has brought has been seen to be ready.
        layers: the code of its layers, which it keeps when they are deleted.
    """

    function: str
    number: str
    settings: Settings
    code: Code
    architecture: str
    modified: datetime
    revision: str
    state: str = PENDING
    reason: str = ""
    updated: str = SUCCESSFUL
    layers: tuple[LayerCode, ...] = ()

    @property
    def key(self) -> str:
        """Of its record."""
        return version_key(self.function, self.number)


@dataclass(frozen=True)
class Function:
    """What all versions of a function have in common.

    Attributes:
        created: when it was made.
        published: how many versions there have been; a number is never given twice.
        reserved: concurrent calls that are kept for it, which are also the most it gets; None where it shares.
    """

    name: str
    arn: str
    created: datetime
    published: int = 0
    reserved: int | None = None
    tags: dict[str, str] = field(default_factory=dict)


def version_key(function: str, number: str) -> str:
    """Of a version's record."""
    return f"{function}:{number}"


def _in_use(function: Function, _referring: str) -> AwsError:
    return AwsError("ResourceConflictException", f"The function {function.name} still has versions.", 409)


FUNCTION = Schema(
    "lambda/function",
    Function,
    lambda function: function.name,
    indices={"reserved": lambda function: ("reserved",) if function.reserved is not None else ()},
    in_use=_in_use,
    remedy="Make it anew: aws lambda create-function.",
)
VERSION = Schema(
    "lambda/version",
    Version,
    lambda version: version.key,
    indices={
        "function": lambda version: (version.function,),
        "code": lambda version: (version.code.digest,),
        "layer": lambda version: version.settings.layers,
    },
    references={"function": FUNCTION.name},
    remedy="Publish it again, or make the function anew: aws lambda create-function.",
)


class Functions:
    """The tables of functions and versions.

    Args:
        documents: of the region.
        place: region and account.
    """

    def __init__(self, documents: Documents, place: tuple[str, str]) -> None:
        self.documents = documents
        self.region, self.account = place
        self.functions = documents.table(FUNCTION)
        self.versions = documents.table(VERSION)
        self.layers = documents.table(LAYER_VERSION)

    def arn(self, name: str, qualifier: str = "") -> str:
        """Of a function, a version or an alias."""
        return arn("lambda", f"function:{name}" + (f":{qualifier}" if qualifier else ""), self.account, self.region)

    def version(self, name: str, number: str = LATEST) -> Version | None:
        """A version of a function; None where there is none."""
        return self.versions.get(version_key(name, number))

    def of(self, name: str) -> Sequence[Version]:
        """A function's versions, `$LATEST` first, then as they were published."""
        return sorted(self.versions.where("function", name), key=lambda one: (one.number != LATEST, _number(one)))

    def layer(self, arn: str) -> LayerVersion | None:
        """A version of a layer; None where there is none."""
        return self.layers.get(arn)

    def vpc_of(self, subnet: str) -> str:
        """The VPC of a subnet; empty where that is gone."""
        found = self.documents.table(SUBNET).get(subnet)
        return found.vpc_id if found is not None else ""

    def reserved(self) -> Mapping[str, int]:
        """Concurrent calls that are kept for functions, by their names."""
        return {one.name: one.reserved or 0 for one in self.functions.where("reserved", "reserved")}

    def uses(self, digest: str) -> bool:
        """Whether a version has this code."""
        return self.versions.has("code", digest)

    def digests(self) -> Iterable[str]:
        """Of all code that is used."""
        return {
            *(version.code.digest for version in self.versions),
            *(layer.digest for version in self.versions for layer in version.layers),
            *(layer.digest for layer in self.layers),
        }


def _number(version: Version) -> int:
    return 0 if version.number == LATEST else int(version.number)

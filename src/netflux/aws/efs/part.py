"""What all of EFS's operations share: the records, and the refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from netflux import names
from netflux.clock import Clock
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.paging import number
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.efs.filesystem import AccessPoint, FileSystem, FileSystems, MountTarget

TAGS = Tagger("BadRequest", "BadRequest")
Shape = dict[str, Any]
Json = Mapping[str, Any]
"""A request, as botocore shapes it."""
_PAGE = 100
"""API reference, DescribeFileSystems: 100 entries where MaxItems says nothing."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Parts:
    """What the operations depend on.

    Attributes:
        documents: of the region.
        clock: of the region.
        apis: KMS is asked through it whether a key can be used.
        poke: asks for a pass of EFS's controller.
        sizes: bytes of each file system's files, as they were last counted.
        account: twelve digits.
    """

    documents: Documents
    clock: Clock
    apis: Caller
    poke: Callable[[str], None]
    sizes: Mapping[str, int]
    account: str


class Part:
    """Handlers of one noun.

    Args:
        parts: what they depend on.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.documents = parts.documents
        self.kept = FileSystems(parts.documents)

    def system(self, request: Mapping[str, Any]) -> FileSystem:
        """The one that the request names; FileSystemNotFound where it is not there."""
        found = self.kept.system(request["FileSystemId"])
        if found is None:
            raise AwsError("FileSystemNotFound", f"File system '{request['FileSystemId']}' does not exist.", 404)
        return found

    def target(self, request: Mapping[str, Any]) -> MountTarget:
        """The one that the request names; MountTargetNotFound where it is not there."""
        found = self.kept.targets.get(request["MountTargetId"])
        if found is None:
            raise AwsError("MountTargetNotFound", f"Mount target '{request['MountTargetId']}' does not exist.", 404)
        return found

    def point(self, written: str) -> AccessPoint:
        """By id or ARN; AccessPointNotFound where it is not there."""
        found = self.kept.points.get(written.rpartition("/")[2])
        if found is None:
            raise AwsError("AccessPointNotFound", f"Access point '{written}' does not exist.", 404)
        return found

    def arn(self, resource: str) -> str:
        """Of `file-system/…` or `access-point/…`."""
        return f"arn:aws:elasticfilesystem:{names.REGION}:{self.parts.account}:{resource}"


def bad(message: str) -> AwsError:
    """BadRequest."""
    return AwsError("BadRequest", message)


def page(found: Sequence[_T], request: Mapping[str, Any], words: tuple[str, str, str]) -> tuple[list[_T], Shape]:
    """The page that a request asks for, and the next one's token as the answer has it.

    Args:
        found: all, in an order that stays.
        request: of the operation.
        words: members of the token, of the page's size, and of the next token.
    """
    token, size, following = words
    start = number(request[token]) if request.get(token) else 0
    if start is None:
        raise bad(f"The {token} is invalid. Use one that an answer has given.")
    end = start + (request.get(size) or _PAGE)
    return [*found[start:end]], {following: str(end)} if end < len(found) else {}


MARKER = ("Marker", "MaxItems", "NextMarker")
TOKEN = ("NextToken", "MaxResults", "NextToken")

"""The small things beside distributions: access controls and policies, all with the same six operations."""

# ruff: noqa: ARG001 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.aws.cloudfront import bounds, managed, members, validate
from netflux.aws.cloudfront.pages import page
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import Declaration, operation
from netflux.controlplane.records.documents import Document, Documents
from netflux.errors import AwsError, Unsupported

Handler = Callable[[Any, Call, dict[str, Any]], Awaitable[dict[str, Any]]]
_LETTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Kind:
    """One kind of thing.

    Attributes:
        name: as in the API's member names, e.g. `CachePolicy`.
        members: of its configuration.
        check: refuses what AWS refuses.
        managed: AWS's own, by id.
        typed: whether lists say `managed` or `custom`.
    """

    name: str
    members: Declaration
    check: Callable[[Mapping[str, Any]], None] = bounds.check_quantities
    managed: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    typed: bool = True

    @property
    def documents(self) -> str:
        """Kind of the documents."""
        return f"cloudfront/{self.name}"

    @property
    def config(self) -> str:
        """The member of requests and answers that has the configuration."""
        return f"{self.name}Config"


ORIGIN_ACCESS_CONTROL = Kind("OriginAccessControl", members.ORIGIN_ACCESS_CONTROL, typed=False)
CACHE_POLICY = Kind("CachePolicy", members.CACHE_POLICY, validate.cache_policy, managed.CACHE_POLICIES)
ORIGIN_REQUEST_POLICY = Kind(
    "OriginRequestPolicy",
    members.ORIGIN_REQUEST_POLICY,
    validate.origin_request_policy,
    managed.ORIGIN_REQUEST_POLICIES,
)
RESPONSE_HEADERS_POLICY = Kind(
    "ResponseHeadersPolicy", members.RESPONSE_HEADERS_POLICY, managed=managed.RESPONSE_HEADERS_POLICIES
)


def new_id() -> str:
    """An id or an ETag, as CloudFront makes them: E and 13 upper-case letters and digits."""
    return "E" + "".join(secrets.choice(_LETTERS) for _ in range(13))


def check_version(request: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """If-Match against the current ETag."""
    given = request.get("IfMatch")
    if not given:
        raise AwsError("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
    if given != document["etag"]:
        raise AwsError("PreconditionFailed", "The request failed because it didn't meet the preconditions.", 412)


def find(documents: Documents, kind: Kind, identifier: str) -> Document:
    """The thing, AWS's or the account's.

    Raises:
        AwsError: NoSuch….
    """
    if identifier in kind.managed:
        return {
            "id": identifier,
            "etag": "E23ZP02F085DFQ",
            "modified": "2020-07-01T00:00:00+00:00",
            "config": kind.managed[identifier],
        }
    if identifier in managed.UNSUPPORTED:
        raise Unsupported(f"The managed policy {managed.UNSUPPORTED[identifier]}", "Use another policy.")
    found = documents.get(kind.documents, identifier)
    if found is None:
        raise AwsError(f"NoSuch{kind.name}", f"The {_words(kind)} {identifier} does not exist.", 404)
    return found


def operations(kind: Kind, used: Callable[[Any, str], Iterator[str]]) -> tuple[Handler, ...]:
    """Create, get, get config, update, delete, list.

    Args:
        kind: of what.
        used: given the API object and an id, the ids of the distributions that use it.
    """
    create, update, delete = _writing(kind, used)
    get, get_config, enumerate_all = _reading(kind)
    return create, get, get_config, update, delete, enumerate_all


def _writing(kind: Kind, used: Callable[[Any, str], Iterator[str]]) -> tuple[Handler, Handler, Handler]:
    member = kind.config

    @operation(parts={member: kind.members})
    async def create(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        config = request[member]
        kind.check(config)
        documents, clock = _parts(api)
        for _, other in documents.list(kind.documents):
            if other["config"]["Name"] == config["Name"]:
                raise AwsError(
                    f"{kind.name}AlreadyExists", f"A {_words(kind)} named {config['Name']} exists already.", 409
                )
        identifier = new_id() if kind is ORIGIN_ACCESS_CONTROL else str(uuid.uuid4())
        document = {"id": identifier, "etag": new_id(), "modified": clock.now().isoformat(), "config": config}
        documents.put(kind.documents, identifier, document)
        return _shown(kind, document)

    @operation("Id IfMatch", parts={member: kind.members})
    async def update(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        documents, clock = _parts(api)
        document = find(documents, kind, request["Id"])
        _refuse_managed(kind, request["Id"], "IllegalUpdate")
        check_version(request, document)
        kind.check(request[member])
        changed = {**document, "etag": new_id(), "modified": clock.now().isoformat(), "config": request[member]}
        documents.put(kind.documents, request["Id"], changed)
        return _shown(kind, changed)

    @operation("Id IfMatch")
    async def delete(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        documents, _ = _parts(api)
        document = find(documents, kind, request["Id"])
        _refuse_managed(kind, request["Id"], "IllegalDelete")
        check_version(request, document)
        users = [*used(api, request["Id"])]
        if users:
            raise AwsError(
                f"{kind.name}InUse", f"The {_words(kind)} {request['Id']} is used by {', '.join(users)}.", 409
            )
        documents.delete(kind.documents, request["Id"])
        return {}

    return create, update, delete


def _reading(kind: Kind) -> tuple[Handler, Handler, Handler]:
    @operation("Id")
    async def get(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return _shown(kind, find(_parts(api)[0], kind, request["Id"]))

    @operation("Id")
    async def get_config(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        document = find(_parts(api)[0], kind, request["Id"])
        return {kind.config: document["config"], "ETag": document["etag"]}

    @operation("Type Marker MaxItems" if kind.typed else "Marker MaxItems")
    async def enumerate_all(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        documents, _ = _parts(api)
        own = [("custom", document) for _, document in documents.list(kind.documents)]
        rows = [("managed", find(documents, kind, identifier)) for identifier in kind.managed] + own
        wanted = request.get("Type")
        items = [_row(kind, origin, document) for origin, document in rows if wanted in {None, origin}]
        return {f"{kind.name}List": page(items, request, marked=not kind.typed)}

    return get, get_config, enumerate_all


def _parts(api: Any) -> tuple[Documents, Clock]:
    return api.documents, api.clock


def _refuse_managed(kind: Kind, identifier: str, code: str) -> None:
    if identifier in kind.managed:
        raise AwsError(code, f"The {_words(kind)} {identifier} is managed by AWS and can't be changed or deleted.")


def _body(kind: Kind, document: Mapping[str, Any]) -> dict[str, Any]:
    body = {"Id": document["id"], kind.config: document["config"]}
    if kind.typed:
        body["LastModifiedTime"] = datetime.fromisoformat(document["modified"])
    return body


def _shown(kind: Kind, document: Mapping[str, Any]) -> dict[str, Any]:
    return {kind.name: _body(kind, document), "ETag": document["etag"], "Location": document["id"]}


def _row(kind: Kind, origin: str, document: Mapping[str, Any]) -> dict[str, Any]:
    if kind.typed:
        return {"Type": origin, kind.name: _body(kind, document)}
    return {"Id": document["id"], "Description": "", **document["config"]}


def _words(kind: Kind) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.name).strip()


BY_NAME = {
    kind.name: kind for kind in (ORIGIN_ACCESS_CONTROL, CACHE_POLICY, ORIGIN_REQUEST_POLICY, RESPONSE_HEADERS_POLICY)
}

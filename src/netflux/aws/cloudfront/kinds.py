"""The small things beside distributions: access controls and policies, all with the same six operations."""

# ruff: noqa: ARG001 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import copy
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from netflux.aws.cloudfront import bounds, managed, members, validate
from netflux.aws.cloudfront.pages import page
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import Declaration, operation
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema, Table
from netflux.errors import AwsError, Unsupported
from netflux.resources import cloudfront as records
from netflux.resources.cloudfront import Configured

Handler = Callable[[Any, Call, dict[str, Any]], dict[str, Any]]
_LETTERS = string.ascii_uppercase + string.digits
_PUBLISHED = datetime(2020, 7, 1, tzinfo=UTC)
"""When AWS's own policies were changed last, as they tell it."""


class Versioned(Protocol):
    """What is changed only by who has seen it as it is."""

    @property
    def etag(self) -> str:
        """Another one after each change."""
        ...


@dataclass(frozen=True)
class Kind:
    """One kind of thing.

    Attributes:
        name: as in the API's member names, e.g. `CachePolicy`.
        schema: of its records.
        members: of its configuration.
        check: refuses what AWS refuses.
        managed: AWS's own, by id.
        typed: whether lists say `managed` or `custom`.
    """

    name: str
    schema: Schema[Configured]
    members: Declaration
    check: Callable[[Mapping[str, Any]], None] = bounds.check_quantities
    managed: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    typed: bool = True

    @property
    def config(self) -> str:
        """The member of requests and answers that has the configuration."""
        return f"{self.name}Config"


ORIGIN_ACCESS_CONTROL = Kind(
    "OriginAccessControl", records.ORIGIN_ACCESS_CONTROL, members.ORIGIN_ACCESS_CONTROL, typed=False
)
CACHE_POLICY = Kind(
    "CachePolicy", records.CACHE_POLICY, members.CACHE_POLICY, validate.cache_policy, managed.CACHE_POLICIES
)
ORIGIN_REQUEST_POLICY = Kind(
    "OriginRequestPolicy",
    records.ORIGIN_REQUEST_POLICY,
    members.ORIGIN_REQUEST_POLICY,
    validate.origin_request_policy,
    managed.ORIGIN_REQUEST_POLICIES,
)
RESPONSE_HEADERS_POLICY = Kind(
    "ResponseHeadersPolicy",
    records.RESPONSE_HEADERS_POLICY,
    members.RESPONSE_HEADERS_POLICY,
    managed=managed.RESPONSE_HEADERS_POLICIES,
)


def new_id() -> str:
    """An id or an ETag, as CloudFront makes them: E and 13 upper-case letters and digits."""
    return "E" + "".join(secrets.choice(_LETTERS) for _ in range(13))


def check_version(request: Mapping[str, Any], record: Versioned) -> None:
    """If-Match against the current ETag."""
    given = request.get("IfMatch")
    if not given:
        raise AwsError("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
    if given != record.etag:
        raise AwsError("PreconditionFailed", "The request failed because it didn't meet the preconditions.", 412)


def find(documents: Documents, kind: Kind, identifier: str) -> Configured:
    """The thing, AWS's or the account's.

    Raises:
        AwsError: NoSuch….
    """
    if identifier in kind.managed:
        return Configured(identifier, "E23ZP02F085DFQ", _PUBLISHED, kind.managed[identifier])
    if identifier in managed.UNSUPPORTED:
        raise Unsupported(f"The managed policy {managed.UNSUPPORTED[identifier]}", "Use another policy.")
    found = documents.table(kind.schema).get(identifier)
    if found is None:
        raise AwsError(f"NoSuch{kind.name}", f"The {_words(kind)} {identifier} does not exist.", 404)
    return found


def operations(kind: Kind) -> tuple[Handler, ...]:
    """Create, get, get config, update, delete, list."""
    create, update, delete = _writing(kind)
    get, get_config, enumerate_all = _reading(kind)
    return create, get, get_config, update, delete, enumerate_all


def _writing(kind: Kind) -> tuple[Handler, Handler, Handler]:
    member = kind.config

    @operation(parts={member: kind.members})
    def create(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        config = request[member]
        kind.check(config)
        table, clock = _parts(api, kind)
        _check_name(kind, table, config["Name"], "")
        identifier = new_id() if kind is ORIGIN_ACCESS_CONTROL else str(uuid.uuid4())
        record = Configured(identifier, new_id(), clock.now(), config)
        table.put(record)
        return _shown(kind, record)

    @operation("Id IfMatch", parts={member: kind.members})
    def update(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        table, clock = _parts(api, kind)
        record = find(api.documents, kind, request["Id"])
        _refuse_managed(kind, request["Id"], "IllegalUpdate")
        check_version(request, record)
        kind.check(request[member])
        _check_name(kind, table, request[member]["Name"], record.id)
        changed = replace(record, etag=new_id(), modified=clock.now(), config=request[member])
        table.put(changed)
        return _shown(kind, changed)

    @operation("Id IfMatch")
    def delete(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        table, _ = _parts(api, kind)
        record = find(api.documents, kind, request["Id"])
        _refuse_managed(kind, request["Id"], "IllegalDelete")
        check_version(request, record)
        users = api.documents.table(records.DISTRIBUTION).keys("uses", record.id)
        if users:
            raise AwsError(f"{kind.name}InUse", f"The {_words(kind)} {record.id} is used by {', '.join(users)}.", 409)
        table.delete(record.id)
        return {}

    return create, update, delete


def _reading(kind: Kind) -> tuple[Handler, Handler, Handler]:
    @operation("Id")
    def get(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return _shown(kind, find(api.documents, kind, request["Id"]))

    @operation("Id")
    def get_config(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        record = find(api.documents, kind, request["Id"])
        return {kind.config: copy.deepcopy(record.config), "ETag": record.etag}

    @operation("Type Marker MaxItems" if kind.typed else "Marker MaxItems")
    def enumerate_all(api: Any, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        own = [("custom", record) for record in _parts(api, kind)[0]]
        rows = [("managed", find(api.documents, kind, identifier)) for identifier in kind.managed] + own
        wanted = request.get("Type")
        items = [_row(kind, origin, record) for origin, record in rows if wanted in {None, origin}]
        return {f"{kind.name}List": page(items, request, marked=not kind.typed)}

    return get, get_config, enumerate_all


def _parts(api: Any, kind: Kind) -> tuple[Table[Configured], Clock]:
    return api.documents.table(kind.schema), api.clock


def _check_name(kind: Kind, table: Table[Configured], name: str, own: str) -> None:
    if any(key != own for key in table.keys("name", name)):
        raise AwsError(f"{kind.name}AlreadyExists", f"A {_words(kind)} named {name} exists already.", 409)


def _refuse_managed(kind: Kind, identifier: str, code: str) -> None:
    if identifier in kind.managed:
        raise AwsError(code, f"The {_words(kind)} {identifier} is managed by AWS and can't be changed or deleted.")


def _body(kind: Kind, record: Configured) -> dict[str, Any]:
    body: dict[str, Any] = {"Id": record.id, kind.config: copy.deepcopy(record.config)}
    if kind.typed:
        body["LastModifiedTime"] = record.modified
    return body


def _shown(kind: Kind, record: Configured) -> dict[str, Any]:
    return {kind.name: _body(kind, record), "ETag": record.etag, "Location": record.id}


def _row(kind: Kind, origin: str, record: Configured) -> dict[str, Any]:
    if kind.typed:
        return {"Type": origin, kind.name: _body(kind, record)}
    return {"Id": record.id, "Description": "", **record.config}


def _words(kind: Kind) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.name).strip()


BY_NAME = {
    kind.name: kind for kind in (ORIGIN_ACCESS_CONTROL, CACHE_POLICY, ORIGIN_REQUEST_POLICY, RESPONSE_HEADERS_POLICY)
}

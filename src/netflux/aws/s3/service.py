"""S3's HTTP service: signed or not, path-style or virtual-hosted, bodies streamed both ways."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web
from botocore import xform_name

from netflux import names
from netflux.aws.s3 import (
    access,
    accesscontrol,
    answering,
    crossorigin,
    encodedwords,
    postform,
    postpolicy,
    reception,
    refusals,
    route,
    visits,
    wire,
)  # fmt: skip
from netflux.aws.s3.api import S3Api
from netflux.aws.s3.asking import Asked, Visitor
from netflux.aws.s3.body import Sealed
from netflux.aws.s3.framing import Incoming
from netflux.aws.s3.permission import Permission, denied, late
from netflux.aws.s3.postform import Contents
from netflux.aws.s3.postpolicy import Sizes
from netflux.aws.s3.reception import Promised
from netflux.aws.s3.refusals import Refused
from netflux.aws.s3.visitors import Visitors
from netflux.aws.s3.visits import Seen
from netflux.aws.s3.website import Websites
from netflux.controlplane import operation as operations
from netflux.controlplane.apis import Handler
from netflux.controlplane.authentication.admission import MAIN, Admission, Door
from netflux.controlplane.authentication.signature import SignatureError
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.call import Call
from netflux.controlplane.protocol import bodies, constraints, sizes
from netflux.controlplane.records import room
from netflux.controlplane.server import joined
from netflux.errors import AwsError, Unsupported
from netflux.resources.s3 import Bucket
from netflux.resources.s3owner import canonical_id

_log = logging.getLogger(__name__)
_READS = {"GetObject", "HeadObject"}
_STREAMED = {"PutObject", "UploadPart"}
_LONGEST_KEY = 1024  # bytes of UTF-8; "Naming Amazon S3 objects", S3 User Guide
_STATUS = dict.fromkeys(
    ("AuthorizationHeaderMalformed", "AuthorizationQueryParametersError", "InvalidArgument", "InvalidRequest"), 400
)


class S3Service:
    """Answers the requests that are S3's.

    Args:
        api: the operations.
        admission: verifies who asks.
        account: twelve digits.
        region: the one region there is.
        settled: told of each call that succeeded, before its answer leaves.
    """

    def __init__(
        self,
        api: S3Api,
        admission: Admission,
        account: str,
        region: str,
        settled: Callable[[Call], None] = lambda _: None,
    ) -> None:
        self.permission = Permission(api.store, account)
        self._settled = settled
        self._api = api
        api.datakeys.guard = self.permission.check_key
        self._visitors = Visitors(admission, self.permission, (region, account))
        self._account = account
        self._region = region
        self._websites = Websites(api.store, self._get, lambda: Call("s3", "GetObject", region, account))

    @property
    def authorization(self) -> Authorization | None:
        """Decides what users and roles may do; None where nobody but the account asks."""
        return self.permission.authorization

    @authorization.setter
    def authorization(self, given: Authorization | None) -> None:
        self.permission.authorization = given

    async def handle(self, request: web.Request, door: Door = MAIN) -> web.StreamResponse:
        """The whole answer; errors are S3's XML."""
        call = Call("s3", "", self._region, self._account)
        seen = Seen(self._api.clock.now(), time.monotonic())
        bucket = names.website_bucket(request.host)
        shared = self._shared(request, bucket)
        if bucket:
            response = await self._websites.answer(request, bucket, shared)
        else:
            response = await self._safely(request, door, (call, seen), shared)
        self._api.accesslogs.note(request, response, seen)
        return response

    async def _safely(
        self, request: web.Request, door: Door, asking: tuple[Call, Seen], shared: Mapping[str, str]
    ) -> web.StreamResponse:
        call, seen = asking
        try:
            return await self._answer(request, door, asking, shared)
        except AwsError as error:
            refused = error
        except SignatureError as error:
            refused = Refused(error.code, str(error), _STATUS.get(error.code, 403), **error.details)
        except ConnectionResetError:
            raise
        except Exception as error:  # noqa: BLE001  (a client must get S3's answer whatever happened; it is logged)
            _log.exception("s3 %s %s (%s)", request.method, request.raw_path, call.request_id)
            failure = AwsError("InternalError", f"Netflux failed; its log has {call.request_id}", 500)
            refused = room.refusal(error) or failure
        seen.error = refusals.code(refused)
        return answering.refusal(request, refused, call, shared)

    async def _answer(
        self, request: web.Request, door: Door, asking: tuple[Call, Seen], shared: Mapping[str, str]
    ) -> web.StreamResponse:
        call, seen = asking
        headers = joined(request.headers)
        where = route.place(headers.get("host", ""), request.raw_path)
        if request.method == "OPTIONS":
            return self._preflight(where, headers, call)
        query = route.query(request.raw_path)
        if request.method == "POST" and where.bucket and not where.key and not {*query} & {"delete"}:
            return await self._form(request, door, asking, shared)
        asked = seen.asked = await self._read(request, door, call)
        operation = asked.call.operation
        handler = getattr(self._api, xform_name(operation), None)
        if handler is None:
            raise Unsupported(f"s3:{operation}")
        if not late(operation):
            self.permission.authorize(asked)
        params = await self._params(request, asked, handler)
        if late(operation):
            self.permission.authorize(replace(asked, params=params))
        kept_back = self._narrow(asked, params)
        seen.params = params
        answer = await self._carried_out(asked, params, kept_back)
        self._settled(asked.call)
        seen.answer = answer
        return await answering.send(request, asked, answer, shared)

    async def _carried_out(self, asked: Asked, params: dict[str, Any], kept_back: list[str]) -> dict[str, Any]:
        operation = asked.call.operation
        handler = getattr(self._api, xform_name(operation))
        if operation == "DeleteObjects" and kept_back and not params["Delete"]["Objects"]:
            answer: dict[str, Any] = {}
        else:
            try:
                with room.asked_by(operation), visits.of(asked):
                    answer = await handler(asked.call, params)
            except AwsError as error:
                raise self._shown(asked, error) from error
        if kept_back:
            answer.setdefault("Errors", []).extend(
                {"Key": key, "Code": "AccessDenied", "Message": "Access Denied"} for key in kept_back
            )
        return answer

    async def _get(self, asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
        """An object for whoever asks."""
        self.permission.authorize(asked)
        return await self._carried_out(asked, params, [])

    def _shared(self, request: web.Request, website: str) -> dict[str, str]:
        """The headers that let a page of another site read the answer."""
        origin = request.headers.get("Origin")
        if not origin or request.method == "OPTIONS":
            return {}
        try:
            bucket = website or route.place(request.host, request.raw_path).bucket
        except AwsError:
            return {}
        record = self._api.store.find_bucket(bucket)
        method = request.headers.get("Access-Control-Request-Method", request.method)
        return crossorigin.told(record.cors, origin, method) if record is not None else {}

    def _preflight(self, where: route.Place, headers: Mapping[str, str], call: Call) -> web.Response:
        preflight = crossorigin.asked(headers)
        record = self._api.store.bucket(where.bucket)
        found = crossorigin.permitted(record.cors, preflight, "OBJECT" if where.key else "BUCKET")
        return web.Response(status=200, headers={**answering.marked(call), **found})

    async def _form(
        self, request: web.Request, door: Door, asking: tuple[Call, Seen], shared: Mapping[str, str]
    ) -> web.StreamResponse:
        """A form that a browser has sent: PutObject by other means."""
        call, seen = asking
        headers = joined(request.headers)
        bucket = route.place(headers.get("host", ""), request.raw_path).bucket
        self._api.store.bucket(bucket)
        form = await postform.read(request)
        visitor = self._visitors.of_form(form.fields, request, door)
        sizes = Sizes()
        if "policy" in form.fields:
            sizes = postpolicy.check(form.fields["policy"], form.fields, bucket, datetime.now(UTC))
        named = Call(
            "s3", "PutObject", self._region, _account(visitor, self._account), call.request_id, visitor.access_key
        )
        where = route.Place(bucket, form.fields["key"])
        asked = seen.asked = Asked(named, where, form.headers, {}, visitor, form=True)
        if len(where.key.encode()) > _LONGEST_KEY:
            raise AwsError("KeyTooLongError", "Your key is too long")
        self.permission.authorize(asked)
        params = await self._read_members(asked, self._api.put_object, b"")
        params["Body"] = await reception.receive_plain(
            Contents(form.file, sizes),
            Promised(asked.headers),
            self._api.store.bodies,
            self._wanted(asked, params),
            await self._sealed(asked, params),
        )
        answer = await self._carried_out(asked, params, [])
        self._settled(named)
        seen.params, seen.answer = params, answer
        path = quote(where.key if request.path == "/" else f"{bucket}/{where.key}")
        url = f"{headers.get('x-forwarded-proto', 'http')}://{request.host}/{path}"
        status, told, body = postform.answer(form.fields, bucket, answer["ETag"], url)
        response = web.Response(status=status, headers={**answering.marked(call), **told, **shared}, body=body)
        if body:
            response.content_type = "application/xml"
        return response

    async def _read(self, request: web.Request, door: Door, call: Call) -> Asked:
        headers = joined(request.headers)
        where = route.place(headers.get("host", ""), request.raw_path)
        if len(where.key.encode()) > _LONGEST_KEY:
            raise AwsError("KeyTooLongError", "Your key is too long")
        query = route.query(request.raw_path)
        operation = route.router().find(request.method, where, query, headers)
        if operation is None:
            kind = "OBJECT" if where.key else "BUCKET" if where.bucket else "SERVICE"
            raise Refused(
                "MethodNotAllowed", "The specified method is not allowed against this resource.", 405,
                Method=request.method, ResourceType=kind,
            )  # fmt: skip
        visitor = self._visitors.of(request, door, headers)
        account = _account(visitor, self._account)
        named = Call("s3", operation, self._region, account, call.request_id, visitor.access_key)
        return Asked(named, where, headers, query, visitor)

    def _narrow(self, asked: Asked, params: dict[str, Any]) -> list[str]:
        """Takes the keys out of a DeleteObjects that may not be deleted; returns them."""
        if asked.call.operation != "DeleteObjects":
            return []
        wanted = params["Delete"].get("Objects") or []
        allowed: list[Any] = []
        kept_back: list[Any] = []
        for item in wanted:
            version = item.get("VersionId") or ""
            action = access.action("DeleteObject", version=bool(version))
            may = self.permission.permits(asked, action, asked.where.bucket, item["Key"], version)
            (allowed if may else kept_back).append(item)
        params["Delete"]["Objects"] = allowed
        return [item["Key"] for item in kept_back]

    def _shown(self, asked: Asked, error: AwsError) -> AwsError:
        """Who may not list a bucket does not learn which keys it lacks."""
        if error.code == "NoSuchKey" and not self.permission.may_list(asked, asked.where.bucket):
            return denied()
        return error

    async def _params(self, request: web.Request, asked: Asked, handler: Handler) -> dict[str, Any]:
        body = b""
        if asked.call.operation not in _STREAMED and request.method in {"PUT", "POST"}:
            body = await _document(request, sizes.s3_document(asked.call.operation).size)
            if asked.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
                raise Unsupported("aws-chunked framing of a request that is no object")
            reception.check_small(body, _of_the_body(asked))
        params = await self._read_members(asked, handler, body)
        if asked.call.operation in _STREAMED:
            params["Body"] = await reception.receive(
                await _stream(request),
                Promised(asked.headers, asked.visitor.chain),
                self._api.store.bodies,
                self._wanted(asked, params),
                await self._sealed(asked, params),
            )
        return params

    async def _sealed(self, asked: Asked, params: dict[str, Any]) -> Sealed | None:
        """How a body is encrypted, before it comes."""
        with visits.of(asked):
            if asked.call.operation == "PutObject":
                return await self._api.sealed(params)
            return await self._api.sealed_part(self._api.upload(params), params)

    async def _read_members(self, asked: Asked, handler: Handler, body: bytes) -> dict[str, Any]:
        shape = route.model().operation_model(asked.call.operation).input_shape
        document = wire.Document(body, sizes.s3_document(asked.call.operation))
        params = wire.read(shape, asked.query, asked.headers, document)
        if "Metadata" in params and not asked.form:
            params["Metadata"] = {name: encodedwords.read(text) for name, text in params["Metadata"].items()}
        if asked.where.bucket:
            params["Bucket"] = asked.where.bucket
        if asked.where.key:
            params["Key"] = asked.where.key
        if params.get("ACL") == "log-delivery-write":
            params |= accesscontrol.log_delivery(_owner(self._api.store.find_bucket(asked.where.bucket), asked.call))
            del params["ACL"]
        if asked.call.operation in _READS and "x-amz-server-side-encryption" in asked.headers:
            raise Refused(
                "InvalidArgument",
                "x-amz-server-side-encryption header is not supported for this operation.",
                ArgumentName="x-amz-server-side-encryption",
                ArgumentValue=asked.headers["x-amz-server-side-encryption"],
            )
        _require(shape, params)
        await self._check_members(asked.call, handler, params)
        return params

    async def _check_members(self, call: Call, handler: Handler, params: dict[str, Any]) -> None:
        """What the control plane holds every service's requests to, before a body is taken."""
        model = route.model().operation_model(call.operation)
        constraints.check("s3", model, params)
        declared = operations.declaration(handler)
        if declared is not None:
            declared.check(f"s3:{call.operation}", model.input_shape, params)
        await self._api.precheck(call, params)

    def _wanted(self, asked: Asked, params: Mapping[str, Any]) -> set[str]:
        wanted = set(reception.algorithms(asked.headers))
        if asked.call.operation == "UploadPart":
            upload = self._api.store.upload(params["Bucket"], params["Key"], params["UploadId"])
            wanted.add(upload.algorithm)
        return wanted


def _of_the_body(asked: Asked) -> Mapping[str, str]:
    """The headers without the checksums that an upload's end gives of the whole object."""
    if asked.call.operation != "CompleteMultipartUpload":
        return asked.headers
    return {name: value for name, value in asked.headers.items() if not name.startswith("x-amz-checksum-")}


async def _stream(request: web.Request) -> Incoming:
    """The body, also when the control plane has read it to see what it is."""
    await bodies.invite(request)
    if not request.content.at_eof():
        return request.content
    held = asyncio.StreamReader()
    held.feed_data(await request.read())
    held.feed_eof()
    return held


async def _document(request: web.Request, most: int) -> bytes:
    try:
        return await bodies.read(request, most)
    except AwsError as error:
        raise AwsError("MaxMessageLengthExceeded", f"Your request was too large: {most} bytes are taken.") from error


def _account(visitor: Visitor, own: str) -> str:
    """Whose what is made would be: of nobody's account where nobody signs, the region's where a service of its asks."""
    match visitor.principal.kind:
        case "AWS":
            return visitor.principal.account
        case "Anonymous":
            return ""
    return own


def _owner(bucket: Bucket | None, call: Call) -> str:
    return canonical_id(call.account if bucket is None else bucket.owner or call.account)


def _require(shape: Any, params: Mapping[str, Any]) -> None:
    for name in shape.required_members if shape else []:
        if name not in params and not shape.members[name].serialization.get("streaming"):
            raise AwsError("InvalidRequest", f"Missing required parameter: {name}")

"""S3's HTTP service: signed or not, path-style or virtual-hosted, bodies streamed both ways."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web
from botocore import xform_name

from netflux.aws.s3 import access, reception, route, wire
from netflux.aws.s3.api import S3Api
from netflux.aws.s3.buckets import read_policy
from netflux.aws.s3.chunks import PREFIX, Chain
from netflux.aws.s3.copying import copy_source
from netflux.aws.s3.framing import Incoming
from netflux.aws.s3.objectbody import ObjectBody
from netflux.aws.s3.objects import Absent
from netflux.aws.s3.reception import Promised
from netflux.controlplane import operation as operations
from netflux.controlplane.apis import Handler
from netflux.controlplane.authentication import signature
from netflux.controlplane.authentication.admission import MAIN, Admission, Door, is_own_page_host
from netflux.controlplane.authentication.keys import Key
from netflux.controlplane.authentication.signature import SignatureError, Signed
from netflux.controlplane.authorization import circumstances
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.authorization.circumstances import Context
from netflux.controlplane.authorization.identity import Identity
from netflux.controlplane.authorization.service import Need
from netflux.controlplane.call import Call
from netflux.controlplane.protocol import bodies, constraints, sizes
from netflux.controlplane.records import room
from netflux.controlplane.server import joined
from netflux.errors import AwsError, Unsupported
from netflux.policy.evaluate import ANONYMOUS, Principal, Request
from netflux.policy.verdict import Kind, Source

_log = logging.getLogger(__name__)
_STREAMED = {"PutObject", "UploadPart"}
_LONGEST_KEY = 1024  # bytes of UTF-8; "Naming Amazon S3 objects", S3 User Guide
_PIECE = 256 * 1024
_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAcl": "AccessControlPolicy",
    "GetObjectTagging": "Tagging",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "ListObjectVersions": "ListVersionsResult",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
}
_ACTIVE = ("html", "xml", "svg")
_SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads"
"""Of an object that a browser would run as a page of the console's own origin: it gets an origin of its own instead."""
_STATUS = {"AuthorizationHeaderMalformed": 400, "InvalidRequest": 400, "AuthorizationQueryParametersError": 400}


@dataclass(frozen=True)
class Visitor:
    """Who asks, the condition keys that come with it, and the chain of a body that is signed chunk by chunk.

    Attributes:
        identity: whose policies decide; None for the account's administrator and for strangers.
    """

    principal: Principal
    context: Mapping[str, tuple[str, ...]]
    access_key: str | None
    chain: Chain | None = None
    identity: Identity | None = None


@dataclass(frozen=True)
class Asked:
    """A request, read as far as its headers."""

    call: Call
    where: route.Place
    headers: Mapping[str, str]
    query: Mapping[str, str]
    visitor: Visitor


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
        self.authorization: Authorization | None = None
        self._settled = settled
        self._api = api
        self._admission = admission
        self._account = account
        self._region = region

    async def handle(self, request: web.Request, door: Door = MAIN) -> web.StreamResponse:
        """The whole answer; errors are S3's XML."""
        call = Call("s3", "", self._region, self._account)
        try:
            return await self._answer(request, door, call)
        except AwsError as error:
            return _refusal(request, error, call.request_id)
        except SignatureError as error:
            refused = AwsError(error.code, str(error), _STATUS.get(error.code, 403))
            return _refusal(request, refused, call.request_id)
        except ConnectionResetError:
            raise
        except Exception as error:  # noqa: BLE001  (a client must get S3's answer whatever happened; it is logged)
            _log.exception("s3 %s %s (%s)", request.method, request.raw_path, call.request_id)
            failure = AwsError("InternalError", f"Netflux failed; its log has {call.request_id}", 500)
            return _refusal(request, room.refusal(error) or failure, call.request_id)

    async def _answer(self, request: web.Request, door: Door, call: Call) -> web.StreamResponse:
        asked = await self._read(request, door, call)
        operation = asked.call.operation
        handler = getattr(self._api, xform_name(operation), None)
        if handler is None:
            raise Unsupported(f"s3:{operation}")
        self._authorize(asked)
        params = await self._params(request, asked, handler)
        denied = self._narrow(asked, params)
        try:
            with room.asked_by(operation):
                answer = (
                    {}
                    if operation == "DeleteObjects" and denied and not params["Delete"]["Objects"]
                    else (await handler(asked.call, params))
                )
        except AwsError as error:
            raise self._shown(asked, error) from error
        if denied:
            answer.setdefault("Errors", []).extend(
                {"Key": key, "Code": "AccessDenied", "Message": "Access Denied"} for key in denied
            )
        self._settled(asked.call)
        return await _send(request, asked, answer)

    async def _read(self, request: web.Request, door: Door, call: Call) -> Asked:
        headers = joined(request.headers)
        where = route.place(headers.get("host", ""), request.raw_path)
        if len(where.key.encode()) > _LONGEST_KEY:
            raise AwsError("KeyTooLongError", "Your key is too long")
        query = route.query(request.raw_path)
        operation = route.router().find(request.method, where, query, headers)
        if operation is None:
            raise AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
        visitor = await self._visitor(request, door, headers)
        named = Call("s3", operation, self._region, self._account, call.request_id, visitor.access_key)
        return Asked(named, where, headers, query, visitor)

    async def _visitor(self, request: web.Request, door: Door, headers: Mapping[str, str]) -> Visitor:
        context = circumstances.of_message(headers, request.remote)
        signed = Signed(request.method, request.raw_path, headers)
        bucket = route.place(headers.get("host", ""), "/").bucket
        key = self._admission.identify(signed, door, bucket)
        if key is None:
            return Visitor(ANONYMOUS, context, None)
        context |= circumstances.of_call({}, self._region, self._account, datetime.now(UTC))
        context |= {name: tuple(values) for name, values in key.context.items()}
        if key.principal.kind == "AWS":
            context |= {"aws:principalarn": (key.principal.name,), "aws:principalaccount": (key.principal.account,)}
        identity = self.authorization.known(key) if self.authorization is not None else None
        if identity is not None:
            context |= circumstances.of_identity(identity, key)
        principal = identity.principal if identity is not None else key.principal
        return Visitor(principal, context, key.access_key, _chain(signed, key), identity)

    def _authorize(self, asked: Asked) -> None:
        operation, bucket = asked.call.operation, asked.where.bucket
        own = asked.visitor.principal.kind == "AWS" and asked.visitor.principal.account == self._account
        if operation in {"ListBuckets", "CreateBucket"}:
            if not own:
                raise _denied()
            self._decide(asked, access.action(operation), f"arn:aws:s3:::{bucket or '*'}", asked.visitor.context, [])
            return
        self._api.store.bucket(bucket)
        if operation == "DeleteObjects":
            return
        self._check(asked, access.action(operation), bucket, asked.where.key)
        if "x-amz-copy-source" in asked.headers and operation in {"CopyObject", "UploadPartCopy"}:
            source_bucket, source_key, version = copy_source(asked.headers["x-amz-copy-source"])
            action = "s3:GetObject" if version is None else "s3:GetObjectVersion"
            self._check(asked, action, source_bucket, source_key)

    def _permits(self, asked: Asked, action: str, bucket: str, key: str) -> bool:
        try:
            self._check(asked, action, bucket, key)
        except AwsError as error:
            if error.code != "AccessDenied":
                raise
            return False
        return True

    def _check(self, asked: Asked, action: str, bucket: str, key: str) -> None:
        record = self._api.store.bucket(bucket)
        policy = read_policy(record)
        guard = access.Guard(self._account, policy, bool(record.public_access_block.get("RestrictPublicBuckets")))
        resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
        context = dict(asked.visitor.context)
        if action == "s3:ListBucket":
            context |= {f"s3:{name}": (asked.query[name],) for name in ("prefix", "delimiter") if name in asked.query}
        sources = [Source(Kind.RESOURCE, "", f"arn:aws:s3:::{bucket}", policy)] if policy is not None else []
        self._decide(asked, action, resource, context, sources)
        if not guard.permits(Request(asked.visitor.principal, action, resource, context)):
            raise _denied()

    def _decide(self, asked: Asked, action: str, resource: str, context: Context, policies: Sequence[Source]) -> None:
        """What a user's or role's own policies say, and the bucket's beside them."""
        if self.authorization is None or asked.visitor.identity is None:
            return
        verdict = self.authorization.judged(asked.visitor.identity, Need(action, resource), context, policies)
        if not verdict.allowed:
            raise self.authorization.refuse(asked.call, verdict)

    def _narrow(self, asked: Asked, params: dict[str, Any]) -> list[str]:
        """Takes the keys out of a DeleteObjects that may not be deleted; returns them."""
        if asked.call.operation != "DeleteObjects":
            return []
        wanted = params["Delete"].get("Objects") or []
        denied = [
            item["Key"]
            for item in wanted
            if not self._permits(asked, "s3:DeleteObject", asked.where.bucket, item["Key"])
        ]
        params["Delete"]["Objects"] = [item for item in wanted if item["Key"] not in denied]
        return denied

    def _shown(self, asked: Asked, error: AwsError) -> AwsError:
        """Who may not list a bucket does not learn which keys it lacks."""
        if error.code == "NoSuchKey" and not self._permits(asked, "s3:ListBucket", asked.where.bucket, ""):
            return _denied()
        return error

    async def _params(self, request: web.Request, asked: Asked, handler: Handler) -> dict[str, Any]:
        shape = route.model().operation_model(asked.call.operation).input_shape
        body = b""
        if asked.call.operation not in _STREAMED and request.method in {"PUT", "POST"}:
            body = await _document(request, sizes.s3_document(asked.call.operation).size)
            if asked.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
                raise Unsupported("aws-chunked framing of a request that is no object")
            reception.check_small(body, _of_the_body(asked))
        document = wire.Document(body, sizes.s3_document(asked.call.operation))
        params = wire.read(shape, asked.query, asked.headers, document)
        if asked.where.bucket:
            params["Bucket"] = asked.where.bucket
        if asked.where.key:
            params["Key"] = asked.where.key
        _require(shape, params)
        await self._check_members(asked.call, handler, params)
        if asked.call.operation in _STREAMED:
            params["Body"] = await reception.receive(
                await _stream(request),
                Promised(asked.headers, asked.visitor.chain),
                self._api.store.bodies,
                self._wanted(asked, params),
            )
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


def _chain(signed: Signed, key: Key) -> Chain | None:
    stated = signed.headers.get("x-amz-content-sha256", "")
    claimed = signature.claim(signed) if key.secret and stated.startswith(PREFIX) else None
    return Chain(claimed, key.secret) if claimed is not None else None


def _denied() -> AwsError:
    return AwsError("AccessDenied", "Access Denied", 403)


def _require(shape: Any, params: Mapping[str, Any]) -> None:
    for name in shape.required_members if shape else []:
        if name not in params and not shape.members[name].serialization.get("streaming"):
            raise AwsError("InvalidRequest", f"Missing required parameter: {name}")


def _refusal(request: web.Request, error: AwsError, request_id: str) -> web.Response:
    headers = {"x-amz-request-id": request_id, "x-amz-id-2": request_id, "Server": "AmazonS3"}
    headers |= error.headers if isinstance(error, Absent) else {}
    if error.status == 304:
        return web.Response(status=304, headers=headers | {"ETag": error.message})
    if request.method == "HEAD":
        return web.Response(status=error.status, headers=headers)
    path = request.raw_path.partition("?")[0]
    code = "NotImplemented" if isinstance(error, Unsupported) else error.code
    body = wire.error(code, error.message, path, request_id)
    return web.Response(status=error.status, headers=headers, body=body, content_type="application/xml")


async def _send(request: web.Request, asked: Asked, answer: Mapping[str, Any]) -> web.StreamResponse:
    model = route.model().operation_model(asked.call.operation)
    body = answer.get("Body")
    headers, document = wire.write(model.output_shape, answer, _ROOTS.get(asked.call.operation, ""))
    headers |= {
        "x-amz-request-id": asked.call.request_id,
        "x-amz-id-2": asked.call.request_id,
        "Server": "AmazonS3",
    }
    status = model.http.get("responseCode", 200)
    if isinstance(body, ObjectBody) or asked.call.operation == "HeadObject":
        if is_own_page_host(request.host) and any(mark in headers.get("Content-Type", "") for mark in _ACTIVE):
            headers["Content-Security-Policy"] = _SANDBOX
        return await _send_object(request, headers, body, 206 if "ContentRange" in answer else status)
    if asked.call.operation == "GetBucketLocation":
        location = escape(answer.get("LocationConstraint") or "")
        document = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<LocationConstraint xmlns="{wire.NAMESPACE}">{location}</LocationConstraint>'
        ).encode()
    if document and "Content-Type" not in headers:
        headers["Content-Type"] = "application/json" if asked.call.operation == "GetBucketPolicy" else "application/xml"
    return web.Response(status=status, headers=headers, body=document)


async def _send_object(
    request: web.Request, headers: Mapping[str, str], body: ObjectBody | None, status: int
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers)
    if body is None or request.method == "HEAD":
        await response.prepare(request)
        await response.write_eof()
        return response
    with body.open() as file:  # before anything is awaited, so that an overwrite can't take it away
        left = body.length
        if left <= _PIECE and len(whole := file.read(left)) == left:
            return web.Response(status=status, headers=headers, body=whole)
        file.seek(body.start)
        await response.prepare(request)
        while left and (piece := file.read(min(_PIECE, left))):
            await response.write(piece)
            left -= len(piece)
    if left:
        _log.error("%s became shorter while it was sent: %d bytes lack", body.path, left)
        raise ConnectionResetError(f"{left} bytes of the object lack")
    await response.write_eof()
    return response

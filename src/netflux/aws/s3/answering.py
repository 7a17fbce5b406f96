"""Answers of S3 over HTTP: documents, objects as streams, and refusals."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from netflux.aws.s3 import refusals, route, wire
from netflux.aws.s3.asking import Asked
from netflux.aws.s3.objectbody import ObjectBody
from netflux.controlplane.authentication.admission import is_own_page_host
from netflux.controlplane.call import Call
from netflux.errors import AwsError

_log = logging.getLogger(__name__)
_PIECE = 256 * 1024
_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListObjectVersions": "ListVersionsResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAcl": "AccessControlPolicy",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectTagging": "Tagging",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
}
_NOTHING = {"PutBucketPolicy": 204, "PutBucketTagging": 204}
"""Statuses that S3 answers with and its model does not tell."""
_ACTIVE = ("html", "xml", "svg")
_SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads"
"""Of an object that a browser would run as a page of the console's own origin: it gets an origin of its own instead."""


def marked(call: Call) -> dict[str, str]:
    """Headers that every answer has."""
    return {"x-amz-request-id": call.request_id, "x-amz-id-2": call.request_id, "Server": "AmazonS3"}


def refusal(request: web.Request, error: AwsError, call: Call, more: Mapping[str, str]) -> web.Response:
    """The answer to a request that is refused.

    Args:
        more: headers besides.
    """
    headers = {**marked(call), **more}
    if error.status == 304:
        return web.Response(status=304, headers=headers | {"ETag": error.message})
    told = getattr(error, "headers", {})
    if request.method == "HEAD":
        return web.Response(status=error.status, headers={**headers, **told})
    where = _place(request)
    fields = refusals.members(error, where.bucket, where.key, request.raw_path.partition("?")[0])
    body = refusals.document({**fields, "RequestId": call.request_id, "HostId": call.request_id})
    return web.Response(status=error.status, headers={**headers, **told}, body=body, content_type="application/xml")


def _place(request: web.Request) -> route.Place:
    try:
        return route.place(request.headers.get("Host", ""), request.raw_path)
    except AwsError:
        return route.Place("", "")


async def send(
    request: web.Request, asked: Asked, answer: Mapping[str, Any], more: Mapping[str, str]
) -> web.StreamResponse:
    """The answer to a request that was carried out."""
    model = route.model().operation_model(asked.call.operation)
    body = answer.get("Body")
    headers, document = wire.write(model.output_shape, answer, _ROOTS.get(asked.call.operation, ""))
    headers |= {**marked(asked.call), **more}
    status = _NOTHING.get(asked.call.operation) or model.http.get("responseCode", 200)
    if isinstance(body, ObjectBody) or asked.call.operation == "HeadObject":
        if is_own_page_host(request.host) and any(mark in headers.get("Content-Type", "") for mark in _ACTIVE):
            headers["Content-Security-Policy"] = _SANDBOX
        return await send_object(request, headers, body, 206 if "ContentRange" in answer else status)
    if asked.call.operation == "GetBucketLocation":
        location = escape(answer.get("LocationConstraint") or "")
        document = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<LocationConstraint xmlns="{wire.NAMESPACE}">{location}</LocationConstraint>'
        ).encode()
    if document and "Content-Type" not in headers:
        headers["Content-Type"] = "application/json" if asked.call.operation == "GetBucketPolicy" else "application/xml"
    return web.Response(status=status, headers=headers, body=document)


async def send_object(
    request: web.Request, headers: Mapping[str, str], body: ObjectBody | None, status: int
) -> web.StreamResponse:
    """An object's bytes, or its headers alone."""
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

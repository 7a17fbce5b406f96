"""Buckets' websites: pages to anybody, by the bucket's website configuration."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from netflux.aws.s3 import answering, refusals, route, websiterules, wire
from netflux.aws.s3.asking import Asked, Visitor
from netflux.aws.s3.store import Store
from netflux.aws.s3.websiterules import Redirect, Visit
from netflux.controlplane.authorization import circumstances
from netflux.controlplane.call import Call
from netflux.controlplane.server import joined
from netflux.errors import AwsError
from netflux.policy.evaluate import ANONYMOUS

Get = Callable[[Asked, dict[str, Any]], Awaitable[dict[str, Any]]]
"""GetObject for whoever asks, policies and all."""

_READ = ("GET", "HEAD")
_CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range")


@dataclass(frozen=True)
class _Page:
    """An object that was found for a path."""

    asked: Asked
    answer: Mapping[str, Any]


class Websites:
    """Answers at the website endpoints.

    Args:
        store: has the buckets.
        get: reads an object.
        call: makes the call of a request, with an id of its own.
    """

    def __init__(self, store: Store, get: Get, call: Callable[[], Call]) -> None:
        self._store = store
        self._get = get
        self._call = call

    async def answer(self, request: web.Request, bucket: str, more: Mapping[str, str]) -> web.StreamResponse:
        """The whole answer; errors are pages.

        Args:
            bucket: whose website it is.
            more: headers besides.
        """
        call = self._call()
        headers = joined(request.headers)
        visit = Visit(headers.get("x-forwarded-proto", "http"), request.host, _key(request.raw_path))
        asked = Asked(
            call, route.Place(bucket, visit.key), headers, {},
            Visitor(ANONYMOUS, circumstances.of_message(headers, request.remote), None),
        )  # fmt: skip
        try:
            configuration = self._configuration(bucket)
            if request.method not in _READ:
                raise refusals.Refused(
                    "MethodNotAllowed", "The specified method is not allowed against this resource.", 405,
                    Method=request.method.upper(), ResourceType="OBJECT",
                )  # fmt: skip
            return await self._page(request, asked, configuration, visit, more)
        except AwsError as error:
            return _refusal(request, asked, error, [], more)

    def _configuration(self, bucket: str) -> Mapping[str, Any]:
        found = self._store.bucket(bucket).website
        if not found:
            raise AwsError(
                "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", 404
            )
        return found

    async def _page(
        self,
        request: web.Request,
        asked: Asked,
        configuration: Mapping[str, Any],
        visit: Visit,
        more: Mapping[str, str],
    ) -> web.StreamResponse:
        redirect = websiterules.before(configuration, visit)
        if redirect is not None:
            return _led(redirect, asked, more)
        try:
            page = await self._read(asked, websiterules.document(configuration, visit.key), conditional=True)
        except AwsError as error:
            return await self._instead(request, asked, (configuration, visit), error, more)
        target = page.answer.get("WebsiteRedirectLocation")
        if target:
            return _led(Redirect(301, target), asked, more)
        return await _sent(request, page, more, 206 if "ContentRange" in page.answer else 200)

    async def _instead(
        self,
        request: web.Request,
        asked: Asked,
        site: tuple[Mapping[str, Any], Visit],
        error: AwsError,
        more: Mapping[str, str],
    ) -> web.StreamResponse:
        """The answer where there is no page to read."""
        configuration, visit = site
        if error.status == 304:
            return answering.refusal(request, error, asked.call, more)
        redirect = websiterules.after(configuration, visit, error.status)
        if error.code == "NoSuchKey" and await self._is_folder(asked, configuration, visit.key):
            redirect = Redirect(302, f"/{websiterules.quoted(visit.key)}/")
        if redirect is not None:
            return _led(redirect, asked, more)
        return await self._error(request, asked, configuration, error, more)

    async def _read(self, asked: Asked, key: str, *, conditional: bool = False) -> _Page:
        call = Call("s3", "GetObject", asked.call.region, asked.call.account, asked.call.request_id)
        headers = {name: value for name, value in asked.headers.items() if conditional or name not in _CONDITIONS}
        own = Asked(call, route.Place(asked.where.bucket, key), headers, {}, asked.visitor)
        shape = route.model().operation_model("GetObject").input_shape
        given = {name: value for name, value in headers.items() if name in _CONDITIONS}
        params = wire.read(shape, {}, given, wire.Document(b""))
        return _Page(own, await self._get(own, {**params, "Bucket": asked.where.bucket, "Key": key}))

    async def _is_folder(self, asked: Asked, configuration: Mapping[str, Any], key: str) -> bool:
        index = websiterules.folder(configuration, key)
        try:
            return bool(index) and bool(await self._read(asked, index))
        except AwsError:
            return False

    async def _error(
        self,
        request: web.Request,
        asked: Asked,
        configuration: Mapping[str, Any],
        error: AwsError,
        more: Mapping[str, str],
    ) -> web.StreamResponse:
        key = (configuration.get("ErrorDocument") or {}).get("Key")
        if not key or not 400 <= error.status < 500:
            return _refusal(request, asked, error, [], more)
        try:
            page = await self._read(asked, key)
        except AwsError as second:
            return _refusal(request, asked, error, [(second, key)], more)
        return await _sent(request, page, more, error.status)


def _key(raw_path: str) -> str:
    try:
        return unquote(raw_path.partition("?")[0], errors="strict").removeprefix("/")
    except UnicodeDecodeError:
        return raw_path.partition("?")[0].removeprefix("/")


def _led(redirect: Redirect, asked: Asked, more: Mapping[str, str]) -> web.Response:
    location = redirect.location.replace("\r", "").replace("\n", "")
    headers = {**answering.marked(asked.call), **more, "Location": location}
    return web.Response(status=redirect.status, headers=headers)


async def _sent(request: web.Request, page: _Page, more: Mapping[str, str], status: int) -> web.StreamResponse:
    shape = route.model().operation_model("GetObject").output_shape
    headers, _ = wire.write(shape, page.answer)
    headers = {**headers, **answering.marked(page.asked.call), **more}
    return await answering.send_object(request, headers, page.answer["Body"], status)


def _refusal(
    request: web.Request,
    asked: Asked,
    error: AwsError,
    further: list[tuple[AwsError, str]],
    more: Mapping[str, str],
) -> web.Response:
    """AWS's page for an error, with what happened to the error document."""
    headers = {**answering.marked(asked.call), **more}
    status = f"{error.status} {HTTPStatus(error.status).phrase}"
    fields = refusals.members(error, asked.where.bucket, asked.where.key, request.path)
    ids = {"RequestId": asked.call.request_id, "HostId": asked.call.request_id}
    lines = [
        "<html>", f"<head><title>{status}</title></head>", "<body>", f"<h1>{status}</h1>", *_list({**fields, **ids})
    ]  # fmt: skip
    for second, key in further:
        lines.append("<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>")
        lines += _list(refusals.members(second, asked.where.bucket, key, request.path))
    text = "\n".join([*lines, "<hr/>", "</body>", "</html>", ""])
    headers["x-amz-error-code"], headers["x-amz-error-message"] = fields["Code"], " ".join(fields["Message"].split())
    body = b"" if request.method == "HEAD" else text.encode()
    return web.Response(status=error.status, headers=headers, body=body, content_type="text/html", charset="utf-8")


def _list(fields: Mapping[str, str]) -> list[str]:
    return ["<ul>", *(f"<li>{name}: {html.escape(text)}</li>" for name, text in fields.items()), "</ul>"]

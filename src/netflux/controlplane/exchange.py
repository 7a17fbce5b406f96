"""An API's request and its answer: who asks, what is meant, whether they may, what comes of it."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationModel

from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication import admission
from netflux.controlplane.authentication.admission import Admission, Door
from netflux.controlplane.authentication.keys import Key
from netflux.controlplane.authentication.signature import SignatureError, Signed
from netflux.controlplane.authorization import circumstances
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.call import Call
from netflux.controlplane.moto import forwarding
from netflux.controlplane.protocol import bodies, models, wire
from netflux.controlplane.protocol.message import HttpRequest, HttpResponse
from netflux.controlplane.records import room
from netflux.controlplane.records.commitlog import NotDurable
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError

_log = logging.getLogger(__name__)

UNSIGNED_OPERATIONS = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
"""Who asks these has no key yet: "Calls to STS that need no AWS credentials", STS API Reference."""

Headers = Mapping[str, str]
"""By lower-case name, repeated ones joined by commas."""


@dataclass
class Exchange:
    """One request, as far as it has been understood.

    Attributes:
        scope: whom it asks, and by whose key.
        request: with its body.
        headers: as its signature covers them.
        door: where it came in.
        remote: address at the other end of the connection; None behind the gateway.
        id: that the answer tells.
        key: that it was verified to be signed with.
        model: the operation.
    """

    scope: wire.Scope
    request: HttpRequest
    headers: Headers
    door: Door
    remote: str | None
    id: str
    key: Key | None = None
    model: OperationModel | None = None


class Exchanges:
    """Answers the AWS APIs' requests.

    Args:
        apis: the region's.
        admission: verifies who asks.
        authorization: decides calls; None allows them all.
    """

    def __init__(self, apis: Apis, admission: Admission, authorization: Authorization | None = None) -> None:
        self._apis = apis
        self._admission = admission
        self._authorization = authorization
        self.documents: Documents | None = None
        """What answers may tell of: none leaves before the disk has it."""

    def begin(self, one: Exchange) -> HttpResponse | Coroutine[Any, Any, HttpResponse]:
        """The answer where there is nothing to wait for, as with a read; else what has to be awaited for it."""
        answer = self._begin(one)
        if self.documents is None or (isinstance(answer, HttpResponse) and self.documents.settled):
            return answer
        return self._durably(one, self.documents, answer)

    async def _durably(
        self, one: Exchange, documents: Documents, answer: HttpResponse | Coroutine[Any, Any, HttpResponse]
    ) -> HttpResponse:
        """The answer, which may tell of another call's change, when the disk has all of them."""
        found = answer if isinstance(answer, HttpResponse) else await answer
        try:
            await documents.durable()
        except NotDurable as error:
            return self.failed(one, error)
        return found

    def _begin(self, one: Exchange) -> HttpResponse | Coroutine[Any, Any, HttpResponse]:
        try:
            self._admit(one)
            service = one.scope.service
            if not self._apis.present(service) or not wire.at_once(service, one.request):
                return self._carried_out(one, None)
            one.model, params = wire.operation_of(service, one.request)
            handler = self._apis.reading(service, one.model.name)
            if handler is None or self._decided(one.key):
                return self._carried_out(one, params)
            call = self._call(one, one.model)
            return wire.answer(one.model, one.request, self._apis.read(handler, call, params), one.id)
        except Exception as error:  # noqa: BLE001  (a client must get AWS's answer whatever happened; it is logged)
            return self.failed(one, error)

    def failed(self, one: Exchange, error: Exception) -> HttpResponse:
        """The answer to a request that came to nothing."""
        if isinstance(error, SignatureError):
            error = _refused(one.scope.service, error)
        elif not isinstance(error, AwsError):
            what = one.model.name if one.model else one.request.url
            _log.error("request %s: %s %s failed", one.id, one.scope.service, what, exc_info=error)
            internal = AwsError("InternalFailure", f"{type(error).__name__}; see netflux.log, {one.id}.", 500)
            error = room.refusal(error) or internal
        return _failure(one, error)

    async def _carried_out(self, one: Exchange, params: dict[str, Any] | None) -> HttpResponse:
        """With parameters that were read already, or None."""
        try:
            if one.model is None or params is None:
                one.model, params = await wire.understand(one.scope.service, one.request)
            call = self._call(one, one.model)
            await self._apis.ready(call.service)
            if self._authorization is not None and one.key is not None:
                context = circumstances.of_message(one.headers, one.remote)
                await self._authorization.check(call, params, one.key, context)
            if self._apis.handler(call.service, call.operation) is None:
                return await self._forwarded(one, call, one.model, params)
            return wire.answer(one.model, one.request, await self._apis.handle(call, params), one.id)
        except Exception as error:  # noqa: BLE001  (as above)
            return self.failed(one, error)

    async def _forwarded(
        self, one: Exchange, call: Call, model: OperationModel, params: dict[str, Any]
    ) -> HttpResponse:
        await self._apis.precheck(call, params)
        with room.asked_by(call.operation):
            response = await forwarding.forward(self._apis.moto, call, model, params, one.request)
        if response.status < 300:
            self._apis.settle(call)
        return response

    def _admit(self, one: Exchange) -> None:
        """Verifies who asks, and reads a compressed body."""
        check_asker(one.scope, one.headers)
        request = one.request
        body = hashlib.sha256(request.body).hexdigest()
        one.key = self._admission.identify(Signed(request.method, request.url, one.headers, body), one.door)
        one.request = bodies.plain(one.scope.service, request)

    def _call(self, one: Exchange, model: OperationModel) -> Call:
        if one.key is None and model.name not in UNSIGNED_OPERATIONS:
            raise _unsigned()
        self._check_region(one.scope)
        who = one.key.access_key if one.key is not None else None
        return Call(one.scope.service, model.name, self._apis.region, self._apis.account, one.id, who)

    def _decided(self, key: Key | None) -> bool:
        """Whether policies decide what the key may do."""
        return self._authorization is not None and key is not None and self._authorization.decides(key)

    def _check_region(self, scope: wire.Scope) -> None:
        if scope.region in (None, self._apis.region, "us-east-1"):
            return
        raise AwsError(
            "InvalidRegion",
            f"This cloud is the region {self._apis.region}; the request is signed for {scope.region}. "
            f"Set AWS_DEFAULT_REGION={self._apis.region}, or start `netflux up` with that variable set.",
        )


def fresh_id() -> str:
    """A request id, in the form of a random UUID [RFC 9562, 5.4]."""
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def check_asker(scope: wire.Scope, headers: Headers) -> None:
    """AwsError for what a page had a browser send, and for a request without a signature that needs one."""
    page = admission.from_page(headers)
    if page:
        raise AwsError("AccessDenied", f"{admission.PAGES} This request came from one ({page}).", 403)
    if scope.access_key is None and not scope.unsigned:
        raise _unsigned()


def _failure(one: Exchange, error: AwsError) -> HttpResponse:
    """The error in the service's protocol; where the operation is not known, any of the service's has that protocol."""
    model = one.model
    if model is None:
        try:
            known = models.service_model(one.scope.service)
            model = known.operation_model(known.operation_names[0])
        except AwsError:
            return wire.bare_failure(one.request, error)
    return wire.failure(model, one.request, error, one.id)


def _unsigned() -> AwsError:
    return AwsError(
        "MissingAuthenticationToken",
        "Request is missing Authentication Token. Sign it: `netflux env` prints an access key.",
        403,
    )


_REFUSED = {
    "AuthorizationHeaderMalformed": "IncompleteSignature",
    "InvalidAccessKeyId": "InvalidClientTokenId",
    "InvalidRequest": "IncompleteSignature",
    "InvalidToken": "InvalidClientTokenId",
    "RequestTimeTooSkewed": "RequestExpired",
}
"""S3's codes of signatures that can't be accepted, as all other services have them: "Common errors" of their API
references."""
_INVALID = "The security token included in the request is invalid."
_REFUSED_JSON = {"SignatureDoesNotMatch": "InvalidSignatureException", "ExpiredToken": "ExpiredTokenException"}


def _refused(service: str, error: SignatureError) -> AwsError:
    try:
        in_json = "json" in models.service_model(service).resolved_protocol
    except AwsError:
        in_json = False
    codes = {**_REFUSED, **(_REFUSED_JSON if in_json else {})}
    code = codes.get(error.code, error.code)
    text = str(error).replace("The AWS Access Key Id you provided does not exist in our records.", _INVALID)
    return AwsError(code, text, 400 if code == "IncompleteSignature" else 403)

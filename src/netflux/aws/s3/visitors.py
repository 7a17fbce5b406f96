"""Who sends a request to S3."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import web

from netflux.aws.s3 import postform, route
from netflux.aws.s3.asking import Visitor
from netflux.aws.s3.chunks import PREFIX, Chain
from netflux.aws.s3.permission import Permission
from netflux.controlplane.authentication import signature
from netflux.controlplane.authentication.admission import Admission, Door
from netflux.controlplane.authentication.keys import Key
from netflux.controlplane.authentication.signature import Signed
from netflux.controlplane.authorization import circumstances
from netflux.controlplane.authorization.circumstances import Context
from netflux.controlplane.server import joined
from netflux.policy.evaluate import ANONYMOUS


class Visitors:
    """Tells who sends a request, by its signature.

    Args:
        admission: verifies signatures.
        permission: whose authorization knows users and roles.
        place: region and account.
    """

    def __init__(self, admission: Admission, permission: Permission, place: tuple[str, str]) -> None:
        self._admission = admission
        self._permission = permission
        self._place = place

    def of(self, request: web.Request, door: Door, headers: Mapping[str, str]) -> Visitor:
        """Of a request that is signed in a header or its query, or not at all."""
        context = circumstances.of_message(headers, request.remote)
        signed = Signed(request.method, request.raw_path, headers)
        bucket = route.place(headers.get("host", ""), "/").bucket
        key = self._admission.identify(signed, door, bucket, guests=True)
        return Visitor(ANONYMOUS, context, None) if key is None else self._known(key, context, _chain(signed, key))

    def of_form(self, fields: Mapping[str, str], request: web.Request, door: Door) -> Visitor:
        """Of a POST form, whose policy is signed."""
        headers = joined(request.headers)
        context = circumstances.of_message(headers, request.remote)
        access_key = postform.access_key(fields)
        if not access_key:
            return Visitor(ANONYMOUS, context, None)
        key = self._admission.presented(access_key, fields.get("x-amz-security-token", ""), door, headers)
        if key.secret:
            postform.verify(fields, key.secret)
        return self._known(key, context, None)

    def _known(self, key: Key, message: Context, chain: Chain | None) -> Visitor:
        """Who has the key."""
        authorization = self._permission.authorization
        context = {name: tuple(values) for name, values in message.items()}
        context |= circumstances.of_call({}, *self._place, datetime.now(UTC))
        context |= {name: tuple(values) for name, values in key.context.items()}
        if key.principal.kind == "AWS":
            context |= {"aws:principalarn": (key.principal.name,), "aws:principalaccount": (key.principal.account,)}
        identity = authorization.known(key) if authorization is not None else None
        if identity is not None:
            context |= circumstances.of_identity(identity, key)
        principal = identity.principal if identity is not None else key.principal
        return Visitor(principal, context, key.access_key, chain, identity)


def _chain(signed: Signed, key: Key) -> Chain | None:
    stated = signed.headers.get("x-amz-content-sha256", "")
    claimed = signature.claim(signed) if key.secret and stated.startswith(PREFIX) else None
    return Chain(claimed, key.secret) if claimed is not None else None

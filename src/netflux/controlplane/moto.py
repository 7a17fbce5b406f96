"""moto in this process: 190 services' desired state, kept on disk after each call that changes it.

moto knows no locks, so one thread does all its work, one call at a time. A call is acknowledged only after the backends
it changed are on disk; when the disk refuses, they are put back to what the disk has.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import hashlib
import json
import logging
import os
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from netflux.controlplane import iampolicies, kinds, packages, room
from netflux.controlplane.documents import Documents
from netflux.controlplane.keys import UserKey
from netflux.controlplane.message import HttpRequest, HttpResponse
from netflux.errors import AwsError

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

PREFIX = "moto/"
CHEAP_BYTES = 256 * 1024
"""A backend up to this size is looked at after every call, since some calls change their neighbours."""

_STEADY = frozenset({"elbv2"})
"""Services of which moto answers a reading operation the same until the next change of anything, except for a new
load balancer's state, which is not asked of moto. Nine of ten calls of a deployment are such: each pass reads anew.
"""
_MOST_KEPT = 500

# Botocore's names of services whose endpoint in moto's URL patterns is another one.
_ENDPOINTS = {"elbv2": "elasticloadbalancing", "cloudwatch": "monitoring", "resourcegroupstaggingapi": "tagging"}
_ECR = "api.ecr"
_REMEDY = "Put a copy of the state directory back, or start anew: netflux down --delete."
_REACHES = {"sns": "sqs"}
"""Services whose calls change another service's state, however large that is."""


class Moto:
    """Calls moto, and keeps what it holds.

    Args:
        documents: where the backends' bytes go.
        account: twelve digits; becomes the account of all of moto.
        region: used where a call from inside names none.
    """

    def __init__(self, documents: Documents, account: str, region: str) -> None:
        os.environ["MOTO_ACCOUNT_ID"] = account
        os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        os.environ.setdefault("MOTO_ENABLE_ISO_REGIONS", "false")
        self._documents = documents
        self._region = region
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="moto")
        self._stored: dict[str, tuple[str, int]] = {}
        self._unloaded: Exception | None = None
        self._unreadable: dict[str, str] = {}
        self._kept: dict[str, dict[str, Any]] = {}
        self._rehearsing = False

    async def start(self) -> None:
        """Loads what the disk has. Calls made meanwhile wait for it; they fail when it fails, and nothing is stored."""
        await self._run(self._start)

    def stop(self) -> None:
        """Ends the thread after the call under way."""
        self._thread.shutdown(wait=True)

    def holds(self, service: str) -> bool:
        """Whether any state of the service is on disk."""
        return bool(self._documents.blobs(f"{PREFIX}{service}/"))

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], access_key: str = "NETFLUX"
    ) -> dict[str, Any]:
        """The call's response as botocore shapes it, past any handler of ours.

        Args:
            service: botocore's name.
            operation: the operation's name in the service model.
            params: as boto3 takes them.
            access_key: who asks, for the few operations that depend on it.

        Raises:
            AwsError: what moto answers; `NotImplemented` where moto has no such operation.
        """
        return await self._run(lambda: self._call(service, operation, dict(params), access_key))

    async def rehearse(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        """Whether the call would succeed: it is carried out in memory, and taken back before another call is served.

        Raises:
            AwsError: what the call would be refused with.
        """
        await self._run(lambda: self._rehearse(service, operation, dict(params)))

    async def forward(self, service: str, request: HttpRequest, changes: bool) -> HttpResponse:
        """A client's own request, answered by moto byte for byte."""
        return await self._run(lambda: self._send(service, self._region, request, changes))

    async def certificate(self, arn: str) -> bytes | None:
        """A certificate of ACM's, its chain and its key, PEM; None when there is none. No operation tells the key."""
        return await self._run(lambda: self._certificate(arn))

    async def user_key(self, access_key: str) -> UserKey | None:
        """A user's access key; None when no user has it. No operation tells the secret."""
        return await self._run(lambda: self._user_key(access_key)) if self.holds("iam") else None

    def _user_key(self, access_key: str) -> UserKey | None:
        packages.prepare_moto()
        from moto.backends import get_backend

        users = get_backend("iam")[os.environ["MOTO_ACCOUNT_ID"]]["aws"].users.values()
        for user in users:
            for key in user.access_keys:
                if key.access_key_id == access_key:
                    return UserKey(key.secret_access_key, key.status == "Active", user.arn)
        return None

    def _certificate(self, arn: str) -> bytes | None:
        packages.prepare_moto()
        from moto.acm.models import AWS_ROOT_CA
        from moto.backends import get_backend

        account = os.environ["MOTO_ACCOUNT_ID"]
        found = get_backend("acm")[account][self._region]._certificates.get(arn)
        if found is None:
            return None
        parts = found.cert, found.chain.replace(AWS_ROOT_CA, b""), found.key
        return b"\n".join(part.strip() for part in parts if part.strip()) + b"\n"

    async def _run(self, work: Callable[[], _T]) -> _T:
        inside = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._thread, inside, work)

    def _start(self) -> None:
        try:
            self._load()
        except Exception as error:
            self._unloaded = error
            raise

    def _call(self, service: str, operation: str, params: dict[str, Any], access_key: str) -> dict[str, Any]:
        from netflux.controlplane import models

        if service not in _STEADY or models.changes_state(operation):
            return self._ask(service, operation, params, access_key)
        key = json.dumps((service, operation, params, access_key), sort_keys=True, default=repr)
        if key not in self._kept:
            answer = self._ask(service, operation, params, access_key)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = answer
        return copy.deepcopy(self._kept[key])

    def _rehearse(self, service: str, operation: str, params: dict[str, Any]) -> None:
        self._rehearsing = True
        try:
            self._ask(service, operation, params, "NETFLUX")
        finally:
            self._rehearsing = False
            self._go_back()
            self._kept.clear()

    def _ask(self, service: str, operation: str, params: dict[str, Any], access_key: str) -> dict[str, Any]:
        from botocore.parsers import create_parser
        from botocore.serialize import create_serializer

        from netflux.controlplane import models

        model = models.operation_model(service, operation)
        # As SDKs fill them in: without one, moto's UpdateSecret takes a new version for a secret of the same name.
        params = {**{name: str(uuid.uuid4()) for name in model.idempotent_members}, **params}
        protocol = model.service_model.resolved_protocol
        wanted = create_serializer(protocol).serialize_to_request(params, model)
        request = _as_http(wanted, f"{access_key}/20260101/{self._region}/{service}")
        response = self._send(service, self._region, request, models.changes_state(operation))
        parsed = create_parser(protocol).parse(
            {"status_code": response.status, "headers": dict(response.headers), "body": response.body},
            model.output_shape,
        )
        if response.status >= 300:
            error = parsed.get("Error", {})
            raise AwsError(error.get("Code") or "InternalFailure", error.get("Message") or "", response.status)
        parsed.pop("ResponseMetadata", None)
        return dict(parsed)

    def _send(self, service: str, region: str, request: HttpRequest, changes: bool) -> HttpResponse:
        if self._unloaded is not None:
            raise AwsError("ServiceUnavailable", f"The stored state can't be read: {self._unloaded}", 503)
        if service in self._unreadable:
            said = f"The stored state of {service} can't be read ({self._unreadable[service]}). {_REMEDY}"
            raise AwsError("ServiceUnavailable", said, 503)
        if changes:
            self._kept.clear()
        packages.prepare_moto()
        if service == "iam":
            iampolicies.complete()
        from botocore.awsrequest import AWSPreparedRequest
        from moto.core.botocore_stubber import BotocoreStubber

        host = f"{_ECR if service == 'ecr' else _ENDPOINTS.get(service, service)}.{region}.amazonaws.com"
        headers = {key: value for key, value in request.headers.items() if key.lower() not in ("host", "connection")}
        url = f"https://{host}{request.url}"
        prepared = AWSPreparedRequest(request.method, url, headers, request.body, stream_output=False)
        try:
            found = BotocoreStubber().process_request(prepared)
        except (NotImplementedError, ModuleNotFoundError) as error:  # the latter: of a package only it needs
            raise AwsError("NotImplemented", f"{service}: Netflux does not have this: {error}", 501) from error
        except Exception as error:
            _log.exception("moto failed on %s %s", service, request.url)
            raise AwsError(
                "InternalFailure", f"{service}: moto failed: {type(error).__name__}: {error}", 500
            ) from error
        if found is None:
            raise AwsError("NotImplemented", f"Netflux has no service '{service}'.", 501)
        status, answered, body = found
        if changes and int(status) < 300 and not self._rehearsing:
            self._store(service)
        return HttpResponse(int(status), answered, body.encode() if isinstance(body, str) else bytes(body))

    def _load(self) -> None:
        blobs = sorted(self._documents.blobs(PREFIX), key=lambda blob: not blob[0].startswith(f"{PREFIX}ec2/"))
        if not blobs:
            return
        packages.prepare_moto()
        from netflux.controlplane import pickles

        for key, body in blobs:
            name = key.removeprefix(PREFIX)
            try:
                pickles.install(name, pickles.loads(body))
            except Exception as error:  # noqa: BLE001  (whatever it is, it costs this one service; it is told)
                self._leave_out(name.partition("/")[0], error)
                continue
            self._stored[name] = (hashlib.sha256(body).hexdigest(), len(body))

    def _leave_out(self, service: str, error: Exception) -> None:
        """Its calls are refused, and its bytes stay as they are, for a netflux that can read them."""
        _log.error("the stored state of %s can't be read", service, exc_info=error)
        self._unreadable[service] = f"{type(error).__name__}: {error}"
        self._documents.faults.tell(
            kinds.FAULT,
            f"state of {service}",
            f"The stored state of {service} can't be read ({self._unreadable[service]}). Its calls are refused; it "
            "stays on disk as it is, and no other service is concerned.",
            _REMEDY,
        )

    def _store(self, service: str) -> None:
        from netflux.controlplane import pickles

        changed = service, _REACHES.get(service)
        try:
            with self._documents.transaction():
                for name, backend in pickles.living():
                    if name.partition("/")[0] in self._unreadable:
                        continue
                    digest, size = self._stored.get(name, ("", 0))
                    if size > CHEAP_BYTES and name.partition("/")[0] not in changed:
                        continue
                    body = pickles.dumps(name, backend)
                    now = hashlib.sha256(body).hexdigest()
                    if now != digest:
                        self._documents.put_blob(PREFIX + name, body)
                        self._stored[name] = (now, len(body))
        except Exception as error:
            _log.exception("the state of %s could not be stored; going back to what the disk has", service)
            self._go_back()
            refused = room.refusal(error)
            if refused is None:
                refused = AwsError("InternalFailure", f"{service}: the change is not on disk: {error}", 500)
            raise refused from error

    def _go_back(self) -> None:
        from netflux.controlplane import pickles

        self._unreadable.clear()
        on_disk = {key.removeprefix(PREFIX) for key, _ in self._documents.blobs(PREFIX)}
        for name, _ in pickles.living():
            if name not in on_disk:
                service, account, region = name.split("/")
                from moto.backends import get_backend

                del get_backend(service)[account][region]
        self._load()


def _as_http(wanted: dict[str, Any], scope: str) -> HttpRequest:
    """botocore's request as HTTP, with a credential scope: moto reads the region from it."""
    from urllib.parse import urlencode

    from botocore.compat import urlencode as botocore_urlencode

    body = wanted["body"]
    headers = {str(key): str(value) for key, value in wanted["headers"].items()}
    if isinstance(body, dict):
        body = urlencode(body, doseq=True)
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    if isinstance(body, str):
        body = body.encode()
    query = wanted.get("query_string") or ""
    if isinstance(query, dict):
        query = botocore_urlencode(query, doseq=True)
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}/aws4_request, SignedHeaders=host, Signature=0"
    url = wanted["url_path"] + (f"?{query}" if query else "")
    return HttpRequest(wanted["method"], url, headers, bytes(body or b""))

"""moto in this process: 190 services' desired state, kept on disk after each call that changes it.

moto knows no locks, so one thread does all its work, one call at a time. A call is acknowledged only after the backends
it changed are on disk; when the disk refuses, they are put back to what the disk has.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from netflux import heap
from netflux.controlplane.call import Call
from netflux.controlplane.moto import crash, ledger, proofs
from netflux.controlplane.moto.ledger import Ledger
from netflux.controlplane.moto.watchdog import Watchdog
from netflux.controlplane.protocol.message import HttpRequest, HttpResponse
from netflux.controlplane.records import room
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Unsupported

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

HELD = 10.0
"""Seconds of work for which one call may hold moto's thread. The first call of a service imports it: one or two."""
_LONGEST = 60.0
"""Real seconds of the same, on a machine that does much else."""

# Botocore's names of services whose endpoint in moto's URL patterns is another one.
_ENDPOINTS = {"elbv2": "elasticloadbalancing", "cloudwatch": "monitoring", "resourcegroupstaggingapi": "tagging"}
_ECR = "api.ecr"
_NOBODY = frozenset({b"", b"Not yet implemented"})
"""What moto answers, as 404, where none of its own code took the request."""


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
        self._ledger = Ledger(documents)
        self._region = region
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="moto")
        self._watchdog = Watchdog(HELD, _LONGEST)
        self._met: set[str] = set()
        self._failing: set[str] = set()

    def look(self) -> None:
        """At the start: services whose state another version of moto has written are told, and refuse their calls."""
        self._ledger.look()

    def stop(self) -> None:
        """Ends the thread after the call under way."""
        self._thread.shutdown(wait=True)
        self._watchdog.stop()

    def holds(self, service: str) -> bool:
        """Whether any state of the service is on disk."""
        return self._ledger.holds(service)

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
        return await self._run(lambda: self._ask(service, operation, dict(params), access_key))

    async def forward(self, call: Call, params: Mapping[str, Any], protocol: str) -> HttpResponse:
        """A client's own call, answered by moto byte for byte.

        moto gets the parameters that were read and checked, never the client's bytes: it reads requests its own way, so
        that what it carries out could be another call than the one that was looked at.

        Args:
            call: who calls what.
            params: as boto3 takes them.
            protocol: in which the client asks and is answered.

        Raises:
            AwsError: the call is one that moto can't answer.
        """
        return await self._run(lambda: self._answer(call, dict(params), protocol))

    async def certificate_key(self, arn: str) -> str:
        """The private key, PEM, of a certificate of ACM's that release 0.1 left here; no operation tells it."""
        return await self._run(lambda: self._certificate_key(arn))

    def _certificate_key(self, arn: str) -> str:
        self._load("acm")
        from moto.backends import get_backend

        found = get_backend("acm")[os.environ["MOTO_ACCOUNT_ID"]][self._region]._certificates[arn]
        return str(found.key.decode())

    async def iam_secrets(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """What release 0.1 left here and no operation tells: secrets by access key, passwords by user, and private
        keys, PEM, by server certificate."""
        return await self._run(self._iam_secrets)

    def _iam_secrets(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        self._load("iam")
        from moto.backends import get_backend

        backend = get_backend("iam")[os.environ["MOTO_ACCOUNT_ID"]]["aws"]
        users = [*backend.users.values()]
        keys = {key.access_key_id: key.secret_access_key for user in users for key in user.access_keys}
        passwords = {user.name: user.password for user in users if user.password}
        return keys, passwords, {one.cert_name: one.private_key for one in backend.certificates.values()}

    async def parameter_policies(self) -> dict[str, list[str]]:
        """The account's parameters that release 0.1 left here, by name, with the policies of each version as they were
        given. DescribeParameters tells AWS's thousands as well, ten at a time, and policies not as JSON."""
        return await self._run(self._parameter_policies)

    def _parameter_policies(self) -> dict[str, list[str]]:
        self._load("ssm")
        from moto.backends import get_backend

        backend = get_backend("ssm")[os.environ["MOTO_ACCOUNT_ID"]][self._region]
        every = [*dict.items(backend._parameters)]
        return {
            name: [one.policies or "[]" for one in versions] for name, versions in every if not name.startswith("/aws/")
        }

    async def queued(self, queue: str) -> list[dict[str, Any]]:
        """The messages that the release before left in a queue, by name; receiving them would miss some."""
        return await self._run(lambda: self._queued(queue))

    def _queued(self, queue: str) -> list[dict[str, Any]]:
        self._load("sqs")
        from moto.backends import get_backend

        backend = get_backend("sqs")[os.environ["MOTO_ACCOUNT_ID"]][self._region]
        return [vars(message) for message in backend.queues[queue]._messages]

    def _load(self, service: str) -> None:
        """moto has what the disk has of the service. Raises AwsError where that can't be read."""
        self._ledger.load(service)
        unreadable = self._ledger.unreadable.get(service)
        if unreadable is not None:
            said = f"The stored state of {service} can't be read ({unreadable}). {ledger.remedy(unreadable)}"
            raise AwsError("ServiceUnavailable", said, 503)

    async def _run(self, work: Callable[[], _T]) -> _T:
        inside = contextvars.copy_context().run
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, inside, work)
        finally:
            heap.tidy_soon()

    def _ask(self, service: str, operation: str, params: dict[str, Any], access_key: str) -> dict[str, Any]:
        from botocore.parsers import create_parser

        from netflux.controlplane.protocol import models

        model = models.operation_model(service, operation)
        protocol = model.service_model.resolved_protocol
        call = Call(service, operation, self._region, "", access_key=access_key)
        response = self._answer(call, params, protocol)
        parsed = create_parser(protocol).parse(
            {"status_code": response.status, "headers": dict(response.headers), "body": response.body},
            model.output_shape,
        )
        if response.status >= 300:
            error = parsed.get("Error", {})
            raise AwsError(error.get("Code") or "InternalFailure", error.get("Message") or "", response.status)
        parsed.pop("ResponseMetadata", None)
        return dict(parsed)

    def _answer(self, call: Call, params: dict[str, Any], protocol: str) -> HttpResponse:
        """moto's answer. A call that fails, in whichever way, has changed nothing: moto may have done half of it."""
        from botocore.serialize import create_serializer

        from netflux.controlplane.protocol import models

        self._load(call.service)
        model = models.operation_model(call.service, call.operation)
        # As SDKs fill them in: without one, moto's UpdateSecret takes a new version for a secret of the same name.
        params = {**{name: str(uuid.uuid4()) for name in model.idempotent_members}, **params}
        wanted = create_serializer(protocol, include_validation=False).serialize_to_request(params, model)
        request = _as_http(wanted, f"{call.access_key or 'NETFLUX'}/20260101/{self._region}/{call.service}")
        if not models.changes_state(call.operation) and not _makes(call.service, params):
            return self._send(model, params, request, protocol)
        self._ledger.before(call.service)
        try:
            response = self._send(model, params, request, protocol)
        except AwsError:
            self._undo(call.service)
            raise
        if response.status < 300:
            if not self._proven(call):
                response = self._send(model, params, request, protocol)
            self._store(call.service)
        else:
            self._undo(call.service)
        return response

    def _send(self, model: Any, params: Mapping[str, Any], request: HttpRequest, protocol: str) -> HttpResponse:
        service, name = model.service_model.service_name, f"{model.service_model.service_name}:{model.name}"
        from botocore.awsrequest import AWSPreparedRequest
        from moto.core.botocore_stubber import BotocoreStubber

        host = f"{_ECR if service == 'ecr' else _ENDPOINTS.get(service, service)}.{self._region}.amazonaws.com"
        url = f"https://{host}{request.url}"
        prepared = AWSPreparedRequest(request.method, url, dict(request.headers), request.body, stream_output=False)
        try:
            found = self._watchdog.run(lambda: BotocoreStubber().process_request(prepared))
            if service not in self._met:  # its code was read just now
                self._met.add(service)
                heap.came_to_stay()
        except TimeoutError as error:
            _log.warning("moto held its thread on %s: %s: %s", name, error, crash.place(error))
            self._ledger.go_back(service)
            raise AwsError(
                "ServiceUnavailable", f"{service}: the call was {error}; nothing was changed.", 503
            ) from error
        except (NotImplementedError, ModuleNotFoundError) as error:  # the latter: of a package only it needs
            raise Unsupported(name) from error
        except Exception as error:
            _log.warning("moto failed on %s: %s", name, crash.place(error))
            raise crash.explain(model, params, error) from error
        if found is None:
            raise Unsupported(name)
        status, answered, body = found
        body = body.encode() if isinstance(body, str) else bytes(body)
        if int(status) == 404 and body in _NOBODY and request.method != "HEAD":
            raise Unsupported(name)
        response = HttpResponse(int(status), dict(answered), body)
        if response.status >= 400 and request.method != "HEAD" and not _tells_why(model, response, protocol):
            raise crash.explain(model, params, RuntimeError(f"it answered {status}"))
        return response

    def _proven(self, call: Call) -> bool:
        """Whether lists still answer; False when one did not before the call either, which is taken back then.

        Raises:
            AwsError: the call made a list fail, so it is taken back.
        """
        for operation in proofs.of(call.service, call.operation):
            if operation in self._failing or not (problem := self._failure(call.service, operation)):
                continue
            self._ledger.go_back(call.service)
            if self._failure(call.service, operation):
                self._failing.add(operation)
                return False
            _log.error("after %s:%s, %s fails: %s", call.service, call.operation, operation, problem)
            raise AwsError(
                "InternalFailure",
                f"{call.service}:{call.operation} would have made {operation} fail ({problem}), so nothing was kept. "
                "Ask for something else.",
                500,
            )
        return True

    def _failure(self, service: str, operation: str) -> str:
        """Why a list does not answer; empty when it does, or is none that moto has."""
        try:
            self._answer(Call(service, operation, self._region, ""), {}, proofs.protocol(service))
        except AwsError as error:
            return "" if error.status == Unsupported("").status else error.message
        return ""

    def _store(self, service: str) -> None:
        try:
            self._ledger.store(service)
        except Exception as error:
            _log.exception("the state of %s could not be stored; going back to what the disk has", service)
            self._ledger.go_back(service)
            refused = room.refusal(error)
            if refused is None:
                refused = AwsError("InternalFailure", f"{service}: the change is not on disk: {error}", 500)
            raise refused from error

    def _undo(self, service: str) -> None:
        if self._ledger.differs(service):
            self._ledger.go_back(service)


def _tells_why(model: Any, response: HttpResponse, protocol: str) -> bool:
    """Whether a client reads a code of AWS's in moto's refusal, and no page of the HTTP framework below it."""
    from botocore.parsers import ResponseParserError, create_parser

    if response.status >= 500:
        return False
    answered = {"status_code": response.status, "headers": dict(response.headers), "body": response.body}
    try:
        code = str(create_parser(protocol).parse(answered, model.output_shape).get("Error", {}).get("Code", ""))
    except ResponseParserError:
        return False
    return bool(code) and not code.isdigit()


def _makes(service: str, params: Mapping[str, Any]) -> bool:
    """Whether even a read makes something: KMS makes the key of an AWS service when its alias is first named."""
    return service == "kms" and "alias/aws/" in str(params.get("KeyId"))


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
    mark = "&" if "?" in wanted["url_path"] else "?"
    url = wanted["url_path"] + (f"{mark}{query}" if query else "")
    return HttpRequest(wanted["method"], url, headers, bytes(body or b""))

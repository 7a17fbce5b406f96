"""Asks the providers of custom resources, and tells what they answered."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.clock import Clock
from netflux.cloudformation.custom import decide
from netflux.cloudformation.custom.address import Grant, address, custom_bucket
from netflux.cloudformation.custom.event import event, timeout
from netflux.cloudformation.custom.record import PROVISION, Provision, Request
from netflux.cloudformation.store import Store
from netflux.cloudformation.types.table import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError

SERVICE = "netflux-custom-resource"
"""The name by which rows of the table call this one; no client can."""


class Providers:
    """The engine's door to whoever makes custom resources: a Lambda function, or who reads an SNS topic.

    Args:
        documents: where requests are kept.
        clock: ServiceTimeout is simulated time.
        base: where this region's S3 is found by who answers.
    """

    def __init__(self, documents: Documents, store: Store, clock: Clock, base: str) -> None:
        self._documents = documents
        self._table = documents.table(PROVISION)
        self._store = store
        self._clock = clock
        self._base = base

    async def call(self, caller: Caller, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Create, Update and Delete send a request, once in a stack's operation; Describe tells how far it is.

        Args:
            caller: the region's APIs as the stack's operation calls them.
        """
        if operation == "Describe":
            return self._described(params["Token"])
        one = self._asked(operation, params)
        if not one.request.sent:
            await self._send(caller, one, params)
            current = self._table.get(one.token)
            if current is not None and current.request.id == one.request.id:
                self._put(replace(current, request=replace(current.request, sent=True)))
        return {}

    def _described(self, token: str) -> dict[str, Any]:
        one = self._table.get(token)
        if one is None:
            return {"Item": {"Name": "", "Kind": "", "Outcome": decide.Outcome()}}
        found = decide.outcome(one, self._clock.now().timestamp())
        if one.request.kind == "Delete" and not found.pending and not found.failure:
            with self._documents.transaction():
                self._table.delete(token)
            return self._described(token)
        return {"Item": {"Name": one.name, "Kind": one.request.kind, "Outcome": found}}

    def _asked(self, kind: str, params: Mapping[str, Any]) -> Provision:
        """The request that is there already, or a new one."""
        stack = self._store.stack(params["Stack"])
        operation = stack.operation if stack is not None else None
        attempt = f"{kind} {operation.token} {operation.phase}" if operation is not None else kind
        known = self._table.get(params["Token"])
        if known is not None and known.request.attempt == attempt:
            return known
        try:
            seconds = timeout(params["Properties"])
        except ValueError as problem:
            raise AwsError("ValidationError", str(problem)) from problem
        until = self._clock.now().timestamp() + self._clock.real(seconds)
        request = Request(str(uuid.uuid4()), attempt, kind, secrets.token_urlsafe(27), until)
        if known is not None:
            return self._put(replace(known, request=request))
        name = f"{params['Stack'].split('/')[1]}-{params['Logical']}-{params['Token'].replace('-', '')[:12].upper()}"
        resource = self._store.resource(stack, params["Logical"]) if stack is not None else None
        declared = resource.type if resource is not None else "AWS::CloudFormation::CustomResource"
        return self._put(Provision(params["Token"], params["Stack"], params["Logical"], declared, name, request))

    def _put(self, one: Provision) -> Provision:
        with self._documents.transaction():
            self._table.put(one)
        return one

    async def _send(self, caller: Caller, one: Provision, params: Mapping[str, Any]) -> None:
        token = str(params["Properties"].get("ServiceToken", ""))
        service = asks(token)
        grant = Grant(one.request.secret, one.request.until)
        region = one.stack.split(":")[3]
        key = f"{one.stack}|{one.logical}|{one.request.id}"
        body = event(one, params, address(self._base, custom_bucket(region), key, grant))
        if service == "lambda":
            payload = json.dumps(body).encode()
            await caller("lambda", "Invoke", {"FunctionName": token, "InvocationType": "Event", "Payload": payload})
        elif service == "sns":
            subject = "AWS CloudFormation custom resource request"
            topic = {"TopicArn": token}
            await caller("sns", "Publish", topic | {"Subject": subject, "Message": json.dumps(body | topic)})
        else:
            raise AwsError("ValidationError", "Invalid service token.")

    def take(self, key: str, secret: str, body: str) -> bool:
        """Keeps the answer that was put to an address; False where the address is none, is over or was used."""
        for one in self._table.where("request", key.rpartition("|")[2]):
            request = one.request
            if request.answer is None and Grant(request.secret, request.until).admits(secret):
                self._put(replace(one, request=replace(request, answer=body)))
                return True
        return False


def asks(token: str) -> str:
    """The service that a ServiceToken names: lambda, sns, or none."""
    parts = token.split(":")
    return parts[2] if len(parts) > 5 and parts[0] == "arn" and parts[2] in ("lambda", "sns") else ""


def refused(reason: str) -> AwsError:
    """The failure of a resource whose provider said so."""
    return AwsError("NotStabilized", reason)

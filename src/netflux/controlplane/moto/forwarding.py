"""Clients' requests on their way to moto: as they were read and checked, and never their own bytes.

moto reads requests its own way: what it would carry out could be another call than the one that was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel

from netflux.controlplane.call import Call
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.protocol import requests, wire
from netflux.controlplane.protocol.message import HttpRequest, HttpResponse


async def forward(
    moto: Moto, call: Call, model: OperationModel, params: Mapping[str, Any], request: HttpRequest
) -> HttpResponse:
    """moto's answer to a request that was understood (`wire.understand`).

    Raises:
        AwsError: as `Moto.call` and `Moto.forward`.
    """
    protocol = requests.spoken(call.service, request)
    if protocol != model.service_model.resolved_protocol:  # the model has the names of one protocol only: SQS's forms
        result = await moto.call(call.service, call.operation, params, call.access_key or "NETFLUX")
        return wire.answer(model, request, result, call.request_id)
    return wire.readable(await moto.forward(call, params, protocol))

"""Parameter Store of release 0.1: parameters were moto's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from netflux.aws.ssm import keys, policies
from netflux.aws.ssm.tiers import SIZES
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.ssm import ADVANCED, SECURE, STANDARD, TEXT, Parameter, Parameters, Policy, Version, key

_SERVICE = "ssm"
_UNKNOWN = "N/A"
"""What is told as who put a version, of which nothing was kept."""


async def adopt(moto: Moto, documents: Documents) -> None:
    """Puts records of all that is there; a parameter that has a record already is left as it is."""
    kept = Parameters(documents)
    for name, given in (await moto.parameter_policies()).items():
        if not given or kept.find(name) is not None:
            continue
        *earlier, current = [
            _version(name, told, text) for told, text in zip(await _history(moto, name), given, strict=True)
        ]
        tags = await moto.call(_SERVICE, "ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": name})
        own = {tag["Key"]: tag.get("Value", "") for tag in tags.get("TagList") or ()}
        with documents.transaction():
            kept.parameters.put(Parameter(key(name), name, current, own))
            for version in earlier:
                kept.versions.put(version)


async def _history(moto: Moto, name: str) -> list[dict[str, Any]]:
    """Its versions, the oldest first."""
    params: dict[str, Any] = {"Name": name, "WithDecryption": True}
    found: list[dict[str, Any]] = []
    while True:
        answer = await moto.call(_SERVICE, "GetParameterHistory", params)
        found += answer["Parameters"]
        if not answer.get("NextToken"):
            return found
        params = {**params, "NextToken": answer["NextToken"]}


def _version(name: str, told: dict[str, Any], given: str) -> Version:
    held, encrypted = _policies(given), told.get("KeyId") or ""
    secure = told["Type"] == SECURE
    return Version(
        parameter=key(name),
        number=int(told["Version"]),
        value=told["Value"],
        type=told["Type"],
        modified=told["LastModifiedDate"].astimezone(UTC),
        user=_UNKNOWN,
        description=told.get("Description") or "",
        pattern=told.get("AllowedPattern") or "",
        key=keys.own(encrypted) if secure else "",
        tier=_tier(told),
        data_type=told.get("DataType") or TEXT,
        sealed=keys.sealed(told["Value"]) if secure else "",
        labels=tuple(told.get("Labels") or ()),
        policies=held,
        expires=_expires(held),
    )


def _tier(told: dict[str, Any]) -> str:
    """moto has kept the tier that was asked for, or none."""
    if told.get("Tier") in SIZES:
        return str(told["Tier"])
    return ADVANCED if len(told["Value"].encode()) > SIZES[STANDARD] else STANDARD


def _policies(given: str) -> tuple[Policy, ...]:
    """Whatever moto took; what is no list of policies it did not keep as one either."""
    try:
        told = json.loads(given)
    except ValueError:
        return ()
    listed = told if isinstance(told, list) else ()
    return tuple(Policy(str(one.get("Type")), json.dumps(one)) for one in listed if one and isinstance(one, dict))


def _expires(held: tuple[Policy, ...]) -> datetime | None:
    """None where moto has kept a time that AWS refuses."""
    try:
        return policies.expires(held)
    except AwsError:
        return None

"""Dynamic references: `{{resolve:…}}` is replaced just before a call, so that no document ever holds the secret."""

from __future__ import annotations

import re
from typing import Any

from netflux.cloudformation.types.table import Caller
from netflux.decoding import json
from netflux.errors import AwsError

_REFERENCE = re.compile(r"\{\{resolve:(secretsmanager|ssm|ssm-secure):([^{}]+)\}\}")
_SECRET = re.compile(r"(?P<id>arn:[^:]+(?::[^:]*){5}|[^:]+)(?::(?P<rest>.*))?")


async def resolve(call: Caller, value: Any, *, missing: bool = False) -> Any:
    """The value with every dynamic reference replaced by what it names now.

    Args:
        missing: what names nothing stays as it is written, for a value that no call has got: what is gone back from
            may have failed by just that.

    Raises AwsError when the secret, its key or the parameter isn't there.
    """
    if isinstance(value, dict):
        return {key: await resolve(call, each, missing=missing) for key, each in value.items()}
    if isinstance(value, list):
        return [await resolve(call, each, missing=missing) for each in value]
    if not isinstance(value, str) or "{{resolve:" not in value:
        return value
    found = {}
    for match in _REFERENCE.finditer(value):
        try:
            found[match.group(0)] = await _one(call, match)
        except AwsError:
            if not missing:
                raise
            found[match.group(0)] = match.group(0)
    return _REFERENCE.sub(lambda match: found[match.group(0)], value)


async def _one(call: Caller, match: re.Match[str]) -> str:
    kind, what = match.groups()
    if kind == "secretsmanager":
        return await _secret(call, what)
    parameter = (await call("ssm", "GetParameter", {"Name": what, "WithDecryption": kind == "ssm-secure"}))["Parameter"]
    return str(parameter["Value"])


async def _secret(call: Caller, what: str) -> str:
    """`secret-id:SecretString:json-key:version-stage:version-id`, parts left empty from the right."""
    match = _SECRET.fullmatch(what)
    if match is None:
        raise AwsError("ValidationError", f"{{{{resolve:secretsmanager:{what}}}}} doesn't name a secret")
    _, key, stage, version = ((match.group("rest") or "").split(":") + [""] * 4)[:4]
    asked = {"SecretId": match.group("id")}
    if stage:
        asked["VersionStage"] = stage
    if version:
        asked["VersionId"] = version
    text = str((await call("secretsmanager", "GetSecretValue", asked))["SecretString"])
    if not key:
        return text
    try:
        pairs = json.value(text)
    except ValueError:
        pairs = None
    if not isinstance(pairs, dict) or key not in pairs:
        raise AwsError(
            "ValidationError", f"Could not find a value associated with JSONKey {key} in secret {asked['SecretId']}"
        )
    return str(pairs[key])

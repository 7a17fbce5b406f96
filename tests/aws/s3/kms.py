"""A KMS in memory: keys that can be disabled, data keys that are bound to their encryption context."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from netflux.errors import AwsError

ARN = "arn:aws:kms:us-east-1:000000000000:key/"


class Kms:
    """Answers what S3 asks.

    Attributes:
        states: by ARN.
        calls: the operations that were called.
        policy: of every key.
    """

    def __init__(self) -> None:
        self.states = {f"{ARN}one": "Enabled", f"{ARN}two": "Enabled"}
        self.calls: list[str] = []
        self.policy = ""
        self._aliases: dict[str, str] = {}
        self._wrapped: dict[bytes, tuple[str, str, bytes]] = {}

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The response as botocore shapes it."""
        if service != "kms":
            raise AwsError("ResourceNotFoundException", f"{service} is not here", 404)
        self.calls.append(operation)
        match operation:
            case "DescribeKey":
                arn = self._arn(params["KeyId"])
                return {"KeyMetadata": {"Arn": arn, "KeyState": self.states[arn], "KeySpec": "SYMMETRIC_DEFAULT"}}
            case "CreateKey":
                self.states[f"{ARN}own"] = "Enabled"
                return {"KeyMetadata": {"Arn": f"{ARN}own"}}
            case "CreateAlias":
                self._aliases[params["AliasName"]] = params["TargetKeyId"]
                return {}
            case "GenerateDataKey":
                blob, key = os.urandom(40), os.urandom(32)
                self._wrapped[blob] = self._arn(params["KeyId"]), _text(params["EncryptionContext"]), key
                return {"Plaintext": key, "CiphertextBlob": blob, "KeyId": params["KeyId"]}
            case "GetKeyPolicy":
                return {"Policy": self.policy}
        arn, context, key = self._wrapped[params["CiphertextBlob"]]
        if (arn, context) != (params["KeyId"], _text(params["EncryptionContext"])):
            raise AwsError("InvalidCiphertextException", "The context is another one.")
        return {"Plaintext": key, "KeyId": arn}

    def _arn(self, key: str) -> str:
        found = self._aliases.get(key) or (key if key.startswith("arn:") else f"{ARN}{key}")
        if found not in self.states:
            raise AwsError("NotFoundException", f"Invalid keyId '{key}'")
        return found


def _text(context: Mapping[str, str]) -> str:
    return json.dumps(dict(context), sort_keys=True)

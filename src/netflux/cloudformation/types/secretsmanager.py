"""Secrets Manager: secrets, and their attachment to a database."""

from __future__ import annotations

import json
from typing import Any

from netflux.cloudformation.types.table import Caller, Facts, Read, Row, Step, Tagging
from netflux.decoding import json as decoding
from netflux.errors import AwsError

_RANDOM = (
    "PasswordLength", "ExcludeCharacters", "ExcludeNumbers", "ExcludePunctuation", "ExcludeUppercase",
    "ExcludeLowercase", "IncludeSpace", "RequireEachIncludedType",
)  # fmt: skip
_DEFAULT_KEY = "alias/aws/secretsmanager"


async def _generated(call: Caller, facts: Facts, params: dict[str, Any]) -> dict[str, Any]:
    """The secret's text is made here and goes into the one call only: no document of the stack ever holds it."""
    wish = facts.new.get("GenerateSecretString")
    if wish is None:
        return params
    asked: dict[str, Any] = {name: wish[name] for name in _RANDOM if name in wish}
    for name, value in asked.items():
        if name == "PasswordLength":
            asked[name] = int(value)
        elif name != "ExcludeCharacters":
            asked[name] = str(value).lower() == "true"
    password = (await call("secretsmanager", "GetRandomPassword", asked))["RandomPassword"]
    if "SecretStringTemplate" not in wish:
        return params | {"SecretString": password}
    if "GenerateStringKey" not in wish:
        raise AwsError("ValidationError", "GenerateSecretString: SecretStringTemplate needs GenerateStringKey.")
    return params | {
        "SecretString": json.dumps(decoding.value(wish["SecretStringTemplate"]) | {wish["GenerateStringKey"]: password})
    }


def _secret_id(facts: Facts) -> list[dict[str, Any]]:
    """A change of how the text is generated makes a new version [AWS::SecretsManager::Secret]."""
    return [{"SecretId": facts.id}] if "GenerateSecretString" in facts.new else []


_SECRET = Row(
    type="AWS::SecretsManager::Secret",
    service="secretsmanager",
    create=Step(
        "CreateSecret", renames={"ReplicaRegions": "AddReplicaRegions"}, params={"ClientRequestToken": "$token"}
    ),
    id="$response.ARN",
    read=Read("DescribeSecret", {"SecretId": "$id"}, "$response"),
    attributes={"Id": "$id"},
    complete=_generated,
    consumed=("GenerateSecretString",),
    update=(
        Step(
            "UpdateSecret",
            ("Description", "KmsKeyId", "SecretString"),
            params={"SecretId": "$id"},
            defaults={"Description": "", "KmsKeyId": _DEFAULT_KEY},
        ),
        Step("UpdateSecret", ("GenerateSecretString",), build=_secret_id, complete=_generated),
    ),
    delete=(Step("DeleteSecret", params={"SecretId": "$id", "ForceDeleteWithoutRecovery": True}),),
    gone=("ResourceNotFoundException",),
    named="Name",
    name_length=512,
    probe=Read("DescribeSecret", {"SecretId": "$new.Name"}, "$response.ARN"),
    tags=Tagging("TagResource", "UntagResource", {"SecretId": "$id"}),
)

_TARGETS = {"AWS::RDS::DBInstance": ("DescribeDBInstances", "DBInstanceIdentifier", "DBInstances")}


async def _attached(call: Caller, facts: Facts, params: dict[str, Any]) -> dict[str, Any]:
    """Adds what a client needs to reach the database to the secret's JSON."""
    kind = facts.new["TargetType"]
    if kind not in _TARGETS:
        raise AwsError("ValidationError", f"SecretTargetAttachment: TargetType {kind} is not supported by Netflux.")
    operation, key, listed = _TARGETS[kind]
    target = (await call("rds", operation, {key: facts.new["TargetId"]}))[listed][0]
    secret = json.loads(
        (await call("secretsmanager", "GetSecretValue", {"SecretId": facts.new["SecretId"]}))["SecretString"]
    )
    secret |= {
        "engine": target["Engine"],
        "host": target["Endpoint"]["Address"],
        "port": target["Endpoint"]["Port"],
        "dbInstanceIdentifier": target["DBInstanceIdentifier"],
    }
    if target.get("DBName"):
        secret["dbname"] = target["DBName"]
    return params | {"SecretId": facts.new["SecretId"], "SecretString": json.dumps(secret)}


_ATTACHMENT = Row(
    type="AWS::SecretsManager::SecretTargetAttachment",
    service="secretsmanager",
    create=Step("PutSecretValue", ("SecretId",)),
    id="$new.SecretId",
    attributes={"Id": "$id"},
    complete=_attached,
    consumed=("TargetId", "TargetType"),
    delete=(),
)

_POLICY = Row(
    type="AWS::SecretsManager::ResourcePolicy",
    service="secretsmanager",
    create=Step("PutResourcePolicy"),
    id="$new.SecretId",
    read=Read("GetResourcePolicy", {"SecretId": "$id"}, "$response.ResourcePolicy"),
    attributes={"Id": "$id"},
    update=(
        Step(
            "PutResourcePolicy",
            ("ResourcePolicy", "BlockPublicPolicy"),
            always=("ResourcePolicy", "BlockPublicPolicy"),
            params={"SecretId": "$id"},
        ),
    ),
    delete=(Step("DeleteResourcePolicy", params={"SecretId": "$id"}),),
    gone=("ResourceNotFoundException",),
)

_ROTATED = ("RotationLambdaARN", "RotationRules", "RotateImmediatelyOnUpdate")
_IMMEDIATELY = {"RotateImmediatelyOnUpdate": "RotateImmediately"}

_ROTATION = Row(
    type="AWS::SecretsManager::RotationSchedule",
    service="secretsmanager",
    create=Step("RotateSecret", renames=_IMMEDIATELY, params={"ClientRequestToken": "$token"}),
    id="$new.SecretId",
    attributes={"Id": "$id"},
    update=(
        Step(
            "RotateSecret",
            _ROTATED,
            always=_ROTATED,
            renames=_IMMEDIATELY,
            params={"SecretId": "$id"},
            defaults={"RotationRules": {}, "RotateImmediatelyOnUpdate": True},
        ),
    ),
    delete=(Step("CancelRotateSecret", params={"SecretId": "$id"}),),
    gone=("ResourceNotFoundException",),
)

ROWS = (_SECRET, _ATTACHMENT, _POLICY, _ROTATION)

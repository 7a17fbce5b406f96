"""What Secrets Manager refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.resources.secretsmanager import Secrets
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "secretsmanager"

_API = "Secrets Manager API Reference"
_CREATE, _GET, _PUT = f"CreateSecret, {_API}", f"GetSecretValue, {_API}", f"PutSecretValue, {_API}"
_UPDATE, _STAGE, _DELETE = f"UpdateSecret, {_API}", f"UpdateSecretVersionStage, {_API}", f"DeleteSecret, {_API}"
_BATCH, _LIST, _RANDOM = f"BatchGetSecretValue, {_API}", f"ListSecrets, {_API}", f"GetRandomPassword, {_API}"
_POLICY, _TAG, _VERSIONS = f"PutResourcePolicy, {_API}", f"TagResource, {_API}", f"ListSecretVersionIds, {_API}"
_MANAGED = "Secrets managed by other AWS services, AWS Secrets Manager User Guide"
_QUOTAS = "AWS Secrets Manager quotas, AWS Secrets Manager User Guide"

_ONE, _TWO = "a" * 32, "b" * 32
_NOBODY = "c" * 32
_ANYONE = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", '
    '"Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}'
)
_MARKED, _ABSENT = "marked for deletion", "can't find the specified secret"


def _put(**params: Any) -> dict[str, Any]:
    return {"SecretId": "kept", "SecretString": "x", **params}


def _stage(**params: Any) -> dict[str, Any]:
    return {"SecretId": "kept", "VersionStage": "AWSCURRENT", **params}


RULES = [
    Rule("A secret has a text or bytes, not both.", "CreateSecret",
         {"Name": "n", "SecretString": "x", "SecretBinary": b"x"}, "InvalidParameterException", _CREATE, "both"),
    Rule("A value has 65536 bytes at most.", "CreateSecret", {"Name": "n", "SecretString": "x" * 70_000},
         "ValidationException", _CREATE),
    Rule("The bytes of a text count, not its letters.", "CreateSecret", {"Name": "n", "SecretString": "é" * 40_000},
         "ValidationException", _CREATE, "65536"),
    Rule("Binary values have 65536 bytes at most.", "CreateSecret", {"Name": "n", "SecretBinary": b"x" * 65_537},
         "ValidationException", _CREATE),
    Rule("A value is not empty.", "CreateSecret", {"Name": "n", "SecretString": ""}, "ValidationException", _CREATE),
    Rule("A name has no spaces.", "CreateSecret", {"Name": "a b"}, "ValidationException", _CREATE, "alphanumeric"),
    Rule("A name has no exclamation mark: such are services' own.", "CreateSecret", {"Name": "rds!db-1"},
         "ValidationException", _CREATE),
    Rule("A name has ASCII letters only.", "CreateSecret", {"Name": "ä"}, "ValidationException", _CREATE),
    Rule("A name has no colon.", "CreateSecret", {"Name": "a:b"}, "ValidationException", _CREATE),
    Rule("A name has 512 characters at most.", "CreateSecret", {"Name": "a" * 513}, "ValidationException", _CREATE),
    Rule("A name is not empty.", "CreateSecret", {"Name": ""}, "ValidationException", _CREATE),
    Rule("A name is one secret's.", "CreateSecret", {"Name": "kept", "SecretString": "x"}, "ResourceExistsException",
         _CREATE, "already exists"),
    Rule("A name is one secret's, whether or not a value comes with it.", "CreateSecret", {"Name": "empty"},
         "ResourceExistsException", _CREATE),
    Rule("A token again with another value is another call.", "CreateSecret",
         {"Name": "kept", "SecretString": "other", "ClientRequestToken": _ONE}, "ResourceExistsException", _CREATE),
    Rule("A name stays taken until the secret is deleted.", "CreateSecret", {"Name": "gone", "SecretString": "x"},
         "InvalidRequestException", _CREATE, "already scheduled for deletion"),
    Rule("A token has 32 characters at least.", "CreateSecret",
         {"Name": "n", "SecretString": "x", "ClientRequestToken": "short"}, "ValidationException", _CREATE),
    Rule("A token has 64 characters at most.", "CreateSecret",
         {"Name": "n", "SecretString": "x", "ClientRequestToken": "a" * 65}, "ValidationException", _CREATE),
    Rule("A description has 2048 characters at most.", "CreateSecret", {"Name": "n", "Description": "a" * 2049},
         "ValidationException", _CREATE),
    Rule("The key that encrypts is there.", "CreateSecret",
         {"Name": "n", "SecretString": "x", "KmsKeyId": "alias/nobody"}, "EncryptionFailure", _CREATE, "alias/nobody"),
    Rule("The key that encrypts is enabled.", "CreateSecret",
         {"Name": "n", "SecretString": "x", "KmsKeyId": "{disabled}"}, "EncryptionFailure", _CREATE, "Disabled"),
    Rule("The key that encrypts is symmetric.", "CreateSecret",
         {"Name": "n", "SecretString": "x", "KmsKeyId": "{signing}"}, "EncryptionFailure",
         "Secret encryption and decryption, AWS Secrets Manager User Guide", "symmetric"),
    Rule("A secret has 50 tags at most.", "CreateSecret",
         {"Name": "n", "Tags": [{"Key": f"k{number}", "Value": "v"} for number in range(51)]},
         "ValidationException", _QUOTAS),
    Rule("A tag's key stands once in a request.", "CreateSecret",
         {"Name": "n", "Tags": [{"Key": "k", "Value": "a"}, {"Key": "k", "Value": "b"}]},
         "InvalidParameterException", _TAG),
    Rule("A tag has a key.", "CreateSecret", {"Name": "n", "Tags": [{"Value": "a"}]}, "InvalidParameterException",
         _TAG),
    Rule("A tag's key has 128 characters at most.", "CreateSecret", {"Name": "n", "Tags": [{"Key": "k" * 129}]},
         "ValidationException", _TAG),
    Rule("A tag's value has 256 characters at most.", "CreateSecret",
         {"Name": "n", "Tags": [{"Key": "k", "Value": "v" * 257}]}, "ValidationException", _TAG),
    Rule("What is described is there.", "DescribeSecret", {"SecretId": "nobody"}, "ResourceNotFoundException",
         f"DescribeSecret, {_API}", _ABSENT),
    Rule("A secret is named by what a name may be.", "DescribeSecret", {"SecretId": "a b"}, "ValidationException",
         f"DescribeSecret, {_API}"),
    Rule("An ARN ends in the secret's own six characters.", "DescribeSecret", {"SecretId": "{kept}x"},
         "ResourceNotFoundException", f"DescribeSecret, {_API}"),
    Rule("An ARN of another account is another secret's.", "DescribeSecret",
         {"SecretId": "arn:aws:secretsmanager:us-east-1:999999999999:secret:kept"}, "ResourceNotFoundException",
         "Finding a secret from a partial ARN, AWS Secrets Manager User Guide"),
    Rule("What is read is there.", "GetSecretValue", {"SecretId": "nobody"}, "ResourceNotFoundException", _GET,
         _ABSENT),
    Rule("A secret without a value has none to read.", "GetSecretValue", {"SecretId": "empty"},
         "ResourceNotFoundException", _GET, "AWSCURRENT"),
    Rule("A version that is read is there.", "GetSecretValue", {"SecretId": "kept", "VersionId": _NOBODY},
         "ResourceNotFoundException", _GET, "VersionId"),
    Rule("A version is found by a label that it has.", "GetSecretValue", {"SecretId": "kept", "VersionStage": "MINE"},
         "ResourceNotFoundException", _GET, "MINE"),
    Rule("Version and label of a request are of one version.", "GetSecretValue",
         {"SecretId": "kept", "VersionId": _ONE, "VersionStage": "AWSCURRENT"}, "InvalidRequestException", _GET,
         "not associated"),
    Rule("A secret that is to be deleted can't be read.", "GetSecretValue", {"SecretId": "gone"},
         "InvalidRequestException", _GET, _MARKED),
    Rule("What was encrypted with a disabled key can't be read.", "GetSecretValue", {"SecretId": "locked"},
         "DecryptionFailure", _GET, "Disabled"),
    Rule("A version id has 32 characters at least.", "GetSecretValue", {"SecretId": "kept", "VersionId": "v1"},
         "ValidationException", _GET),
    Rule("A batch is of names or of filters.", "BatchGetSecretValue",
         {"SecretIdList": ["kept"], "Filters": [{"Key": "name", "Values": ["k"]}]}, "InvalidParameterException",
         _BATCH, "Either 'SecretIdList' or 'Filters' must be provided, but not both."),
    Rule("A batch says which secrets.", "BatchGetSecretValue", {}, "InvalidParameterException", _BATCH),
    Rule("A batch of names has no pages.", "BatchGetSecretValue", {"SecretIdList": ["kept"], "MaxResults": 5},
         "InvalidParameterException", _BATCH, "'Filters' must also be specified when 'MaxResults' is provided."),
    Rule("A batch has 20 names at most.", "BatchGetSecretValue", {"SecretIdList": ["kept"] * 21},
         "ValidationException", _BATCH),
    Rule("A page's token is one that an answer gave.", "BatchGetSecretValue",
         {"Filters": [{"Key": "name", "Values": ["k"]}], "NextToken": "nonsense"}, "InvalidNextTokenException", _BATCH),
    Rule("A value is given.", "PutSecretValue", {"SecretId": "kept"}, "InvalidRequestException", _PUT,
         "SecretString or SecretBinary"),
    Rule("A value is a text or bytes, not both.", "PutSecretValue", _put(SecretBinary=b"x"),
         "InvalidParameterException", _PUT),
    Rule("A token is one value's.", "PutSecretValue", _put(ClientRequestToken=_TWO), "ResourceExistsException", _PUT,
         "already in use"),
    Rule("A secret that is to be deleted gets no values.", "PutSecretValue", _put(SecretId="gone"),
         "InvalidRequestException", _PUT, _MARKED),
    Rule("A value is put where a secret is.", "PutSecretValue", _put(SecretId="nobody"), "ResourceNotFoundException",
         _PUT),
    Rule("A version has 20 labels at most.", "PutSecretValue",
         _put(VersionStages=[f"L{number}" for number in range(21)]), "ValidationException", _PUT),
    Rule("The versions of a secret have 20 labels at most together.", "PutSecretValue",
         _put(VersionStages=[f"L{number}" for number in range(20)]), "LimitExceededException", _QUOTAS, "20"),
    Rule("A version names a label.", "PutSecretValue", _put(VersionStages=[]), "ValidationException", _PUT),
    Rule("A value that RDS manages is RDS's to change.", "PutSecretValue", _put(SecretId="rds!db-1"),
         "InvalidRequestException", _MANAGED, "managed by another service"),
    Rule("A secret that RDS manages is RDS's to delete.", "DeleteSecret", {"SecretId": "rds!db-1"},
         "InvalidRequestException", _MANAGED, "managed by another service"),
    Rule("A secret that RDS manages is RDS's to delete, by force too.", "DeleteSecret",
         {"SecretId": "rds!db-1", "ForceDeleteWithoutRecovery": True}, "InvalidRequestException", _MANAGED),
    Rule("A secret that RDS manages is RDS's to update.", "UpdateSecret",
         {"SecretId": "rds!db-1", "Description": "mine"}, "InvalidRequestException", _MANAGED),
    Rule("Labels of a secret that RDS manages are RDS's to move.", "UpdateSecretVersionStage",
         {"SecretId": "rds!db-1", "VersionStage": "MINE", "MoveToVersionId": _ONE}, "InvalidRequestException",
         _MANAGED),
    Rule("A secret that RDS manages is RDS's to restore.", "RestoreSecret", {"SecretId": "rds!db-1"},
         "InvalidRequestException", _MANAGED),
    Rule("An update's token is one value's.", "UpdateSecret",
         {"SecretId": "kept", "SecretString": "x", "ClientRequestToken": _TWO}, "ResourceExistsException", _UPDATE),
    Rule("An update has a text or bytes, not both.", "UpdateSecret",
         {"SecretId": "kept", "SecretString": "x", "SecretBinary": b"x"}, "InvalidParameterException", _UPDATE),
    Rule("An update's key is there.", "UpdateSecret", {"SecretId": "kept", "KmsKeyId": "alias/nobody"},
         "EncryptionFailure", _UPDATE),
    Rule("A secret that is to be deleted is not updated.", "UpdateSecret", {"SecretId": "gone", "Description": "d"},
         "InvalidRequestException", _UPDATE, _MARKED),
    Rule("What is updated is there.", "UpdateSecret", {"SecretId": "nobody", "Description": "d"},
         "ResourceNotFoundException", _UPDATE),
    Rule("A label moves from somewhere or to somewhere.", "UpdateSecretVersionStage", _stage(),
         "InvalidParameterException", _STAGE),
    Rule("AWSCURRENT is always on a version.", "UpdateSecretVersionStage", _stage(RemoveFromVersionId=_TWO),
         "InvalidParameterException", _STAGE, "can't be completely removed"),
    Rule("A label moves only from the version that is named.", "UpdateSecretVersionStage",
         _stage(MoveToVersionId=_ONE), "InvalidParameterException", _STAGE, "RemoveFromVersionId can't be empty"),
    Rule("A label moves from the version that has it.", "UpdateSecretVersionStage",
         _stage(MoveToVersionId=_ONE, RemoveFromVersionId=_ONE), "InvalidParameterException", _STAGE, "isn't attached"),
    Rule("A label moves to a version that is there.", "UpdateSecretVersionStage",
         _stage(MoveToVersionId=_NOBODY, RemoveFromVersionId=_TWO), "ResourceNotFoundException", _STAGE),
    Rule("A label has 256 characters at most.", "UpdateSecretVersionStage",
         {"SecretId": "kept", "VersionStage": "L" * 257, "MoveToVersionId": _ONE}, "ValidationException", _STAGE),
    Rule("Labels of a secret that is to be deleted stay.", "UpdateSecretVersionStage",
         {"SecretId": "gone", "VersionStage": "MINE", "MoveToVersionId": _ONE}, "InvalidRequestException", _STAGE),
    Rule("A recovery window has 7 days at least.", "DeleteSecret", {"SecretId": "kept", "RecoveryWindowInDays": 6},
         "InvalidParameterException", _DELETE, "between 7 and 30"),
    Rule("A recovery window has 30 days at most.", "DeleteSecret", {"SecretId": "kept", "RecoveryWindowInDays": 31},
         "InvalidParameterException", _DELETE, "between 7 and 30"),
    Rule("Without recovery there is no window.", "DeleteSecret",
         {"SecretId": "kept", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
         "InvalidParameterException", _DELETE, "in conjunction"),
    Rule("What is deleted is there.", "DeleteSecret", {"SecretId": "nobody"}, "ResourceNotFoundException", _DELETE),
    Rule("A secret is scheduled for deletion once.", "DeleteSecret", {"SecretId": "gone"}, "InvalidRequestException",
         _DELETE),
    Rule("What is restored is there.", "RestoreSecret", {"SecretId": "nobody"}, "ResourceNotFoundException",
         f"RestoreSecret, {_API}"),
    Rule("A page has one secret at least.", "ListSecrets", {"MaxResults": 0}, "ValidationException", _LIST),
    Rule("A page has 100 secrets at most.", "ListSecrets", {"MaxResults": 101}, "ValidationException", _LIST),
    Rule("A page's token is one that a list gave.", "ListSecrets", {"NextToken": "nonsense"},
         "InvalidNextTokenException", _LIST),
    Rule("A filter is one of the known ones.", "ListSecrets", {"Filters": [{"Key": "colour", "Values": ["red"]}]},
         "ValidationException", _LIST),
    Rule("A filter has a key.", "ListSecrets", {"Filters": [{"Values": ["a"]}]}, "InvalidParameterException", _LIST),
    Rule("A filter has values.", "ListSecrets", {"Filters": [{"Key": "name"}]}, "InvalidParameterException", _LIST),
    Rule("A batch's filter has a key.", "BatchGetSecretValue", {"Filters": [{"Values": ["a"]}]},
         "InvalidParameterException", _BATCH),
    Rule("A filter has 10 values at most.", "ListSecrets",
         {"Filters": [{"Key": "name", "Values": [str(number) for number in range(11)]}]}, "ValidationException", _LIST),
    Rule("There are 10 filters at most.", "ListSecrets", {"Filters": [{"Key": "name", "Values": ["a"]}] * 11},
         "ValidationException", _LIST),
    Rule("The order is one of the known ones.", "ListSecrets", {"SortBy": "colour"}, "ValidationException", _LIST),
    Rule("The direction is up or down.", "ListSecrets", {"SortOrder": "sideways"}, "ValidationException", _LIST),
    Rule("A page's token is one that a list of versions gave.", "ListSecretVersionIds",
         {"SecretId": "kept", "NextToken": "nonsense"}, "InvalidNextTokenException", _VERSIONS),
    Rule("A page has one version at least.", "ListSecretVersionIds", {"SecretId": "kept", "MaxResults": 0},
         "ValidationException", _VERSIONS),
    Rule("A secret whose versions are listed is there.", "ListSecretVersionIds", {"SecretId": "nobody"},
         "ResourceNotFoundException", _VERSIONS),
    Rule("A secret that is tagged is there.", "TagResource", {"SecretId": "nobody", "Tags": [{"Key": "k"}]},
         "ResourceNotFoundException", _TAG),
    Rule("A secret that is to be deleted gets no tags.", "TagResource", {"SecretId": "gone", "Tags": [{"Key": "k"}]},
         "InvalidRequestException", _TAG, _MARKED),
    Rule("A secret has 50 tags at most, with those that it has.", "TagResource",
         {"SecretId": "kept", "Tags": [{"Key": f"k{number}"} for number in range(50)]}, "InvalidParameterException",
         _QUOTAS),
    Rule("A secret that loses a tag is there.", "UntagResource", {"SecretId": "nobody", "TagKeys": ["k"]},
         "ResourceNotFoundException", f"UntagResource, {_API}"),
    Rule("A secret that is to be deleted keeps its tags.", "UntagResource", {"SecretId": "gone", "TagKeys": ["k"]},
         "InvalidRequestException", f"UntagResource, {_API}"),
    Rule("A policy is JSON.", "PutResourcePolicy", {"SecretId": "kept", "ResourcePolicy": "{"},
         "MalformedPolicyDocumentException", _POLICY),
    Rule("A policy has statements.", "PutResourcePolicy",
         {"SecretId": "kept", "ResourcePolicy": '{"Version": "2012-10-17"}'}, "MalformedPolicyDocumentException",
         _POLICY),
    Rule("A resource policy names principals.", "PutResourcePolicy",
         {"SecretId": "kept", "ResourcePolicy": _ANYONE.replace('"Principal": "*", ', "")},
         "MalformedPolicyDocumentException", _POLICY),
    Rule("A policy for everyone is refused where that is asked for.", "PutResourcePolicy",
         {"SecretId": "kept", "ResourcePolicy": _ANYONE, "BlockPublicPolicy": True}, "PublicPolicyException", _POLICY),
    Rule("A policy has 20480 characters at most.", "PutResourcePolicy",
         {"SecretId": "kept", "ResourcePolicy": "x" * 20_481}, "ValidationException", _POLICY),
    Rule("A policy is put where a secret is.", "PutResourcePolicy",
         {"SecretId": "nobody", "ResourcePolicy": _ANYONE}, "ResourceNotFoundException", _POLICY),
    Rule("A secret that is to be deleted gets no policy.", "PutResourcePolicy",
         {"SecretId": "gone", "ResourcePolicy": _ANYONE}, "InvalidRequestException", _POLICY),
    Rule("A policy that is told is of a secret.", "GetResourcePolicy", {"SecretId": "nobody"},
         "ResourceNotFoundException", f"GetResourcePolicy, {_API}"),
    Rule("A policy that is deleted is of a secret.", "DeleteResourcePolicy", {"SecretId": "nobody"},
         "ResourceNotFoundException", f"DeleteResourcePolicy, {_API}"),
    Rule("A policy that is checked is JSON.", "ValidateResourcePolicy", {"ResourcePolicy": "["},
         "MalformedPolicyDocumentException", f"ValidateResourcePolicy, {_API}"),
    Rule("A password is long enough for a character of each kind.", "GetRandomPassword", {"PasswordLength": 3},
         "InvalidParameterException", _RANDOM, "too short"),
    Rule("A password has one character at least.", "GetRandomPassword", {"PasswordLength": 0}, "ValidationException",
         _RANDOM),
    Rule("A password has 4096 characters at most.", "GetRandomPassword", {"PasswordLength": 4097},
         "ValidationException", _RANDOM),
    Rule("A password has some characters left.", "GetRandomPassword",
         {"ExcludeNumbers": True, "ExcludePunctuation": True, "ExcludeUppercase": True, "ExcludeLowercase": True},
         "InvalidParameterException", _RANDOM),
    Rule("A kind that must be there is not excluded.", "GetRandomPassword", {"ExcludeCharacters": "0123456789"},
         "InvalidParameterException", _RANDOM),
    Rule("Rotation needs a function.", "RotateSecret", {"SecretId": "kept"}, "InvalidRequestException",
         f"RotateSecret, {_API}", "No Lambda rotation function ARN is associated with this secret."),
    Rule("A rotation function's policy lets Secrets Manager call it.", "RotateSecret",
         {"SecretId": "kept", "RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:none"},
         "AccessDeniedException", f"RotateSecret, {_API}", "secretsmanager.amazonaws.com"),
    Rule("There is one region, so no replica.", "ReplicateSecretToRegions",
         {"SecretId": "kept", "AddReplicaRegions": [{"Region": "eu-west-1"}]}, "UnsupportedOperation",
         f"ReplicateSecretToRegions, {_API}"),
    Rule("There is one region, so no replica from the start.", "CreateSecret",
         {"Name": "n", "AddReplicaRegions": [{"Region": "eu-west-1"}]}, "UnsupportedOperation", _CREATE),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    apis.register(SecretsManagerApi(plane.documents, Clock(), apis))


async def prepare(apis: Apis) -> dict[str, str]:
    async def call(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call(SERVICE, operation, params)

    async def key(**params: Any) -> str:
        return str((await apis.call("kms", "CreateKey", params))["KeyMetadata"]["KeyId"])

    tags = [{"Key": "first", "Value": "x"}]
    kept = await call("CreateSecret", Name="kept", SecretString="one", ClientRequestToken=_ONE, Tags=tags)
    await call("PutSecretValue", SecretId="kept", SecretString="two", ClientRequestToken=_TWO)
    await call("CreateSecret", Name="empty")
    await call("CreateSecret", Name="gone", SecretString="x")
    await call("DeleteSecret", SecretId="gone")
    disabled, signing = await key(), await key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    await call("CreateSecret", Name="locked", SecretString="x", KmsKeyId=disabled)
    await apis.call("kms", "DisableKey", {"KeyId": disabled})
    secrets = Secrets(apis.handler(SERVICE, "ListSecrets").__self__.documents)  # type: ignore[union-attr]
    secrets.secrets.put(replace(_of(secrets, "kept"), arn=f"{kept['ARN']}-rds", name="rds!db-1", owner="rds"))
    return {"kept": kept["ARN"], "disabled": disabled, "signing": signing}


def _of(secrets: Secrets, name: str) -> Any:
    found = secrets.named(name)
    assert found is not None
    return found

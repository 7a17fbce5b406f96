"""What Parameter Store refuses."""

from __future__ import annotations

import json
from typing import Any

from netflux.aws.ssm.api import SsmApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "ssm"

_PUT = "PutParameter, AWS Systems Manager API Reference"
_GET = "GetParameter, AWS Systems Manager API Reference"
_BY_PATH = "GetParametersByPath, AWS Systems Manager API Reference"
_DESCRIBE = "DescribeParameters, AWS Systems Manager API Reference"
_FILTER = "ParameterStringFilter, AWS Systems Manager API Reference"
_HISTORY = "GetParameterHistory, AWS Systems Manager API Reference"
_LABEL = "LabelParameterVersion, AWS Systems Manager API Reference"
_UNLABEL = "UnlabelParameterVersion, AWS Systems Manager API Reference"
_ADD_TAGS = "AddTagsToResource, AWS Systems Manager API Reference"
_TIERS = "Managing parameter tiers, AWS Systems Manager User Guide"
_NAMES = "Understanding requirements and constraints for parameter names, AWS Systems Manager User Guide"
_POLICIES = "Assigning parameter policies in Parameter Store, AWS Systems Manager User Guide"
_VERSIONS = "Working with parameter versions in Parameter Store, AWS Systems Manager User Guide"
_LABELS = "Working with parameter labels in Parameter Store, AWS Systems Manager User Guide"
_PATTERN = "Creating a SecureString parameter using the AWS CLI, AWS Systems Manager User Guide"
_KEYS = "AWS KMS encryption for AWS Systems Manager Parameter Store SecureString parameters, AWS KMS Developer Guide"
_TAGS = "Tag naming limits and requirements, Tagging AWS Resources and Tag Editor"

_ABSENT_KEY = "11111111-2222-3333-4444-555555555555"
_EXPIRATION = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2040-12-02T21:34:33.000Z"}}


def _put(**changes: Any) -> dict[str, Any]:
    return {"Name": "new", "Value": "v", "Type": "String", **changes}


def _over(name: str, **changes: Any) -> dict[str, Any]:
    return {"Name": name, "Value": "w", "Overwrite": True, **changes}


def _policies(*given: Any, **changes: Any) -> dict[str, Any]:
    return _put(Tier="Advanced", Policies=json.dumps(given), **changes)


def _filters(*given: tuple[str, str, list[str]], **more: Any) -> dict[str, Any]:
    listed = [{"Key": key, "Option": option, "Values": values} for key, option, values in given]
    return {"ParameterFilters": listed, **more}


def _tagged(**changes: Any) -> dict[str, Any]:
    return {"ResourceType": "Parameter", "ResourceId": "kept", "Tags": [{"Key": "a", "Value": "b"}], **changes}


def _below(path: str, **more: Any) -> dict[str, Any]:
    return {"Path": path, **more}


RULES = [
    Rule("A standard parameter has 4 KB at most.", "PutParameter", _put(Value="x" * 5120), "ValidationException",
         _TIERS, "4096"),
    Rule("An advanced parameter has 8 KB at most.", "PutParameter", _put(Value="x" * 8193, Tier="Advanced"),
         "ValidationException", _TIERS, "8192"),
    Rule("Intelligent tiering has no room beyond the advanced tier's.", "PutParameter",
         _put(Value="x" * 8193, Tier="Intelligent-Tiering"), "ValidationException", _TIERS, "8192"),
    Rule("The bytes of a value count, not its letters.", "PutParameter", _put(Value="é" * 3000),
         "ValidationException", _TIERS),
    Rule("An advanced parameter does not become a standard one.", "PutParameter", _over("advanced", Tier="Standard"),
         "ValidationException", _TIERS, "downgrade"),
    Rule("A tier is one of three.", "PutParameter", _put(Tier="Cheap"), "ValidationException", _PUT),
    Rule("A name has no space.", "PutParameter", _put(Name="a b"), "ValidationException", _NAMES, "Spaces"),
    Rule("A name has letters, digits and four symbols.", "PutParameter", _put(Name="a!b"), "ValidationException",
         _NAMES),
    Rule("A name is no ARN.", "PutParameter", _put(Name="arn:aws:ssm:us-east-1:123456789012:parameter/a"),
         "ValidationException", _PUT),
    Rule("A name has no version after it.", "PutParameter", _put(Name="a:1"), "ValidationException", _NAMES),
    Rule("A hierarchy begins with a slash.", "PutParameter", _put(Name="a/b"), "ValidationException", _NAMES),
    Rule("A hierarchy has no empty level.", "PutParameter", _put(Name="/a//b"), "ValidationException", _NAMES),
    Rule("A hierarchy does not end with a slash.", "PutParameter", _put(Name="/a/b/"), "ValidationException", _NAMES),
    Rule("A hierarchy has 15 levels at most.", "PutParameter", _put(Name="/a" * 16),
         "HierarchyLevelLimitExceededException", _NAMES),
    Rule("A name has 1,011 characters at most.", "PutParameter", _put(Name="a" * 1012), "ValidationException", _PUT),
    Rule("A name does not begin with aws.", "PutParameter", _put(Name="aws-mine"), "ValidationException", _NAMES),
    Rule("A name does not begin with AWS in capitals.", "PutParameter", _put(Name="AWSmine"), "ValidationException",
         _NAMES),
    Rule("A name does not begin with ssm.", "PutParameter", _put(Name="/ssm/mine"), "ValidationException", _NAMES),
    Rule("What is below /aws is AWS's.", "PutParameter", _put(Name="/aws/service/mine"), "AccessDeniedException",
         _NAMES, "reserved"),
    Rule("A parameter is overwritten only where that is asked for.", "PutParameter", _put(Name="kept"),
         "ParameterAlreadyExists", _PUT),
    Rule("With a slash before it a name of one level is the same name.", "PutParameter", _put(Name="/kept"),
         "ParameterAlreadyExists", _NAMES),
    Rule("A new parameter has a type.", "PutParameter", {"Name": "new", "Value": "v"}, "ValidationException", _PUT),
    Rule("A type is one of three.", "PutParameter", _put(Type="Number"), "ValidationException", _PUT),
    Rule("A value is not empty.", "PutParameter", _put(Value=""), "ValidationException", _PUT),
    Rule("A description has 1,024 characters at most.", "PutParameter", _put(Description="x" * 1025),
         "ValidationException", _PUT),
    Rule("A data type is one of AWS's, in small letters.", "PutParameter", _put(DataType="Text"),
         "ValidationException", _PUT, "lowercase"),
    Rule("Tags are not given with what overwrites.", "PutParameter",
         _over("kept", Tags=[{"Key": "a", "Value": "b"}]), "ValidationException", _PUT, "together"),
    Rule("Only a SecureString has a key.", "PutParameter", _put(KeyId="alias/aws/ssm"), "ValidationException", _PUT,
         "SecureString"),
    Rule("The key of a SecureString is there.", "PutParameter", _put(Type="SecureString", KeyId=_ABSENT_KEY),
         "InvalidKeyId", _KEYS),
    Rule("The key of a SecureString is enabled.", "PutParameter", _put(Type="SecureString", KeyId="{disabled}"),
         "InvalidKeyId", _KEYS, "Disabled"),
    Rule("The key of a SecureString is symmetric.", "PutParameter", _put(Type="SecureString", KeyId="{signing}"),
         "InvalidKeyId", _KEYS, "symmetric"),
    Rule("The key that a SecureString has encrypts its next value.", "PutParameter", _over("lost"), "InvalidKeyId",
         _KEYS),
    Rule("A value is decrypted with its key.", "GetParameter", {"Name": "lost", "WithDecryption": True},
         "InvalidKeyId", _GET),
    Rule("Values are decrypted with their keys.", "GetParameters", {"Names": ["kept", "lost"], "WithDecryption": True},
         "InvalidKeyId", "GetParameters, AWS Systems Manager API Reference"),
    Rule("Values below a path are decrypted with their keys.", "GetParametersByPath",
         _below("/", WithDecryption=True), "InvalidKeyId", _BY_PATH),
    Rule("Earlier values are decrypted with their keys.", "GetParameterHistory",
         {"Name": "lost", "WithDecryption": True}, "InvalidKeyId", _HISTORY),
    Rule("An AllowedPattern is an expression.", "PutParameter", _put(AllowedPattern="("),
         "InvalidAllowedPatternException", _PUT),
    Rule("A value fits the AllowedPattern.", "PutParameter", _put(AllowedPattern="^[0-9]+$"),
         "ParameterPatternMismatchException", _PATTERN),
    Rule("A value fits the AllowedPattern as a whole.", "PutParameter", _put(Value="10000", AllowedPattern=r"\d{1,4}"),
         "ParameterPatternMismatchException", _PATTERN),
    Rule("The AllowedPattern holds for later values.", "PutParameter", _over("number", Value="letters"),
         "ParameterPatternMismatchException", _PATTERN),
    Rule("A standard parameter has no policies.", "PutParameter", _put(Policies=json.dumps([_EXPIRATION])),
         "ValidationException", _POLICIES, "advanced"),
    Rule("Policies are JSON.", "PutParameter", _put(Tier="Advanced", Policies="x"), "ValidationException", _POLICIES),
    Rule("Policies are an array.", "PutParameter", _put(Tier="Advanced", Policies='{"Type": "Expiration"}'),
         "ValidationException", _POLICIES),
    Rule("A policy's type is one of three.", "PutParameter", _policies({**_EXPIRATION, "Type": "Rotation"}),
         "InvalidPolicyTypeException", _POLICIES),
    Rule("A policy's version is 1.0.", "PutParameter", _policies({**_EXPIRATION, "Version": "2.0"}),
         "InvalidPolicyAttributeException", _POLICIES),
    Rule("A parameter expires at a time.", "PutParameter", _policies({**_EXPIRATION, "Attributes": {}}),
         "InvalidPolicyAttributeException", _POLICIES),
    Rule("A time of expiration has an offset.", "PutParameter",
         _policies({**_EXPIRATION, "Attributes": {"Timestamp": "2040-12-02T21:34:33"}}),
         "InvalidPolicyAttributeException", _POLICIES),
    Rule("A parameter expires once.", "PutParameter", _policies(_EXPIRATION, _EXPIRATION),
         "IncompatiblePolicyException", _POLICIES),
    Rule("A parameter has 10 policies at most.", "PutParameter", _policies(*[_EXPIRATION] * 11),
         "PoliciesLimitExceededException", _PUT),
    Rule("The oldest of 100 versions stays while it has a label.", "PutParameter", _over("full"),
         "ParameterMaxVersionLimitExceeded", _VERSIONS, "Version 1"),
    Rule("A key of tags is given once.", "PutParameter", _put(Tags=[{"Key": "a", "Value": "b"}] * 2),
         "ValidationException", _TAGS, "twice"),
    Rule("A parameter that is read is there.", "GetParameter", {"Name": "nobody"}, "ParameterNotFound", _GET),
    Rule("A parameter of another account is not there.", "GetParameter",
         {"Name": "arn:aws:ssm:us-east-1:999999999999:parameter/kept"}, "ParameterNotFound", _GET),
    Rule("A version that is read is there.", "GetParameter", {"Name": "kept:7"}, "ParameterVersionNotFound", _GET),
    Rule("A label that is read is there.", "GetParameter", {"Name": "kept:blue"}, "ParameterVersionNotFound", _GET),
    Rule("A name that is read could be one.", "GetParameter", {"Name": "My App/name"}, "ValidationException", _GET),
    Rule("Ten parameters are read at once.", "GetParameters", {"Names": [f"p{n}" for n in range(11)]},
         "ValidationException", "GetParameters, AWS Systems Manager API Reference"),
    Rule("A parameter that is deleted is there.", "DeleteParameter", {"Name": "nobody"}, "ParameterNotFound",
         "DeleteParameter, AWS Systems Manager API Reference"),
    Rule("Ten parameters are deleted at once.", "DeleteParameters", {"Names": [f"p{n}" for n in range(11)]},
         "ValidationException", "DeleteParameters, AWS Systems Manager API Reference"),
    Rule("A path begins with a slash.", "GetParametersByPath", _below("a"), "ValidationException", _BY_PATH),
    Rule("A path has letters, digits and four symbols.", "GetParametersByPath", _below("/a b"), "ValidationException",
         _BY_PATH),
    Rule("Ten parameters are told of a path at once.", "GetParametersByPath", _below("/", MaxResults=11),
         "ValidationException", _BY_PATH),
    Rule("Below a path nothing is filtered by name.", "GetParametersByPath",
         _below("/", **_filters(("Name", "Equals", ["a"]))), "InvalidFilterKey", _FILTER),
    Rule("Below a path nothing is filtered by tier.", "GetParametersByPath",
         _below("/", **_filters(("Tier", "Equals", ["Standard"]))), "InvalidFilterKey", _FILTER),
    Rule("A label is asked for as a whole.", "GetParametersByPath",
         _below("/", **_filters(("Label", "BeginsWith", ["a"]))), "InvalidFilterOption", _FILTER),
    Rule("A token is one that an answer gave.", "GetParametersByPath", _below("/", NextToken="x"), "InvalidNextToken",
         _BY_PATH),
    Rule("Filters are of one kind.", "DescribeParameters",
         _filters(("Name", "Equals", ["a"]), Filters=[{"Key": "Type", "Values": ["String"]}]), "ValidationException",
         _DESCRIBE),
    Rule("A key of filters is one that there is.", "DescribeParameters", _filters(("Color", "Equals", ["a"])),
         "ValidationException", _FILTER),
    Rule("Nothing is described by its labels.", "DescribeParameters", _filters(("Label", "Equals", ["a"])),
         "InvalidFilterKey", _FILTER),
    Rule("A key stands in the filters once.", "DescribeParameters",
         _filters(("Name", "Equals", ["a"]), ("Name", "Equals", ["b"])), "InvalidFilterKey", _FILTER),
    Rule("A filter has values.", "DescribeParameters", {"ParameterFilters": [{"Key": "Name"}]}, "InvalidFilterValue",
         _FILTER),
    Rule("A type is asked for that there is.", "DescribeParameters", _filters(("Type", "Equals", ["Number"])),
         "InvalidFilterOption", _FILTER),
    Rule("A tier is asked for that there is.", "DescribeParameters", _filters(("Tier", "Equals", ["Cheap"])),
         "InvalidFilterOption", _FILTER),
    Rule("A path is asked for to a depth.", "DescribeParameters", _filters(("Path", "Equals", ["/a"])),
         "InvalidFilterOption", _FILTER),
    Rule("A path that is asked for begins with a slash.", "DescribeParameters", _filters(("Path", "OneLevel", ["a"])),
         "ValidationException", _FILTER),
    Rule("AWS's own parameters are not described.", "DescribeParameters", _filters(("Path", "Recursive", ["/aws"])),
         "ValidationException", _FILTER),
    Rule("50 parameters are described at once.", "DescribeParameters", {"MaxResults": 51}, "ValidationException",
         _DESCRIBE),
    Rule("A described page's token is one that an answer gave.", "DescribeParameters", {"NextToken": "x"},
         "InvalidNextToken", _DESCRIBE),
    Rule("A history is one of a parameter that is there.", "GetParameterHistory", {"Name": "nobody"},
         "ParameterNotFound", _HISTORY),
    Rule("50 versions are told at once.", "GetParameterHistory", {"Name": "kept", "MaxResults": 51},
         "ValidationException", _HISTORY),
    Rule("A label is put on a parameter that is there.", "LabelParameterVersion", {"Name": "nobody", "Labels": ["a"]},
         "ParameterNotFound", _LABEL),
    Rule("A label is put on a version that is there.", "LabelParameterVersion",
         {"Name": "kept", "ParameterVersion": 9, "Labels": ["a"]}, "ParameterVersionNotFound", _LABEL),
    Rule("A version has 10 labels at most.", "LabelParameterVersion", {"Name": "labelled", "Labels": ["eleventh"]},
         "ParameterVersionLabelLimitExceeded", _LABELS),
    Rule("A label has 100 characters at most.", "LabelParameterVersion", {"Name": "kept", "Labels": ["a" * 101]},
         "ValidationException", _LABELS),
    Rule("A label is taken off a parameter that is there.", "UnlabelParameterVersion",
         {"Name": "nobody", "ParameterVersion": 1, "Labels": ["a"]}, "ParameterNotFound", _UNLABEL),
    Rule("A label is taken off a version that is there.", "UnlabelParameterVersion",
         {"Name": "kept", "ParameterVersion": 9, "Labels": ["a"]}, "ParameterVersionNotFound", _UNLABEL),
    Rule("A parameter that is tagged is there.", "AddTagsToResource", _tagged(ResourceId="nobody"),
         "InvalidResourceId", _ADD_TAGS),
    Rule("A type of resource is one that can be tagged.", "AddTagsToResource", _tagged(ResourceType="Bucket"),
         "ValidationException", _ADD_TAGS),
    Rule("A parameter has 50 tags at most.", "AddTagsToResource",
         _tagged(Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)]), "TooManyTagsError", _TAGS),
    Rule("Tags are taken off what is there.", "RemoveTagsFromResource",
         {"ResourceType": "Parameter", "ResourceId": "nobody", "TagKeys": ["a"]}, "InvalidResourceId",
         "RemoveTagsFromResource, AWS Systems Manager API Reference"),
    Rule("Tags are told of what is there.", "ListTagsForResource",
         {"ResourceType": "Parameter", "ResourceId": "nobody"}, "InvalidResourceId",
         "ListTagsForResource, AWS Systems Manager API Reference"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    apis.register(SsmApi(plane.documents, Clock(), apis, plane.keys))


async def prepare(apis: Apis) -> dict[str, str]:
    async def call(operation: str, **params: Any) -> None:
        await apis.call(SERVICE, operation, params)

    keys = {}
    for name, usage in (
        ("disabled", {}),
        ("signing", {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}),
        ("gone", {}),
    ):
        keys[name] = (await apis.call("kms", "CreateKey", usage))["KeyMetadata"]["KeyId"]
    await call("PutParameter", **_put(Name="kept", Tags=[{"Key": "own", "Value": ""}]))
    await call("PutParameter", **_put(Name="advanced", Tier="Advanced"))
    await call("PutParameter", **_put(Name="number", Value="1", AllowedPattern="[0-9]+"))
    await call("PutParameter", **_put(Name="lost", Type="SecureString", KeyId=keys["gone"]))
    await call("PutParameter", **_put(Name="labelled"))
    await call("LabelParameterVersion", Name="labelled", Labels=[f"l{n}" for n in range(10)])
    for _ in range(100):
        await call("PutParameter", **_over("full", Type="String"))
    await call("LabelParameterVersion", Name="full", ParameterVersion=1, Labels=["first"])
    for name in ("disabled", "gone"):
        await apis.call("kms", "DisableKey", {"KeyId": keys[name]})
    return keys

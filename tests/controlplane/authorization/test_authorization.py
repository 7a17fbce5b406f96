"""Calls of users and sessions, decided by records, in each service's own words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from netflux.aws.iam.identities import TableIdentities
from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication.keys import Key
from netflux.controlplane.authorization import encoding
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.authorization.denials import MOST
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from netflux.policy.evaluate import Principal, account_root
from tests.controlplane.authorization.people import ANA, APP, SESSION, A, People, R, allow, deny, document, trust
from tests.controlplane.plane import Plane, with_kms

ROOT = Key("AKIAROOT", "s", account_root(A))


class Checked:
    """A control plane whose calls are decided."""

    def __init__(self, plane: Plane, apis: Apis) -> None:
        self.apis = apis
        self.people = People(plane.documents)
        self.authorization = Authorization(apis, TableIdentities(plane.documents), (R, A))

    async def outcome(
        self, key: Key, service: str, operation: str, params: dict[str, Any] | None = None, **context: str
    ) -> str:
        """Empty when the call may be carried out, else code and message."""
        try:
            given = {name.replace("_", ":"): (value,) for name, value in context.items()}
            await self.authorization.check(Call(service, operation, R, A), params or {}, key, given)
        except AwsError as error:
            return f"{error.code} {error.status} {error.message}"
        return ""


@pytest.fixture
async def checked(plane: Plane) -> AsyncIterator[Checked]:
    return Checked(plane, await plane.start())


async def test_the_administrator_is_never_asked_for_a_policy(checked: Checked) -> None:
    assert not await checked.outcome(ROOT, "secretsmanager", "ListSecrets")


@pytest.mark.parametrize(
    ("service", "operation", "params", "told"),
    [
        ("secretsmanager", "ListSecrets", {}, ("AccessDeniedException 400 User: {ana} is not authorized to perform: "
         "secretsmanager:ListSecrets because no identity-based policy allows the secretsmanager:ListSecrets action")),
        ("ecr", "GetAuthorizationToken", {}, ("AccessDeniedException 400 User: {ana} is not authorized to perform: "
         "ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the "
         "ecr:GetAuthorizationToken action")),
        ("ecs", "DeleteCluster", {"cluster": "prod"}, ("AccessDeniedException 400 User: {ana} is not authorized to "
         "perform: ecs:DeleteCluster on resource: arn:aws:ecs:{r}:{a}:cluster/prod because no identity-based policy "
         "allows the ecs:DeleteCluster action")),
        ("iam", "GetRole", {"RoleName": "app"}, ("AccessDenied 403 User: {ana} is not authorized to perform: "
         "iam:GetRole on resource: arn:aws:iam::{a}:role/service/app because no identity-based policy allows the "
         "iam:GetRole action")),
        ("elbv2", "DescribeLoadBalancers", {}, ("AccessDenied 403 User: {ana} is not authorized to perform: "
         "elasticloadbalancing:DescribeLoadBalancers because no identity-based policy allows the "
         "elasticloadbalancing:DescribeLoadBalancers action")),
        ("sqs", "SendMessage", {"QueueUrl": "http://x/1/jobs"}, ("AccessDenied 403 User: {ana} is not authorized to "
         "perform: sqs:sendmessage on resource: arn:aws:sqs:{r}:{a}:jobs because no identity-based policy allows the "
         "sqs:sendmessage action")),
        ("sns", "Publish", {"TopicArn": "arn:aws:sns:{r}:{a}:t"}, ("AuthorizationError 403 User: {ana} is not "
         "authorized to perform: SNS:Publish on resource: arn:aws:sns:{r}:{a}:t because no identity-based policy "
         "allows the SNS:Publish action")),
        ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::{a}:role/none"}, ("AccessDenied 403 User: {ana} is not "
         "authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{a}:role/none")),
        ("route53", "ListHostedZones", {}, ("AccessDenied 403 User: {ana} is not authorized to perform: "
         "route53:ListHostedZones because no identity-based policy allows the route53:ListHostedZones action")),
    ],
)  # fmt: skip
async def test_refusals_are_in_the_service_s_words(
    checked: Checked, service: str, operation: str, params: dict[str, str], told: str
) -> None:
    key = checked.people.user()
    checked.people.role()
    here = {"ana": ANA, "a": A, "r": R}
    given = {name: value.format(**here) for name, value in params.items()}
    assert await checked.outcome(key, service, operation, given) == told.format(**here)


async def test_ec2_encodes_why(checked: Checked) -> None:
    told = await checked.outcome(checked.people.user(), "ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"})
    assert told.startswith("UnauthorizedOperation 403 You are not authorized to perform this operation. User: ")
    decoded = json.loads(encoding.decode(told.rpartition(": ")[2]))
    assert (decoded["allowed"], decoded["explicitDeny"]) == (False, False)
    assert decoded["context"]["action"] == "ec2:CreateVpc"
    with pytest.raises(AwsError, match="InvalidAuthorizationMessage"):
        encoding.decode("bm9uc2Vuc2U=")


async def test_groups_and_managed_policies_count(checked: Checked) -> None:
    group = checked.people.group(allow("ecs:*"))
    arn = checked.people.policy("lists", allow("secretsmanager:List*"))
    key = checked.people.user(attached=(arn, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"), groups=(group,))
    assert not await checked.outcome(key, "ecs", "ListClusters")
    assert not await checked.outcome(key, "secretsmanager", "ListSecrets")
    assert await checked.outcome(key, "sqs", "ListQueues")
    identity = checked.authorization.identities.identity(Principal("AWS", ANA, A))
    assert {source.holder for source in identity.sources} == {ANA, f"arn:aws:iam::{A}:group/team"}


async def test_boundaries_and_session_policies_limit(checked: Checked) -> None:
    boundary = checked.people.policy("most", allow("ecs:*", "sqs:*"))
    key = checked.people.role(allow("*"), boundary=boundary, session=(document(allow("ecs:*", "sns:*")),))
    assert not await checked.outcome(key, "ecs", "ListClusters")
    assert "because no permissions boundary allows" in await checked.outcome(key, "sns", "ListTopics")
    assert "because no session policy allows" in await checked.outcome(key, "sqs", "ListQueues")


async def test_a_user_who_is_gone_may_do_nothing(checked: Checked) -> None:
    key = Key("AKIAX", "s", Principal("AWS", f"arn:aws:iam::{A}:user/gone", A))
    assert "because no identity-based policy allows" in await checked.outcome(key, "ecs", "ListClusters")


async def test_who_one_is_and_a_session_of_oneself_need_no_permission(checked: Checked) -> None:
    key = checked.people.user(deny("*"))
    assert not await checked.outcome(key, "sts", "GetCallerIdentity")
    assert not await checked.outcome(key, "sts", "GetSessionToken")


async def test_a_secret_s_name_stands_for_its_arn(checked: Checked) -> None:
    arn = (await checked.apis.call("secretsmanager", "CreateSecret", {"Name": "db", "SecretString": "x"}))["ARN"]
    key = checked.people.role(allow("secretsmanager:GetSecretValue", resource=arn))
    for written in (arn, "db"):
        assert not await checked.outcome(key, "secretsmanager", "GetSecretValue", {"SecretId": written})
    assert arn in await checked.outcome(key, "secretsmanager", "DeleteSecret", {"SecretId": "db"})


async def test_a_queue_s_policy_lets_a_role_in(checked: Checked) -> None:
    allowed = allow("sqs:SendMessage", resource=f"arn:aws:sqs:{R}:{A}:jobs", Principal={"AWS": APP})
    attributes = {"Policy": document(allowed)}
    url = (await checked.apis.call("sqs", "CreateQueue", {"QueueName": "jobs", "Attributes": attributes}))["QueueUrl"]
    key = checked.people.role()
    assert not await checked.outcome(key, "sqs", "SendMessage", {"QueueUrl": url})
    assert await checked.outcome(key, "sqs", "ReceiveMessage", {"QueueUrl": url})


async def test_a_key_s_policy_decides_who_may_use_it(checked: Checked) -> None:
    policy = document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"}))
    made = await checked.apis.call("kms", "CreateKey", {"Policy": policy})
    params = {"KeyId": made["KeyMetadata"]["KeyId"]}
    assert "no identity-based policy" in await checked.outcome(checked.people.role(), "kms", "Encrypt", params)
    key = checked.people.role(allow("kms:Encrypt"))
    assert not await checked.outcome(key, "kms", "Encrypt", params)
    nobody = document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:user/other"}))
    await checked.apis.call("kms", "PutKeyPolicy", {**params, "PolicyName": "default", "Policy": nobody})
    assert "no resource-based policy allows the kms:Encrypt" in await checked.outcome(key, "kms", "Encrypt", params)


async def test_who_decrypts_needs_the_key_that_the_ciphertext_names_or_a_grant(plane: Plane) -> None:
    apis = await plane.start()
    with_kms(apis, plane.documents, plane.keys)
    checked = Checked(plane, apis)
    other = document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:user/other"}))
    key = (await apis.call("kms", "CreateKey", {"Policy": other}))["KeyMetadata"]["KeyId"]
    context = {"shop": "a"}
    asked = {"KeyId": key, "Plaintext": b"m", "EncryptionContext": context}
    blob = (await apis.call("kms", "Encrypt", asked))["CiphertextBlob"]
    who, opened = checked.people.user(allow("kms:*")), {"CiphertextBlob": blob, "EncryptionContext": context}
    assert f"key/{key}" in await checked.outcome(who, "kms", "Decrypt", opened)
    limits = {"EncryptionContextEquals": context}
    grant = {"KeyId": key, "GranteePrincipal": ANA, "Operations": ["Decrypt"], "Constraints": limits}
    await apis.call("kms", "CreateGrant", grant)
    assert not await checked.outcome(who, "kms", "Decrypt", opened)
    assert f"key/{key}" in await checked.outcome(who, "kms", "Decrypt", {"CiphertextBlob": blob})
    assert f"key/{key}" in await checked.outcome(who, "kms", "Encrypt", asked)


@pytest.mark.parametrize(
    ("trusts", "own", "assumed"),
    [
        (trust({"AWS": ANA}), [], True),
        (trust({"AWS": A}), [allow("sts:AssumeRole", resource=APP)], True),
        (trust({"AWS": A}), [], False),
        (trust({"Service": "ecs-tasks.amazonaws.com"}), [allow("*")], False),
        (trust({"AWS": ANA}), [deny("sts:AssumeRole")], False),
        (trust({"AWS": ANA}, Condition={"StringEquals": {"sts:ExternalId": "x"}}), [], False),
    ],
)
async def test_who_may_assume_a_role(
    checked: Checked, trusts: dict[str, Any], own: list[dict[str, Any]], assumed: bool
) -> None:
    checked.people.role(allow("*"), trusts=[trusts])
    key = checked.people.user(*own)
    params = {"RoleArn": APP, "RoleSessionName": "s"}
    assert (not await checked.outcome(key, "sts", "AssumeRole", params)) is assumed


async def test_an_external_id_is_a_condition_s(checked: Checked) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "x"}}
    checked.people.role(trusts=[trust({"AWS": ANA}, Condition=condition)])
    params = {"RoleArn": APP, "RoleSessionName": "s", "ExternalId": "x"}
    assert not await checked.outcome(checked.people.user(), "sts", "AssumeRole", params)


async def test_a_role_is_passed_to_a_service_only_with_permission(checked: Checked) -> None:
    params = {"family": "web", "executionRoleArn": APP, "containerDefinitions": []}
    key = checked.people.user(allow("ecs:*"))
    assert f"iam:PassRole on resource: {APP}" in await checked.outcome(key, "ecs", "RegisterTaskDefinition", params)
    for service, passed in (("ecs-tasks.amazonaws.com", True), ("ec2.amazonaws.com", False)):
        condition = {"StringEquals": {"iam:PassedToService": service}}
        key = checked.people.user(allow("ecs:*"), allow("iam:PassRole", resource=APP, Condition=condition))
        assert (not await checked.outcome(key, "ecs", "RegisterTaskDefinition", params)) is passed


@pytest.mark.parametrize(
    ("condition", "context", "allowed"),
    [
        ({"StringEquals": {"aws:username": "ana"}}, {}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "a"}}, {}, True),
        ({"StringEquals": {"aws:RequestedRegion": R}}, {}, True),
        ({"StringEquals": {"aws:PrincipalAccount": A}}, {}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/team/*"}}, {}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, {}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws_securetransport": "true"}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws_securetransport": "false"}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, {"aws_sourceip": "127.0.0.1"}, True),
        ({"StringEquals": {"aws:RequestTag/stage": "prod"}}, {}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["stage"]}}, {}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["other"]}}, {}, False),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, {}, True),
        ({"Bool": {"aws:ViaAWSService": "false"}}, {}, True),
        ({"Null": {"aws:TokenIssueTime": "true"}}, {}, True),
    ],
)
async def test_condition_keys_have_what_is_true(
    checked: Checked, condition: dict[str, Any], context: dict[str, str], allowed: bool
) -> None:
    key = checked.people.user(allow("ecs:CreateCluster", Condition=condition), tags={"team": "a"})
    params = {"clusterName": "prod", "tags": [{"key": "stage", "value": "prod"}]}
    assert (not await checked.outcome(key, "ecs", "CreateCluster", params, **context)) is allowed


async def test_a_session_is_named_by_its_role_s_arn(checked: Checked) -> None:
    condition = {"ArnEquals": {"aws:PrincipalArn": APP}, "StringEquals": {"aws:userid": "AROAAPP:s1"}}
    key = checked.people.role(allow("ecs:ListClusters", Condition=condition))
    assert not await checked.outcome(key, "ecs", "ListClusters")


async def test_what_is_off_refuses_nothing(checked: Checked) -> None:
    checked.authorization.enforced = False
    assert not await checked.outcome(checked.people.user(deny("*")), "ecs", "ListClusters")


async def test_a_role_acts_within_its_policies(checked: Checked) -> None:
    checked.people.role(allow("sqs:CreateQueue"))
    acting = checked.authorization.acting(APP, "s1")
    await acting.call("sqs", "CreateQueue", {"QueueName": "jobs"})
    with pytest.raises(AwsError, match=f"User: {SESSION} is not authorized to perform: sqs:listqueues"):
        await acting.call("sqs", "ListQueues", {})


async def test_only_the_last_denials_are_kept(checked: Checked) -> None:
    key = checked.people.user()
    for _ in range(MOST + 3):
        await checked.outcome(key, "ecs", "ListClusters")
    await checked.outcome(key, "ecr", "DescribeRepositories")
    kept = [*checked.authorization.denials]
    assert len(kept) == MOST
    assert (kept[0].service, kept[0].verdict.request.action) == ("ecr", "ecr:DescribeRepositories")


async def test_a_policy_that_can_not_be_read_allows_nothing(checked: Checked) -> None:
    key = checked.people.user(allow("*", Condition={"StringSounds": {"a": "b"}}))
    assert (await checked.outcome(key, "ecs", "ListClusters")).startswith(
        "InternalFailure 500 The policy own of arn:aws:iam::"
    )


TAG = [{"Key": "stage", "Value": "prod"}]
TAGGED: list[tuple[str, str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "secretsmanager",
        "CreateSecret",
        {"Name": "db", "SecretString": "x", "Tags": TAG},
        "GetSecretValue",
        {"SecretId": "db"},
    ),
    (
        "sqs",
        "CreateQueue",
        {"QueueName": "jobs", "tags": {"stage": "prod"}},
        "SendMessage",
        {"QueueUrl": f"http://x/{A}/jobs"},
    ),
    ("sns", "CreateTopic", {"Name": "t", "Tags": TAG}, "Publish", {"TopicArn": f"arn:aws:sns:{R}:{A}:t"}),
    (
        "ssm",
        "PutParameter",
        {"Name": "/a/b", "Value": "x", "Type": "String", "Tags": TAG},
        "GetParameter",
        {"Name": "/a/b"},
    ),
    (
        "dynamodb",
        "CreateTable",
        {
            "TableName": "t",
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "Tags": TAG,
        },
        "GetItem",
        {"TableName": "t"},
    ),
]


@pytest.mark.parametrize("tagged", TAGGED, ids=[case[0] for case in TAGGED])
@pytest.mark.parametrize("stage", ["prod", "test"])
async def test_a_resource_s_tags_are_condition_keys(
    checked: Checked, tagged: tuple[str, str, dict[str, Any], str, dict[str, Any]], stage: str
) -> None:
    service, create, made, operation, params = tagged
    await checked.apis.call(service, create, made)
    condition = {"StringEquals": {"aws:ResourceTag/stage": stage}}
    key = checked.people.user(allow(f"{service}:{operation}", Condition=condition))
    assert (not await checked.outcome(key, service, operation, params)) is (stage == "prod")


async def test_a_role_s_tags_are_condition_keys_of_who_assumes_it(checked: Checked) -> None:
    checked.people.role(trusts=[trust({"AWS": A})], tags={"team": "a"})
    params = {"RoleArn": APP, "RoleSessionName": "s1"}
    condition = {"StringEquals": {"iam:ResourceTag/team": "a"}}
    key = checked.people.user(allow("sts:AssumeRole", Condition=condition))
    assert not await checked.outcome(key, "sts", "AssumeRole", params)


async def test_a_secret_with_a_key_of_the_customer_s_needs_the_key(checked: Checked) -> None:
    root = document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"}))
    made = await checked.apis.call("kms", "CreateKey", {"Policy": root})
    params = {"Name": "db", "SecretString": "x", "KmsKeyId": made["KeyMetadata"]["KeyId"]}
    await checked.apis.call("secretsmanager", "CreateSecret", params)
    key = checked.people.role(allow("secretsmanager:GetSecretValue"))
    told = await checked.outcome(key, "secretsmanager", "GetSecretValue", {"SecretId": "db"})
    assert told == "AccessDeniedException 400 Access to KMS is not allowed"
    condition = {"StringEquals": {"kms:ViaService": f"secretsmanager.{R}.amazonaws.com"}}
    key = checked.people.role(allow("secretsmanager:GetSecretValue"), allow("kms:Decrypt", Condition=condition))
    assert not await checked.outcome(key, "secretsmanager", "GetSecretValue", {"SecretId": "db"})


async def test_a_parameter_with_a_key_of_the_customer_s_needs_the_key_to_be_decrypted(checked: Checked) -> None:
    root = document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"}))
    arn = (await checked.apis.call("kms", "CreateKey", {"Policy": root}))["KeyMetadata"]["Arn"]
    made = {"Name": "/db", "Value": "x", "Type": "SecureString", "KeyId": arn}
    await checked.apis.call("ssm", "PutParameter", made)
    await checked.apis.call("ssm", "PutParameter", {"Name": "/own", "Value": "x", "Type": "SecureString"})
    key = checked.people.role(allow("ssm:*"))
    asked = {"Names": ["/db"], "WithDecryption": True}
    assert f"kms:Decrypt on resource: {arn} because" in await checked.outcome(key, "ssm", "GetParameters", asked)
    for name in (f"arn:aws:ssm:{R}:{A}:parameter/db", "/db:1", " /db", f"arn:aws:ssm:{R}:{A}:parameter/db:1"):
        named = {"Name": name, "WithDecryption": True}
        assert f"kms:Decrypt on resource: {arn} because" in await checked.outcome(key, "ssm", "GetParameter", named)
    assert not await checked.outcome(key, "ssm", "GetParameters", {"Names": ["/db"]})
    history = {"Name": "/db", "WithDecryption": True}
    assert f"kms:Decrypt on resource: {arn} because" in await checked.outcome(
        key, "ssm", "GetParameterHistory", history
    )
    assert not await checked.outcome(key, "ssm", "GetParameter", {"Name": "/own", "WithDecryption": True})


async def test_each_version_of_a_parameter_needs_the_key_that_it_has(checked: Checked) -> None:
    root = document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"}))
    arn = (await checked.apis.call("kms", "CreateKey", {"Policy": root}))["KeyMetadata"]["Arn"]
    made = {"Name": "/db", "Value": "x", "Type": "SecureString", "KeyId": arn}
    await checked.apis.call("ssm", "PutParameter", made)
    key = checked.people.role(allow("ssm:*"))
    again = {"Name": "/db", "Value": "y", "Overwrite": True}
    assert f"kms:Encrypt on resource: {arn} because" in await checked.outcome(key, "ssm", "PutParameter", again)
    await checked.apis.call("ssm", "PutParameter", {**again, "Type": "SecureString", "KeyId": "alias/aws/ssm"})
    await checked.apis.call("ssm", "LabelParameterVersion", {"Name": "/db", "ParameterVersion": 1, "Labels": ["old"]})
    assert not await checked.outcome(key, "ssm", "GetParameter", {"Name": "/db", "WithDecryption": True})
    for operation, asked in (
        ("GetParameter", {"Name": "/db:1"}), ("GetParameter", {"Name": "/db:01"}),
        ("GetParameter", {"Name": "/db:old"}),
        ("GetParameters", {"Names": ["/nobody:1", "/db:old"]}), ("GetParameterHistory", {"Name": "/db"}),
    ):  # fmt: skip
        told = await checked.outcome(key, "ssm", operation, {**asked, "WithDecryption": True})
        assert f"kms:Decrypt on resource: {arn} because" in told


async def test_each_of_many_parameters_below_a_path_needs_its_key(checked: Checked) -> None:
    root = document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"}))
    arn = (await checked.apis.call("kms", "CreateKey", {"Policy": root}))["KeyMetadata"]["Arn"]
    for number in range(55):
        await checked.apis.call("ssm", "PutParameter", {"Name": f"/p/{number:02}", "Value": "x", "Type": "String"})
    made = {"Name": "/p/last", "Value": "x", "Type": "SecureString", "KeyId": arn}
    await checked.apis.call("ssm", "PutParameter", made)
    key = checked.people.role(allow("ssm:*"))
    asked = {"Path": "/p", "WithDecryption": True}
    assert f"kms:Decrypt on resource: {arn} because" in await checked.outcome(key, "ssm", "GetParametersByPath", asked)


class Definitions:
    """ECS as far as it tells of one task definition."""

    service = "ecs"
    whole = True

    async def describe_task_definition(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        arn = f"arn:aws:ecs:{R}:{A}:task-definition/web:3"
        return {"taskDefinition": {"taskDefinitionArn": arn, "taskRoleArn": APP}}


async def test_who_runs_a_task_passes_it_its_definition_s_roles(checked: Checked) -> None:
    checked.apis.register(Definitions())
    params = {"taskDefinition": "web", "cluster": "prod"}
    key = checked.people.user(allow("ecs:RunTask", resource=f"arn:aws:ecs:{R}:{A}:task-definition/web:3"))
    assert f"iam:PassRole on resource: {APP} " in await checked.outcome(key, "ecs", "RunTask", params)
    cluster = {"ArnEquals": {"ecs:cluster": f"arn:aws:ecs:{R}:{A}:cluster/prod"}}
    key = checked.people.user(allow("ecs:RunTask", Condition=cluster), allow("iam:PassRole", resource=APP))
    assert not await checked.outcome(key, "ecs", "RunTask", params)
    assert await checked.outcome(key, "ecs", "RunTask", {**params, "cluster": "other"})


async def test_a_key_that_is_not_there_is_the_operation_s_to_tell(checked: Checked) -> None:
    key = checked.people.role(allow("kms:*"))
    assert not await checked.outcome(key, "kms", "Decrypt", {"KeyId": "00000000-0000-0000-0000-000000000000"})


async def test_other_operations_of_sts_need_a_policy_alone(checked: Checked) -> None:
    params = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}
    assert await checked.outcome(checked.people.user(), "sts", "GetAccessKeyInfo", params)
    key = checked.people.user(allow("sts:GetAccessKeyInfo"))
    assert not await checked.outcome(key, "sts", "GetAccessKeyInfo", params)

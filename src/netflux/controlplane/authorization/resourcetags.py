"""Tags of resources, for conditions on `aws:ResourceTag/…`: asked of the service, and only where a policy asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from netflux.controlplane.authorization.circumstances import tags
from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.policy.verdict import Source

_MARK = ":resourcetag/"


def wanted(sources: Iterable[Source]) -> bool:
    """Whether a policy has a condition on, or a variable of, a resource's tags."""
    for source in sources:
        for statement in source.policy.statements:
            texts = [*statement.resources, *(value for one in statement.conditions for value in one.values)]
            keys = [one.key for one in statement.conditions]
            if any(_MARK in text.lower() for text in (*keys, *texts)):
                return True
    return False


async def context(apis: Caller, arn: str) -> dict[str, tuple[str, ...]]:
    """Condition keys with the tags of a resource; none where there is no such resource, or its tags aren't known."""
    parts = arn.split(":", 5)
    look = _LOOKS.get(parts[2]) if len(parts) == 6 else None
    if look is None or arn.endswith("*"):
        return {}
    try:
        found = await look(apis, arn)
    except AwsError:
        return {}
    names = ("aws", parts[2])
    return {f"{name}{_MARK}{key.lower()}": (value,) for name in names for key, value in found.items()}


Tags = Mapping[str, str]
Look = Callable[[Caller, str], Awaitable[Tags]]


def _listed(service: str, operation: str, member: str, answer: str) -> Look:
    async def look(apis: Caller, arn: str) -> Tags:
        return dict(tags((await apis.call(service, operation, {member: arn})).get(answer)))

    return look


async def _of_instances(apis: Caller, arn: str) -> Tags:
    asked = {"Filters": [{"Name": "resource-id", "Values": [arn.rpartition("/")[2]]}]}
    return dict(tags((await apis.call("ec2", "DescribeTags", asked))["Tags"]))


async def _of_balancers(apis: Caller, arn: str) -> Tags:
    found = (await apis.call("elbv2", "DescribeTags", {"ResourceArns": [arn]}))["TagDescriptions"]
    return dict(tags(found[0]["Tags"])) if found else {}


async def _of_identities(apis: Caller, arn: str) -> Tags:
    kind, name = arn.rpartition(":")[2].partition("/")[0], arn.rpartition("/")[2]
    operation = {"role": "ListRoleTags", "user": "ListUserTags"}.get(kind)
    if operation is None:
        return {}
    return dict(tags((await apis.call("iam", operation, {f"{kind.capitalize()}Name": name}))["Tags"]))


async def _of_queues(apis: Caller, arn: str) -> Tags:
    url = (await apis.call("sqs", "GetQueueUrl", {"QueueName": arn.rpartition(":")[2]}))["QueueUrl"]
    return dict(tags((await apis.call("sqs", "ListQueueTags", {"QueueUrl": url})).get("Tags")))


async def _of_keys(apis: Caller, arn: str) -> Tags:
    found = (await apis.call("kms", "ListResourceTags", {"KeyId": arn}))["Tags"]
    return {one["TagKey"]: one["TagValue"] for one in found}


async def _of_parameters(apis: Caller, arn: str) -> Tags:
    name = arn.partition(":parameter")[2]
    asked = {"ResourceType": "Parameter", "ResourceId": name if name.count("/") > 1 else name.removeprefix("/")}
    return dict(tags((await apis.call("ssm", "ListTagsForResource", asked)).get("TagList")))


async def _of_stacks(apis: Caller, arn: str) -> Tags:
    name = arn.removesuffix("/*").rpartition(":stack/")[2].partition("/")[0]
    found = (await apis.call("cloudformation", "DescribeStacks", {"StackName": name}))["Stacks"]
    return dict(tags(found[0].get("Tags")))


_LOOKS: Mapping[str, Look] = {
    "acm": _listed("acm", "ListTagsForCertificate", "CertificateArn", "Tags"),
    "cloudformation": _of_stacks,
    "cloudfront": _listed("cloudfront", "ListTagsForResource", "Resource", "Tags"),
    "cloudwatch": _listed("cloudwatch", "ListTagsForResource", "ResourceARN", "Tags"),
    "dynamodb": _listed("dynamodb", "ListTagsOfResource", "ResourceArn", "Tags"),
    "ec2": _of_instances,
    "ecr": _listed("ecr", "ListTagsForResource", "resourceArn", "tags"),
    "ecs": _listed("ecs", "ListTagsForResource", "resourceArn", "tags"),
    "elasticloadbalancing": _of_balancers,
    "iam": _of_identities,
    "kms": _of_keys,
    "rds": _listed("rds", "ListTagsForResource", "ResourceName", "TagList"),
    "secretsmanager": _listed("secretsmanager", "DescribeSecret", "SecretId", "Tags"),
    "servicediscovery": _listed("servicediscovery", "ListTagsForResource", "ResourceARN", "Tags"),
    "sns": _listed("sns", "ListTagsForResource", "ResourceArn", "Tags"),
    "sqs": _of_queues,
    "ssm": _of_parameters,
}

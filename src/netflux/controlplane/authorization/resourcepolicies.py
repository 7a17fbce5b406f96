"""Policies of resources: queues, topics, secrets, repositories, keys, functions, and roles' trust policies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from netflux.controlplane.authorization.identity import Identities
from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.policy.document import PolicyError, parse
from netflux.policy.verdict import Kind, Source


def decides(action: str, policies: Sequence[Source]) -> bool:
    """Whether an identity's policies count only as far as the resource's own let them.

    So it is with roles, also those that are not there, and with KMS's keys; that one is not there is the operation's to
    tell.
    """
    return action.lower() == "sts:assumerole" or (action.startswith("kms:") and bool(policies))


async def source(apis: Caller, identities: Identities, action: str, resource: str) -> Source | None:
    """The policy of the resource that an action is about; None where it has none.

    Raises:
        AwsError: it has one that can't be read.
    """
    prefix = action.partition(":")[0]
    if action.lower() == "sts:assumerole":
        return identities.trust(resource)
    look = _LOOKS.get(prefix)
    if look is None or not resource.startswith(f"arn:aws:{prefix}:"):
        return None
    try:
        text = await look(apis, resource)
    except AwsError:  # there is no such resource, or it has no policy
        return None
    if not text:
        return None
    try:
        return Source(Kind.RESOURCE, "", resource, parse(text, needs_principal=True, needs_resource=prefix != "ecr"))
    except PolicyError as error:
        raise AwsError(
            "InternalFailure",
            f"The policy of {resource} can't be read ({error}), so nobody but the administrator may use it. Put "
            "another one.",
            500,
        ) from error


async def _queue(apis: Caller, arn: str) -> str:
    url = (await apis.call("sqs", "GetQueueUrl", {"QueueName": arn.rpartition(":")[2]}))["QueueUrl"]
    asked = {"QueueUrl": url, "AttributeNames": ["Policy"]}
    return str((await apis.call("sqs", "GetQueueAttributes", asked)).get("Attributes", {}).get("Policy", ""))


async def _topic(apis: Caller, arn: str) -> str:
    topic = ":".join(arn.split(":")[:6])
    return str((await apis.call("sns", "GetTopicAttributes", {"TopicArn": topic}))["Attributes"].get("Policy", ""))


async def _secret(apis: Caller, arn: str) -> str:
    return str((await apis.call("secretsmanager", "GetResourcePolicy", {"SecretId": arn})).get("ResourcePolicy") or "")


async def _repository(apis: Caller, arn: str) -> str:
    name = arn.partition(":repository/")[2]
    return str((await apis.call("ecr", "GetRepositoryPolicy", {"repositoryName": name})).get("policyText") or "")


async def _function(apis: Caller, arn: str) -> str:
    return str((await apis.call("lambda", "GetPolicy", {"FunctionName": arn})).get("Policy") or "")


async def _key(apis: Caller, arn: str) -> str:
    return str((await apis.call("kms", "GetKeyPolicy", {"KeyId": arn, "PolicyName": "default"})).get("Policy") or "")


_LOOKS: Mapping[str, Callable[[Caller, str], Awaitable[str]]] = {
    "ecr": _repository,
    "kms": _key,
    "lambda": _function,
    "secretsmanager": _secret,
    "sns": _topic,
    "sqs": _queue,
}

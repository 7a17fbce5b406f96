"""An account with one of each, for what IAM refuses to do with them."""

from __future__ import annotations

from typing import Any

from netflux.controlplane.apis import Apis
from tests.rules.iamdocuments import GOOD, TRUST


async def filled(apis: Apis) -> dict[str, str]:
    """Ids and ARNs by the names that requests have for them."""

    async def iam(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("iam", operation, params)

    async def policy(name: str) -> str:
        made: str = (await iam("CreatePolicy", PolicyName=name, PolicyDocument=GOOD))["Policy"]["Arn"]
        return made

    arns = {name: await policy(name) for name in ("policy", "free", "bounding", "versions")}
    for _ in range(4):
        await iam("CreatePolicyVersion", PolicyArn=arns["versions"], PolicyDocument=GOOD)
    for name in ("app", "attached", "held", "free", "full", "tagged"):
        await iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST)
    for name in ("sam", "kim", "inline", "member", "keys", "login", "social"):
        await iam("CreateUser", UserName=name)
    for name in ("staff", "empty", "attached", "inline"):
        await iam("CreateGroup", GroupName=name)
    await iam("PutRolePolicy", RoleName="app", PolicyName="own", PolicyDocument=GOOD)
    await iam("PutUserPolicy", UserName="inline", PolicyName="own", PolicyDocument=GOOD)
    await iam("PutGroupPolicy", GroupName="inline", PolicyName="own", PolicyDocument=GOOD)
    await iam("AttachRolePolicy", RoleName="attached", PolicyArn=arns["policy"])
    await iam("AttachUserPolicy", UserName="sam", PolicyArn=arns["policy"])
    await iam("AttachGroupPolicy", GroupName="attached", PolicyArn=arns["policy"])
    await iam("PutUserPermissionsBoundary", UserName="kim", PermissionsBoundary=arns["bounding"])
    await iam("CreateInstanceProfile", InstanceProfileName="profile")
    await iam("AddRoleToInstanceProfile", InstanceProfileName="profile", RoleName="held")
    await iam("AddUserToGroup", GroupName="staff", UserName="member")
    keys = [await iam("CreateAccessKey", UserName="keys") for _ in range(2)]
    await iam("CreateLoginProfile", UserName="login", Password="Aa1!aaaa")
    for number in range(10):
        await iam("CreateGroup", GroupName=f"group{number}")
        await iam("AddUserToGroup", GroupName=f"group{number}", UserName="social")
        await iam("AttachRolePolicy", RoleName="full", PolicyArn=await policy(f"more{number}"))
    await iam("TagRole", RoleName="tagged", Tags=[{"Key": f"k{number}", "Value": "x"} for number in range(50)])
    await iam("CreateOpenIDConnectProvider", Url="https://id.example.com", ThumbprintList=[])
    await iam("CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com")
    return {**arns, "key": keys[0]["AccessKey"]["AccessKeyId"]}

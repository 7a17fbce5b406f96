"""A stack's calls are made for whoever wants the stack, or by its service role: nobody gets more than they may do."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.aws.iam.identities import TableIdentities
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.authorization.actors import Actors
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from tests.cloudformation.cloud import ACCOUNT, REGION, Cloud
from tests.controlplane.authorization.people import APP, People, allow, deny, trust

TEMPLATE = """
Resources:
  Flag: {Type: AWS::SSM::Parameter, Properties: {Name: flag, Type: String, Value: "on"}}
"""
NESTED = """
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: "https://s3.us-east-1.amazonaws.com/templates/inner.yaml"}
"""
FORMATION = {"Service": "cloudformation.amazonaws.com"}


@pytest.fixture
def people(cloud: Cloud) -> People:
    authorization = Authorization(cloud.apis, TableIdentities(cloud.documents), (REGION, ACCOUNT))
    cloud.keys = keys = Keys()  # type: ignore[attr-defined]
    cloud.engine.actors = Actors(authorization, keys, cloud.apis)
    return People(cloud.documents)


async def created(cloud: Cloud, key: Any, template: str = TEMPLATE, **more: Any) -> str:
    """The status that a stack ends in which this key's holder asks for."""
    cloud.keys.add(key)  # type: ignore[attr-defined]
    call = Call("cloudformation", "CreateStack", REGION, ACCOUNT, access_key=key.access_key)
    await cloud.engine.create_stack(
        call, {"StackName": "s", "TemplateBody": template, "OnFailure": "DO_NOTHING", **more}
    )
    return str((await cloud.settled("s"))["StackStatus"])


async def reasons(cloud: Cloud) -> str:
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    return " ".join(event.get("ResourceStatusReason", "") for event in events)


async def test_who_may_make_stacks_alone_makes_nothing_in_them(cloud: Cloud, people: People) -> None:
    key = people.user(allow("cloudformation:*"))
    assert await created(cloud, key) == "CREATE_FAILED"
    told = f"User: {key.principal.name} is not authorized to perform: ssm:"
    assert told in await reasons(cloud)
    assert not cloud.made("PutParameter")


async def test_who_may_make_what_is_in_it_makes_the_stack(cloud: Cloud, people: People) -> None:
    condition = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
    key = people.user(allow("ssm:*", Condition=condition))
    assert await created(cloud, key) == "CREATE_COMPLETE"


async def test_a_service_role_makes_what_who_asks_may_not(cloud: Cloud, people: People) -> None:
    people.role(allow("ssm:*"), trusts=[trust(FORMATION)])
    key = people.user(allow("cloudformation:*", "iam:PassRole"))
    assert await created(cloud, key, RoleARN=APP) == "CREATE_COMPLETE"
    people.role(deny("*"), trusts=[trust(FORMATION)])
    call = Call("cloudformation", "DeleteStack", REGION, ACCOUNT, access_key=key.access_key)
    stack = (await cloud.cf("DescribeStacks", StackName="s"))["Stacks"][0]["StackId"]
    await cloud.engine.delete_stack(call, {"StackName": "s"})
    await cloud.engine.settled(stack)
    assert "with an explicit deny in an identity-based policy" in await reasons(cloud)


async def test_a_role_that_does_not_trust_cloudformation_is_refused(cloud: Cloud, people: People) -> None:
    people.role(allow("*"))
    with pytest.raises(AwsError, match="is invalid or cannot be assumed"):
        await created(cloud, people.user(allow("*")), RoleARN=APP)


async def test_a_nested_stack_s_calls_are_its_parent_s(cloud: Cloud, people: People) -> None:
    await cloud.apis.call("s3", "CreateBucket", {"Bucket": "templates"})
    inner = {"Bucket": "templates", "Key": "inner.yaml", "Body": TEMPLATE.encode()}
    await cloud.apis.call("s3", "PutObject", inner)
    key = people.user(allow("cloudformation:*", "s3:*"))
    assert await created(cloud, key, NESTED) == "CREATE_FAILED"
    assert not cloud.made("PutParameter")


async def test_the_administrator_s_stack_needs_no_policy(cloud: Cloud, people: People) -> None:
    people.user()
    assert (await cloud.create(TEMPLATE))["StackStatus"] == "CREATE_COMPLETE"

"""How another project's tests are adapted, and what counts as refused by name."""

import ast

import pytest
from botocore.exceptions import ClientError

from tests.suites import adapted, explanations, outcomes


def _adapted(text: str) -> str:
    return ast.unparse(adapted.adapted(ast.parse(text)))


def test_other_regions_and_zones_have_the_regions_own_name() -> None:
    told = _adapted("def test_a():\n    client('ec2', 'us-west-1')\n    zone('us-west-1b', f'{x}.us-west-1')")
    assert told == "def test_a():\n    client('ec2', 'us-east-1')\n    zone('us-east-1b', f'{x}.us-east-1')"


def test_a_test_about_several_regions_keeps_their_names() -> None:
    text = "def test_a():\n    client('ec2', 'us-west-1')\n    client('ec2', region_name='eu-west-1')"
    assert _adapted(text) == text
    text = "def test_a():\n    for region in ['us-west-1', 'eu-west-1']:\n        client('ec2', region)"
    assert _adapted(text) == text


def test_a_test_about_one_region_may_name_another_ones_service() -> None:
    told = _adapted("def test_a():\n    client('ec2', 'us-west-1').call(Service='com.amazonaws.eu-west-1.s3')")
    assert told == "def test_a():\n    client('ec2', 'us-east-1').call(Service='com.amazonaws.us-east-1.s3')"


def test_a_group_for_a_load_balancer_is_made_in_its_vpc() -> None:
    text = """def test_a():
    group = ec2.create_security_group(GroupName='g')
    vpc = ec2.create_vpc(CidrBlock='10.0.0.0/16')
    elb.create_load_balancer(Subnets=[vpc.id], SecurityGroups=[group.id])"""
    made = _adapted(text).splitlines()
    assert made[1:3] == [
        "    vpc = ec2.create_vpc(CidrBlock='10.0.0.0/16')",
        "    group = ec2.create_security_group(GroupName='g', VpcId=vpc.id)",
    ]


def test_marks_of_tests_that_are_verified_are_found_however_they_are_written() -> None:
    text = """
@ec2_aws_verified(create_vpc=True)
def test_a(): ...
@pytest.mark.aws_verified
def test_b(): ...
@mock_aws
def test_c(): ..."""
    assert adapted.marked(ast.parse(text)) == ["test_a", "test_b"]


def _error(code: str, message: str = "m", status: int = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "DoThis")  # type: ignore[arg-type]


_UNSUPPORTED = _error("UnsupportedOperation", "ec2:DoThis is not supported by Netflux. Leave it out.", 501)


@pytest.mark.parametrize(
    ("last", "ended", "outcome"),
    [
        (_UNSUPPORTED, _UNSUPPORTED, "refused by name"),
        (_error("InvalidAction"), _error("InvalidAction"), "refused by name"),
        (_UNSUPPORTED, AssertionError("assert 'UnsupportedOperation' == 'InvalidParameterValue'"), "refused by name"),
        (_UNSUPPORTED, AssertionError("assert 501 == 400"), "refused by name"),
        (_UNSUPPORTED, AssertionError("assert 0 == 1"), "failed"),
        (_error("UnsupportedOperation"), _error("UnsupportedOperation"), "failed"),
        (_error("InvalidParameterValue"), _error("InvalidParameterValue"), "failed"),
        (None, KeyError("Vpcs"), "failed"),
    ],
)
def test_only_what_the_region_says_it_does_not_have_is_refused_by_name(
    last: ClientError | None, ended: BaseException, outcome: str
) -> None:
    outcomes.CALLS.last = last
    assert outcomes.judged(ended)[0] == outcome


def test_what_a_test_ended_with_is_what_happened_before_it_was_cleaned_up() -> None:
    ended = _error("DependencyViolation")
    ended.__context__ = _UNSUPPORTED
    assert outcomes.judged(ended)[0] == "refused by name"


def test_a_failure_is_of_the_first_kind_that_names_it_or_matches_its_reason() -> None:
    named = explanations.Kind("named", "", ("test_a::test_b*",), ())
    matched = explanations.Kind("matched", "", (), ("no such",))
    assert explanations.kind_of("test_a::test_b[1-x]", "no such thing", [named, matched]) == named
    assert explanations.kind_of("test_a::test_c", "no such thing", [named, matched]) == matched
    assert explanations.kind_of("test_a::test_c", "another", [named, matched]) is None

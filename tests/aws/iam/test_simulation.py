"""The policy simulator, whose decisions are those of calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.iam.api import IamApi
from netflux.clock import Clock
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from tests.controlplane.authorization.people import ANA, APP, A, People, R, allow, deny, document

BUCKET = "arn:aws:s3:::movies/*"


class Simulator:
    def __init__(self, documents: Documents) -> None:
        self._api = IamApi(documents, Clock(), A, Keys())
        self.people = People(documents)

    def ask(self, operation: str, **request: Any) -> Any:
        return getattr(self._api, operation)(Call("iam", operation, R, A), request)

    def decisions(self, operation: str, **request: Any) -> list[str]:
        return [one["EvalDecision"] for one in self.ask(operation, **request)["EvaluationResults"]]


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    documents = Documents(tmp_path / "n.db")
    yield Simulator(documents)
    documents.close()


def test_a_role_s_policies_decide(simulator: Simulator) -> None:
    simulator.people.role(allow("s3:Get*", resource=BUCKET), deny("s3:GetObjectAcl"))
    asked = {"PolicySourceArn": APP, "ResourceArns": ["arn:aws:s3:::movies/1"]}
    found = simulator.decisions(
        "simulate_principal_policy", ActionNames=["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject"], **asked
    )
    assert found == ["allowed", "explicitDeny", "implicitDeny"]


def test_each_action_is_asked_of_each_resource(simulator: Simulator) -> None:
    simulator.people.user(allow("s3:GetObject", resource=BUCKET))
    answer = simulator.ask(
        "simulate_principal_policy",
        PolicySourceArn=ANA,
        ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::movies/1", "arn:aws:s3:::other/1"],
    )
    found = [(one["EvalResourceName"], one["EvalDecision"]) for one in answer["EvaluationResults"]]
    assert found == [("arn:aws:s3:::movies/1", "allowed"), ("arn:aws:s3:::other/1", "implicitDeny")]
    assert answer["EvaluationResults"][0]["MatchedStatements"] == [
        {"SourcePolicyId": "own", "SourcePolicyType": "user"}
    ]


def test_a_boundary_s_part_is_told(simulator: Simulator) -> None:
    boundary = simulator.people.policy("most", allow("sqs:*"))
    simulator.people.role(allow("*"), boundary=boundary)
    answer = simulator.ask(
        "simulate_principal_policy", PolicySourceArn=APP, ActionNames=["s3:GetObject", "sqs:SendMessage"]
    )
    told = [
        (one["EvalDecision"], one["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"])
        for one in answer["EvaluationResults"]
    ]
    assert told == [("implicitDeny", False), ("allowed", True)]
    instead = [document(allow("s3:*"))]
    asked = {"PolicySourceArn": APP, "ActionNames": ["s3:GetObject"]}
    wider = simulator.decisions("simulate_principal_policy", **asked, PermissionsBoundaryPolicyInputList=instead)
    assert wider == ["allowed"]


def test_policies_of_the_request_are_added(simulator: Simulator) -> None:
    simulator.people.user()
    asked = {"PolicySourceArn": ANA, "ActionNames": ["s3:GetObject"]}
    assert simulator.decisions("simulate_principal_policy", **asked) == ["implicitDeny"]
    more = [document(allow("s3:*"))]
    assert simulator.decisions("simulate_principal_policy", **asked, PolicyInputList=more) == ["allowed"]


def test_custom_policies_with_a_context(simulator: Simulator) -> None:
    policy = document(allow("s3:GetObject", Condition={"StringEquals": {"aws:username": "ana"}}))
    asked = {"PolicyInputList": [policy], "ActionNames": ["s3:GetObject"]}
    answer = simulator.ask("simulate_custom_policy", **asked)["EvaluationResults"][0]
    assert (answer["EvalDecision"], answer["MissingContextValues"]) == ("implicitDeny", ["aws:username"])
    context = [{"ContextKeyName": "aws:username", "ContextKeyValues": ["ana"], "ContextKeyType": "string"}]
    assert simulator.decisions("simulate_custom_policy", **asked, ContextEntries=context) == ["allowed"]


def test_a_resource_s_policy_counts(simulator: Simulator) -> None:
    simulator.people.role()
    policy = document(allow("s3:GetObject", resource=BUCKET, Principal={"AWS": APP}))
    asked = {"PolicySourceArn": APP, "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::movies/1"]}
    assert simulator.decisions("simulate_principal_policy", **asked, ResourcePolicy=policy) == ["allowed"]


def test_keys_that_policies_name(simulator: Simulator) -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    policy = document(allow("s3:*", resource="arn:aws:s3:::${aws:username}/*", Condition=condition))
    found = simulator.ask("get_context_keys_for_custom_policy", PolicyInputList=[policy])
    assert found == {"ContextKeyNames": ["aws:requestedregion", "aws:username"]}
    simulator.people.user(allow("s3:*", Condition=condition))
    found = simulator.ask("get_context_keys_for_principal_policy", PolicySourceArn=ANA)
    assert found == {"ContextKeyNames": ["aws:requestedregion"]}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"PolicySourceArn": f"arn:aws:iam::{A}:user/none", "ActionNames": ["s3:GetObject"]}, "NoSuchEntity"),
        ({"PolicySourceArn": ANA, "ActionNames": ["GetObject"]}, "InvalidInput"),
        ({"PolicySourceArn": ANA, "ActionNames": ["s3:GetObject"], "PolicyInputList": ["{}"]}, "InvalidInput"),
    ],
)
def test_what_can_not_be_simulated(simulator: Simulator, request_: dict[str, Any], code: str) -> None:
    simulator.people.user()
    with pytest.raises(AwsError) as refused:
        simulator.ask("simulate_principal_policy", **request_)
    assert refused.value.code == code

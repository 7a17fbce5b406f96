"""What the copies of another project's tests send in place of what AWS refuses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from netflux.policy import grammar
from tests.suites import substitutes


def meant(text: str, service: str = "iam") -> str:
    return ast.unparse(substitutes.meant(ast.parse(text), service))


def test_what_stands_for_a_policy_becomes_one() -> None:
    grammar.trust(substitutes.TRUST)
    grammar.identity(substitutes.IDENTITY, managed=True)
    written = meant("c.create_role(RoleName='r', AssumeRolePolicyDocument='some policy', Path='my-path')")
    assert substitutes.TRUST in written
    assert "Path='/my-path/'" in written


@pytest.mark.parametrize(
    "text",
    [
        "with pytest.raises(ClientError):\n    c.create_role(AssumeRolePolicyDocument='some policy', Path='my-path')",
        """c.put_role_policy(PolicyDocument='{"Statement": []}')""",
        "c.put_role_policy(PolicyDocument=document)",
    ],
)
def test_what_is_to_be_refused_or_is_meant_stays(text: str) -> None:
    assert meant(text) == ast.unparse(ast.parse(text))


def test_hosted_zones_have_a_reference_each_where_none_is_looked_at() -> None:
    made = "def test():\n    c.create_hosted_zone(Name='a.', CallerReference='foo')"
    assert "'foo'" not in meant(made, "route53")
    looked_at = f"{made}\n    assert z['CallerReference'] == 'foo'"
    assert meant(looked_at, "route53") == ast.unparse(ast.parse(looked_at))


def test_other_services_tests_stay() -> None:
    text = "c.create_subnet(Path='my-path')"
    assert meant(text, "ec2") == ast.unparse(ast.parse(text))


def test_a_chain_ends_with_its_first_certificate(tmp_path: Path) -> None:
    one = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    (tmp_path / "ca.pem").write_text(one + one)
    substitutes.mend_files(tmp_path)
    assert (tmp_path / "ca.pem").read_text() == one

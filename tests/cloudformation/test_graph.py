from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.cloudformation.graph import circular, needs
from netflux.cloudformation.template import parse
from netflux.errors import AwsError


def test_references_and_depends_on_are_told_apart() -> None:
    template = parse("""
Parameters: {P: {Type: String, Default: x}}
Resources:
  A: {Type: T, Properties: {X: !Ref B, Y: !Sub "${C.Arn} ${P} ${!D}", Z: [!GetAtt E.Id]}, DependsOn: [F, B]}
  B: {Type: T}
  C: {Type: T}
  D: {Type: T}
  E: {Type: T}
  F: {Type: T}
""")
    found = needs(template, template.resources)["A"]
    assert found.named == {"F", "B"}
    assert found.referred == {"C", "E"}


def test_what_a_condition_leaves_out_is_not_waited_for() -> None:
    template = parse("Resources:\n  A: {Type: T, DependsOn: B}\n  B: {Type: T}\n")
    assert needs(template, {"A": None})["A"].all == frozenset()


def test_a_circle_is_named_without_what_leads_to_it() -> None:
    template = parse("""
Resources:
  A: {Type: T, Properties: {X: !Ref B}}
  B: {Type: T, DependsOn: A}
  Outside: {Type: T, Properties: {X: !Ref A}}
""")
    with pytest.raises(AwsError, match=r"Circular dependency between resources: \[A, B\]"):
        needs(template, template.resources)


def test_depends_on_nothing_is_named() -> None:
    template = parse("Resources:\n  A: {Type: T, DependsOn: Lost}\n")
    with pytest.raises(AwsError, match=r"Unresolved resource dependencies \[Lost\]"):
        needs(template, template.resources)


@given(st.dictionaries(st.integers(0, 9).map(str), st.frozensets(st.integers(0, 9).map(str)), max_size=10))
def test_edges_that_only_go_up_never_make_a_circle(edges: dict[str, frozenset[str]]) -> None:
    upwards = {name: frozenset(to for to in others if to > name) for name, others in edges.items()}
    assert circular(upwards) == []

"""The one service that all nouns' handlers make."""

from __future__ import annotations

from collections import defaultdict

from netflux.aws.ec2.api import Ec2Api


def test_no_two_classes_of_handlers_have_a_method_of_one_name() -> None:
    """They become one class: the one's method would be called for the other's."""
    owners: dict[str, list[str]] = defaultdict(list)
    for one in Ec2Api.__mro__[1:]:
        for name in vars(one):
            if not name.startswith("__"):
                owners[name].append(one.__name__)
    assert {name: found for name, found in owners.items() if len(found) > 1} == {}

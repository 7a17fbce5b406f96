"""YAML within limits: the same values as PyYAML's safe loader where that is safe, and a refusal elsewhere."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netflux.decoding.limits import Exceeded, Limits, Malformed
from netflux.decoding.yaml import Alias, decode


class Loader(yaml.SafeLoader):
    """Without time stamps and without what is no number in JSON."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(("timestamp", "merge"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def plain(text: str, limits: Limits | None = None) -> Any:
    return decode(text, limits or Limits(), lambda name, value: {name: value})


@given(st.text("0123456789_-+.:xbeEa~nulyso", min_size=1, max_size=7))
def test_a_scalar_is_what_pyyaml_makes_of_it(text: str) -> None:
    try:
        wanted = yaml.load(f"- [{text!r}]\n- {text}", Loader)
    except (yaml.YAMLError, ValueError):
        return
    if isinstance(wanted[1], dict | list) or "nan" in text.lower():
        return
    found = plain(f"- [{text!r}]\n- {text}")
    assert found == wanted
    assert type(found[1]) is type(wanted[1])


@pytest.mark.parametrize(
    ("text", "kind"),
    [("- &a [*a]", Alias), ("a: &a b\nc: *a", Alias), ("[" * 50_000, Exceeded), ("[" + "1," * 300_000 + "1]", Exceeded),
     ("a: !!python/object/apply:os.system [x]", Malformed), ("--- a\n--- b", Malformed),
     ("? [a]\n: b", Malformed), ("<<: {a: b}", Malformed), ("a: \0", Malformed), ("\ud800", Malformed),
     ("a: [", Malformed)],
)  # fmt: skip
def test_what_is_dangerous_or_no_yaml_is_refused_at_once(text: str, kind: type[Malformed]) -> None:
    began = time.process_time()
    with pytest.raises(kind):
        plain(text)
    assert time.process_time() - began < 2


def test_numbers_longer_than_any_stay_text() -> None:
    assert plain("- " + "9" * 5000) == ["9" * 5000]
    assert plain("- 1" + ":1" * 5000) == ["1" + ":1" * 5000]


def test_a_tag_of_the_documents_own_is_asked_for() -> None:
    assert plain("a: !Ref b\nc: !Sub [d, {e: f}]") == {"a": {"Ref": "b"}, "c": {"Sub": ["d", {"e": "f"}]}}

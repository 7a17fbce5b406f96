"""Tags in a service's own words."""

import pytest

from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError

TAGGER = Tagger("InvalidParameterValue", "TagLimitExceeded", most=2)


def test_tags_are_read_and_shown_as_they_were_given() -> None:
    given = [{"Key": "a", "Value": "1"}, {"Key": "b"}]
    assert TAGGER.read(given) == {"a": "1", "b": ""}
    assert TAGGER.shown(TAGGER.read(given)) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([{"Key": "aws:x", "Value": ""}], "InvalidParameterValue"),
        ([{"Key": "AWS:x", "Value": ""}], "InvalidParameterValue"),
        ([{"Key": "a", "Value": ""}, {"Key": "a", "Value": "2"}], "InvalidParameterValue"),
        ([{"Key": str(number), "Value": ""} for number in range(3)], "TagLimitExceeded"),
    ],
)
def test_what_no_user_may_tag_is_refused(given: list[dict[str, str]], code: str) -> None:
    with pytest.raises(AwsError) as refused:
        TAGGER.read(given)
    assert refused.value.code == code


def test_the_regions_own_tags_do_not_count() -> None:
    assert TAGGER.read([{"Key": "aws:x", "Value": ""}], own=True) == {"aws:x": ""}
    assert TAGGER.merged({"aws:x": "", "a": "1", "b": "2"}, {"b": "3"}) == {"aws:x": "", "a": "1", "b": "3"}
    with pytest.raises(AwsError):
        TAGGER.merged({"a": "1", "b": "2"}, {"c": "3"})


def test_where_case_is_ignored_a_key_stands_once_and_replaces_its_other_spelling() -> None:
    tagger = Tagger("Invalid", "TooMany", ignores_case=True)
    with pytest.raises(AwsError, match="'team' stands twice"):
        tagger.read([{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}])
    assert tagger.merged({"Team": "a", "Stage": "b"}, {"team": "c"}) == {"Stage": "b", "team": "c"}
    assert Tagger("Invalid", "TooMany").merged({"Team": "a"}, {"team": "c"}) == {"Team": "a", "team": "c"}

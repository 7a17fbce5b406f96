"""Pages and their tokens."""

import pytest

from netflux.controlplane.records.paging import number, page
from netflux.errors import AwsError

REFUSAL = AwsError("InvalidNextToken", "no")


def test_pages_follow_each_other_to_the_end() -> None:
    items, seen, token = list(range(7)), list[int](), ""
    while True:
        shown, token = page(items, token, 3, REFUSAL)
        seen += shown
        if not token:
            break
    assert seen == items


@pytest.mark.parametrize("token", ["nonsense", "-1", "²", "9" * 5_000, " 1", "1\n", "eyJ4IjogMX0=", "\x00", "1.0", "٣"])
def test_a_token_that_no_answer_gave_is_refused(token: str) -> None:
    assert number(token) is None
    with pytest.raises(AwsError) as told:
        page([1, 2], token, 1, REFUSAL)
    assert told.value is REFUSAL


@pytest.mark.parametrize("size", [0, -1])
def test_a_page_has_at_least_one_entry(size: int) -> None:
    with pytest.raises(AwsError):
        page([1, 2], None, size, REFUSAL)

"""Pages of a hosted zone."""

from typing import Any

from netflux.network.recordsets import record_sets


class Pages:
    """A zone whose record sets come one at a time; two have one name and type."""

    sets = ({"Name": "a.", "Type": "A", "SetIdentifier": "1"}, {"Name": "a.", "Type": "A", "SetIdentifier": "2"})

    async def call(self, _service: str, _operation: str, params: Any) -> dict[str, Any]:
        if params.get("StartRecordIdentifier") == "2":
            return {"ResourceRecordSets": [self.sets[1]], "IsTruncated": False}
        following = {"NextRecordName": "a.", "NextRecordType": "A", "NextRecordIdentifier": "2"}
        return {"ResourceRecordSets": [self.sets[0]], "IsTruncated": True, **following}


async def test_the_next_page_begins_with_the_record_set_that_is_told_also_among_equals() -> None:
    assert await record_sets(Pages(), "Z1") == [*Pages.sets]

"""EC2's filters and pages.

"Filtering considerations", Amazon EC2 user guide: filters are joined by AND, the values of one by OR; names and values
are case-sensitive; `*` stands for any characters, `?` for one, and a backslash takes the meaning of either away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from netflux import expressions
from netflux.aws.ec2.nouns import Noun
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError

T = TypeVar("T")
Condition = Mapping[str, Any]
Value = str | int | bool | None
Read = Callable[[Any], Iterable[Value] | Value]
"""What a record has, of one filter: one value or several."""

_MOST = 1000
_WILDCARDS = {r"\*": r"\*", r"\?": r"\?", r"\\": r"\\", "*": ".*", "?": "."}
_WILD = frozenset("*?\\")


@dataclass(frozen=True)
class Filters(Generic[T]):
    """The filters of one Describe operation.

    Attributes:
        read: by the filter's name, what a record has.
        tags: of a record; nothing where the operation has no filters for tags.
        indexed: by the filter's name, the index of the table that answers for it, when the values have no wildcards.
    """

    read: Mapping[str, Read]
    tags: Callable[[T], Mapping[str, str]] | None = None
    indexed: Mapping[str, str] = field(default_factory=dict)

    def passing(self, records: Iterable[T], conditions: Sequence[Condition] | None) -> list[T]:
        """The records that pass every condition.

        Raises:
            AwsError: a filter has no such name, or no values.
        """
        tests = [(self._reader(one["Name"]), _values(one)) for one in conditions or () if _named(one)]
        return [record for record in records if all(_fits(read(record), values) for read, values in tests)]

    def found(
        self,
        documents: Documents,
        noun: Noun[T],
        identities: Iterable[str] | None,
        conditions: Sequence[Condition] | None,
    ) -> list[T]:
        """The records of the ids, or all, that pass every condition; an index is used where there is one.

        Raises:
            AwsError: an id or a filter's name is not there.
        """
        given = [*(identities or ())]
        records = noun.named(documents, given) if given else self._narrowed(documents, noun, conditions or ())
        return self.passing(records, conditions)

    def _narrowed(self, documents: Documents, noun: Noun[T], conditions: Sequence[Condition]) -> Iterable[T]:
        table = noun.table(documents)
        for one in conditions:
            index = self.indexed.get(one.get("Name") or "")
            values = one.get("Values") or ()
            if index is not None and not any(_WILD & set(value) for value in values):
                return [record for value in dict.fromkeys(values) for record in table.where(index, value)]
        return table

    def _reader(self, name: str) -> Read:
        if name in self.read:
            return self.read[name]
        if self.tags is not None:
            tags = self.tags
            if name == "tag-key":
                return lambda record: [*tags(record)]
            if name == "tag-value":
                return lambda record: [*tags(record).values()]
            if name.startswith("tag:"):
                return lambda record: tags(record).get(name.removeprefix("tag:"))
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")


def page(request: Mapping[str, Any], items: Sequence[Any], member: str, least: int = 1) -> dict[str, Any]:
    """The answer of a Describe operation: one page of the items, and the token of the next one.

    Args:
        request: with MaxResults and NextToken.
        items: all that were found.
        member: of the answer.
        least: that MaxResults may be.
    """
    size = request.get("MaxResults")
    if size is not None and not least <= size <= _MOST:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value between {least} and {_MOST}.",
        )
    refusal = AwsError("InvalidNextToken", "The specified NextToken is not valid.")
    shown, token = paging.page(items, request.get("NextToken"), size or max(len(items), 1), refusal)
    return {member: shown, **({"NextToken": token} if token else {})}


def _named(condition: Condition) -> bool:
    if not condition.get("Name"):
        raise AwsError("MissingParameter", "The request must contain the parameter Filter.Name")
    return True


def _values(condition: Condition) -> Sequence[str]:
    if condition.get("Values") is None:
        raise AwsError("InvalidParameterValue", f"The filter '{condition['Name']}' has no values.")
    values: Sequence[str] = condition["Values"]
    return values


def _fits(have: Iterable[Value] | Value, wanted: Sequence[str]) -> bool:
    several = [have] if have is None or isinstance(have, str | int | bool) else have
    texts = {_text(one) for one in several if one is not None}
    return any((_like(texts, value) if _WILD & set(value) else value in texts) for value in wanted)


def _like(texts: Iterable[str], value: str) -> bool:
    return any(expressions.like(text, value, _WILDCARDS) for text in texts)


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

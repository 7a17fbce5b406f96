"""Whether a batch of changes is valid, and what it makes of a hosted zone. Pure.

API reference, ChangeResourceRecordSets; developer guide, "Choosing a routing policy" and "Supported DNS record types".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from netflux.aws.route53 import values
from netflux.errors import AwsError
from netflux.resources.route53 import domain
from netflux.resources.route53.hostedzone import HostedZone
from netflux.resources.route53.recordset import RecordSet

CREATE, DELETE, UPSERT = "CREATE", "DELETE", "UPSERT"
_MOST_RECORDS = 1000
_MOST_CHARACTERS = 32_000
_MOST_VALUES = 400  # values of a record set [Route 53 quotas]
MOST_RECORD_SETS = 10_000
"""Of a hosted zone [Route 53 quotas]."""
_UNIQUE = frozenset({"CNAME", "SOA"})
_NEVER_ALIAS = frozenset({"NS", "SOA"})


@dataclass(frozen=True)
class Step:
    """One change of a batch."""

    action: str
    record: RecordSet


@dataclass(frozen=True)
class Surroundings:
    """What a batch is held against.

    Attributes:
        zone: the hosted zone.
        at: its record sets of a canonical name.
        count: of all its record sets.
        problem: what is wrong with an alias that leads out of the zone; empty when nothing is.
    """

    zone: HostedZone
    at: Callable[[str], Sequence[RecordSet]]
    count: int
    problem: Callable[[RecordSet], str]


class _Working:
    """The zone's names as the batch leaves them."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._names: dict[str, dict[str, RecordSet]] = {}

    def at(self, name: str) -> dict[str, RecordSet]:
        if name not in self._names:
            self._names[name] = {record.key: record for record in self._around.at(name)}
        return self._names[name]

    def touched(self) -> list[str]:
        return [*self._names]


def decide(steps: Sequence[Step], around: Surroundings) -> tuple[list[RecordSet], list[RecordSet]]:
    """The record sets that the batch puts, and those that it deletes.

    Raises:
        AwsError: InvalidChangeBatch with all that is wrong; nothing of the batch is done then.
    """
    _measure(steps)
    working = _Working(around)
    wrong = [said for step in steps for said in _apply(step, working, around.zone)]
    names = working.touched()
    wrong += [said for name in names for said in _whole(name, working, around)]
    if wrong:
        raise refused(wrong)
    before = {record.key: record for name in names for record in around.at(name)}
    after = {record.key: record for name in names for record in working.at(name).values()}
    if around.count + len(after) - len(before) > MOST_RECORD_SETS:
        raise refused([f"Number of record sets limit of {MOST_RECORD_SETS} exceeded."])
    puts = [record for key, record in after.items() if before.get(key) != record]
    return puts, [record for key, record in before.items() if key not in after]


def refused(wrong: Sequence[str]) -> AwsError:
    """The refusal with all that is wrong with the batch."""
    return AwsError("InvalidChangeBatch", f"[{', '.join(dict.fromkeys(wrong))}]")


def _measure(steps: Sequence[Step]) -> None:
    twice = [(2 if step.action == UPSERT else 1, step.record) for step in steps]
    if sum(times * len(record.values) for times, record in twice) > _MOST_RECORDS:
        raise AwsError("InvalidChangeBatch", f"Number of records limit of {_MOST_RECORDS} exceeded.")
    if sum(times * sum(map(len, record.values)) for times, record in twice) > _MOST_CHARACTERS:
        raise AwsError("InvalidChangeBatch", f"Number of characters limit of {_MOST_CHARACTERS} exceeded.")


def _apply(step: Step, working: _Working, zone: HostedZone) -> Iterator[str]:
    record = step.record
    if not domain.within(record.name, zone.name):
        yield f"RRSet with DNS name {record.name} is not permitted in zone {zone.name}"
        return
    there = working.at(record.name)
    found = there.get(record.key)
    if step.action == DELETE:
        if found is None:
            yield f"Tried to delete resource record set {_named(record)} but it was not found"
        elif not _same(found, record):
            named = _named(record)
            yield f"Tried to delete resource record set {named} but the values provided do not match the current values"
        else:
            del there[record.key]
        return
    wrong = [*_values(record)]
    yield from wrong
    if step.action == CREATE and found is not None:
        yield f"Tried to create resource record set {_named(record)} but it already exists"
    elif not wrong:
        there[record.key] = record


def _same(one: RecordSet, other: RecordSet) -> bool:
    """Whether all values are the same; their order is none."""
    return _sorted(one) == _sorted(other)


def _sorted(record: RecordSet) -> tuple[object, ...]:
    told = record.ttl, record.alias, record.weight, record.multivalue
    return (*told, sorted(_value(record.type, value) for value in record.values))


def _value(kind: str, value: str) -> str:
    return domain.compared(value) if kind in ("CNAME", "NS", "PTR") else value


def _values(record: RecordSet) -> Iterator[str]:
    if len(record.values) > _MOST_VALUES:
        yield f"Number of values limit of {_MOST_VALUES} exceeded in RRSet {_named(record)}."
        return
    for value, times in Counter(record.values).items():
        if times > 1:
            yield f"Duplicate Resource Record: '{value}'"
        said = values.problem(record.type, value)
        if said:
            yield said
    if record.type in _UNIQUE and len(record.values) > 1:
        yield f"RRSet of type {record.type} with DNS name {record.name} must have exactly one value"
    if record.alias is not None and record.type in _NEVER_ALIAS:
        yield f"RRSet of type {record.type} with DNS name {record.name} can't be an alias"
    if record.alias is not None and record.multivalue:
        yield f"RRSet with DNS name {record.name}, type {record.type} can't be both an alias and a multivalue answer"
    if record.multivalue and record.type in ("CNAME", "NS"):
        yield f"RRSet of type {record.type} with DNS name {record.name} can't be a multivalue answer"


def _whole(name: str, working: _Working, around: Surroundings) -> Iterator[str]:
    """What is wrong with a name once the whole batch is done."""
    records, zone = [*working.at(name).values()], around.zone
    types = {record.type for record in records}
    if name == zone.name:
        yield from _apex(records, zone)
    elif "SOA" in types:
        yield f"RRSet of type SOA with DNS name {name} is only permitted at apex in zone {zone.name}"
    if "CNAME" in types and len(types) > 1 and name != zone.name:
        old = {record.type for record in around.at(name)}
        if "CNAME" in old:
            for kind in sorted(types - {"CNAME"}):
                yield (
                    f"RRSet of type {kind} with DNS name {name} is not permitted because a conflicting RRSet of type "
                    f"CNAME with the same DNS name already exists in zone {zone.name}"
                )
        else:
            yield (
                f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with "
                f"the same DNS name in zone {zone.name}"
            )
    for kind in sorted(types):
        yield from _mixed(name, [record for record in records if record.type == kind])
    for record in records:
        if record.alias is not None and record not in around.at(name):
            yield from _alias(record, working, around)


def _apex(records: Sequence[RecordSet], zone: HostedZone) -> Iterator[str]:
    if not any(record.type == "NS" for record in records):
        yield "A HostedZone must contain at least one NS record for the zone itself."
    if sum(record.type == "SOA" for record in records) != 1:
        yield "A HostedZone must contain exactly one SOA record."
    if any(record.type == "CNAME" for record in records):
        yield f"RRSet of type CNAME with DNS name {zone.name} is not permitted at apex in zone {zone.name}"


def _mixed(name: str, records: Sequence[RecordSet]) -> Iterator[str]:
    """A name and type has one record set, or several with one routing policy."""
    policies = {(record.weight is not None, record.multivalue) for record in records}
    if len(policies) < 2:
        return
    kind = records[0].type
    simple = any(not record.identifier for record in records)
    routed = next(record for record in records if record.identifier)
    if simple and not routed.multivalue:
        which = f"RRSet with DNS name {name}, type {kind}"
        yield f"{which} cannot be created as other RRSets exist with the same name and type."
        return
    what = "multivalue answer" if routed.multivalue else "weighted"
    yield (
        f"RRSet with DNS name {name}, type {kind}, SetIdentifier {routed.identifier} cannot be created because a non "
        f"{what} rrset exists with the same name and type."
    )


def _alias(record: RecordSet, working: _Working, around: Surroundings) -> Iterator[str]:
    alias = record.alias
    if alias is None:
        return
    if alias.zone != around.zone.id:
        said = around.problem(record)
        if said:
            yield said
        return
    start = f"Tried to create an alias that targets {alias.name}, type {record.type} in zone {alias.zone}, but"
    if not domain.within(alias.name, around.zone.name):
        yield f"{start} the alias target name does not lie within the target zone"
        yield f"{start} that target was not found"
    elif not any(one.type == record.type and one is not record for one in working.at(alias.name).values()):
        yield f"{start} that target was not found"


def _named(record: RecordSet) -> str:
    identifier = f", set-identifier='{record.identifier}'" if record.identifier else ""
    return f"[name='{record.name}', type='{record.type}'{identifier}]"

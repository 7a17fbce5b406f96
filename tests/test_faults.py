"""What is told is what is the case now."""

from netflux.faults import MOST, Faults


def test_a_fault_is_told_while_it_lasts_and_keeps_the_time_of_its_beginning() -> None:
    faults = Faults()
    faults.tell("disk", "/s", "full", "make room")
    (first,) = faults.list()
    faults.tell("disk", "/s", "fuller", "make room")
    (again,) = faults.list()
    assert (again.message, again.since) == ("fuller", first.since)
    faults.clear("disk", "/other")
    assert len(faults.list()) == 1
    faults.clear("disk", "/s")
    assert [*faults.list()] == []


def test_thousands_of_one_kind_are_counted_and_hide_no_other() -> None:
    faults = Faults()
    for number in range(5000):
        faults.tell("file", str(number), f"file {number} is missing")
    faults.tell("disk", "/s", "full")
    told = [fault.message for fault in faults.list()]
    assert len(told) == MOST + 2
    assert "full" in told
    assert f"There are {5000 - MOST} more faults like this: file 4999 is missing" in told

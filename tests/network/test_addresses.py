"""Which addresses are given."""

from __future__ import annotations

import ipaddress

from netflux.network import addresses


def test_the_first_four_and_the_last_address_of_a_subnet_are_never_given() -> None:
    given: list[str] = []
    while (address := addresses.vpc_address("10.0.1.0/28", "ecs/task/1", given.__contains__)) is not None:
        given.append(address)
    assert sorted(given, key=ipaddress.ip_address) == [f"10.0.1.{n}" for n in range(4, 15)]


def test_an_owner_gets_the_same_address_again_while_it_is_free() -> None:
    first = addresses.vpc_address("10.0.3.0/24", "rds/a", [].__contains__)
    assert first == addresses.vpc_address("10.0.3.0/24", "rds/a", [].__contains__)
    assert first != addresses.vpc_address("10.0.3.0/24", "rds/a", [first or ""].__contains__)


def test_a_subnet_without_room_gives_none() -> None:
    assert addresses.vpc_address("10.0.1.0/30", "x", [].__contains__) is None


def test_offsets_go_around_and_skip_what_is_taken_and_the_ends_of_each_row() -> None:
    assert addresses.offset(addresses.FIRST_OFFSET - 1, [].__contains__) == addresses.FIRST_OFFSET
    assert addresses.offset(10, [11, 12].__contains__) == 13
    assert addresses.offset(254, [].__contains__) == 257
    assert addresses.offset(addresses.LAST_OFFSET, [].__contains__) == addresses.FIRST_OFFSET


def test_local_addresses_lie_in_the_block() -> None:
    assert addresses.local_address(70, 258) == "127.70.1.2"

"""Subordinate ids: whose they are, and how they are mapped."""

from __future__ import annotations

from netflux.runtime.subordinate import Range, arguments, environment, free, ranges

_FILE = """# handed out by hand
anna:100000:65536
bert:165536:65536
1001:231072:65536
anna:400000:10
anna:many:10
broken
"""


def test_ranges_are_found_by_name_and_by_number_in_the_files_order() -> None:
    assert ranges(_FILE, ("anna", "1000")) == [Range(100000, 65536), Range(400000, 10)]
    assert ranges(_FILE, ("carl", "1001")) == [Range(231072, 65536)]
    assert ranges(_FILE, ("nobody", "65534")) == []


def test_a_user_is_root_and_the_ranges_follow() -> None:
    assert arguments(1000, [Range(100000, 65536), Range(400000, 10)]) == [
        *("0", "1000", "1"),
        *("1", "100000", "65536"),
        *("65537", "400000", "10"),
    ]


def test_what_is_proposed_is_nobodys() -> None:
    assert free(_FILE) == 400010
    assert free("") == 100000


def test_podman_is_told_what_podman_unshare_tells() -> None:
    assert environment(1000, 100) == {
        "_CONTAINERS_USERNS_CONFIGURED": "done",
        "_CONTAINERS_ROOTLESS_UID": "1000",
        "_CONTAINERS_ROOTLESS_GID": "100",
    }

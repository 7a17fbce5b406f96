"""The system calls of podman's containers."""

from __future__ import annotations

import json

from netflux.runtime import filter as refusal
from netflux.runtime import profile

WIDE = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "defaultErrnoRet": 38,
    "syscalls": [
        {"names": ["read", "mount", "unshare", "clone", "clone3", "socket", "keyctl"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
    ],
}


def allowed(text: str | None) -> dict[str, list[object]]:
    assert text is not None
    rules = [rule for rule in json.loads(text)["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    return {
        name: [one.get("args") for one in rules if name in one["names"]] for rule in rules for name in rule["names"]
    }


def test_what_is_refused_to_processes_is_refused_to_containers() -> None:
    found = allowed(profile.stricter(json.dumps(WIDE)))
    assert set(found) == {"read", "clone", "socket"}
    assert not set(found) & set(refusal.REFUSED)


def test_a_clone_makes_no_namespace_and_a_socket_leads_to_no_other_machine() -> None:
    found = allowed(profile.stricter(json.dumps(WIDE)))
    ((flags,),) = found["clone"]
    assert (flags["value"], flags["op"]) == (0x7E020080, "SCMP_CMP_MASKED_EQ")
    families = {rule[0]["value"] for rule in found["socket"]}
    assert families == {*range(46)} - {38, 40}


def test_a_profile_that_is_none_is_left_to_podman() -> None:
    assert profile.stricter("{") is None
    assert profile.stricter("[]") is None
    assert profile.stricter("{}") is None

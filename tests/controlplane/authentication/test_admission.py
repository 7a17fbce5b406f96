"""Who may ask, and what a browser's page is told by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netflux import names
from netflux.controlplane.authentication.admission import (
    MAIN,
    TASKS,
    Admission,
    Door,
    from_own_page,
    from_page,
    is_here,
)
from netflux.controlplane.authentication.keys import Key, Keys, well_known
from netflux.controlplane.authentication.signature import SignatureError, Signed
from netflux.controlplane.records.documents import Documents
from netflux.policy.evaluate import Principal, account_root
from tests.controlplane.plane import Plane
from tests.signing import signed

URL = "http://localhost:4566/"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def request(key: tuple[str, str], token: str = "", **more: str) -> Signed:
    headers = signed("ecs", URL, headers={"X-Amz-Security-Token": token} if token else {}, key=key)
    lower = {name.lower(): value for name, value in headers.items()}
    return Signed("POST", "/", {"host": "localhost:4566", **lower, **more}, EMPTY)


async def outcome(admission: Admission, asked: Signed, door: Door = MAIN) -> str:
    try:
        key = admission.identify(asked, door)
    except SignatureError as error:
        return error.code
    return key.principal.name if key is not None else "unsigned"


@pytest.fixture
def keys() -> Keys:
    found = Keys()
    found.add(well_known(names.ACCOUNT))
    return found


ROOT = account_root(names.ACCOUNT).name


async def test_the_pair_of_local_clouds_is_good_from_a_program_and_nowhere_else(keys: Keys) -> None:
    admission = Admission(keys, names.ACCOUNT)
    assert await outcome(admission, request(("test", "test"))) == ROOT
    assert await outcome(admission, request(("test", "guess"))) == "SignatureDoesNotMatch"
    assert await outcome(admission, request(("test", "test"), origin="https://evil.example")) == "AccessDenied"
    assert await outcome(admission, request(("test", "test"), **{"sec-fetch-site": "cross-site"})) == "AccessDenied"
    assert await outcome(admission, request(("test", "test")), TASKS) == "InvalidAccessKeyId"


async def test_a_key_that_nobody_issued_is_refused_unless_any_is_taken(keys: Keys) -> None:
    asked = request(("AKIAIOSFODNN7EXAMPLE", "x"))
    assert await outcome(Admission(keys, names.ACCOUNT), asked) == "InvalidAccessKeyId"
    lenient = Admission(keys, names.ACCOUNT, any_credentials=True)
    assert await outcome(lenient, asked) == ROOT
    assert await outcome(lenient, asked, TASKS) == "InvalidAccessKeyId"
    assert await outcome(lenient, request(("AKIAIOSFODNN7EXAMPLE", "x"), origin="null")) == "AccessDenied"
    issued = keys.issue(account_root(names.ACCOUNT))
    assert await outcome(lenient, request((issued.access_key, "guess"))) == "SignatureDoesNotMatch"


async def test_a_page_that_was_given_a_secret_may_use_it(keys: Keys) -> None:
    issued = keys.issue(account_root(names.ACCOUNT))
    asked = request((issued.access_key, issued.secret), origin="https://site.example")
    assert await outcome(Admission(keys, names.ACCOUNT), asked) == ROOT


async def test_a_session_needs_its_token_and_ends(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    role = Principal("AWS", "arn:aws:sts::1:assumed-role/r/s", "1")
    soon = datetime.now(UTC) + timedelta(hours=1)
    keys = Keys(documents)
    keys.remember(Key("ASIAONE", "s", role, {}, "token", datetime.now(UTC) - timedelta(seconds=1)))
    admission = Admission(keys, "1")
    assert await outcome(admission, request(("ASIAONE", "s"), "token")) == "ExpiredToken"
    keys.remember(Key("ASIATWO", "s", role, {}, "token", soon))
    admission = Admission(Keys(documents), "1")
    assert await outcome(admission, request(("ASIATWO", "s"), "token")) == role.name
    assert await outcome(admission, request(("ASIATWO", "s"), "other")) == "InvalidToken"
    assert await outcome(admission, request(("ASIATWO", "s"))) == "InvalidToken"
    assert await outcome(admission, request(("ASIAONE", "s"), "token")) == "InvalidAccessKeyId"
    documents.close()


async def test_a_users_key_is_good_while_it_is_active(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("iam", "CreateUser", {"UserName": "sam"})
    made = (await apis.call("iam", "CreateAccessKey", {"UserName": "sam"}))["AccessKey"]
    keys = plane.keys
    admission = Admission(keys, names.ACCOUNT)
    asked = request((made["AccessKeyId"], made["SecretAccessKey"]))
    assert await outcome(admission, asked) == f"arn:aws:iam::{names.ACCOUNT}:user/sam"
    assert await outcome(admission, request((made["AccessKeyId"], "guess"))) == "SignatureDoesNotMatch"
    for operation, more in (("UpdateAccessKey", {"Status": "Inactive"}), ("DeleteAccessKey", {})):
        await apis.call("iam", operation, {"UserName": "sam", "AccessKeyId": made["AccessKeyId"], **more})
        assert await outcome(admission, asked) == "InvalidAccessKeyId"


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost:4566", True), ("127.0.0.1:4566", True), ("[::1]:4566", True), ("b.s3.us-east-1.localhost", True),
        ("ecs.us-east-1.amazonaws.com", True), ("169.254.170.3:4566", True), ("LOCALHOST", True),
        ("evil.example", False), ("localhost.evil.example:4566", False), ("evillocalhost", False), ("", False),
        ("127.0.0.1.evil.example", False), ("amazonaws.com.evil.example", False), ("10.0.0.1", False),
        ("localhost:x", False),
    ],
)  # fmt: skip
def test_only_names_that_nobody_elses_dns_can_have_are_here(host: str, here: bool) -> None:
    assert is_here(host) is here


def test_a_page_is_told_from_a_program_and_from_a_person() -> None:
    assert not from_page({"host": "localhost"})
    assert not from_page({"sec-fetch-site": "none"})
    assert from_page({"origin": "null"})
    assert from_page({"sec-fetch-site": "same-origin"})
    own = {"host": "localhost:4566", "origin": "http://localhost:4566", "sec-fetch-site": "same-origin"}
    assert from_own_page(own)
    assert not from_own_page({**own, "origin": "http://localhost:3000"})
    assert not from_own_page({**own, "sec-fetch-site": "same-site"})
    assert not from_own_page({"host": "localhost:4566", "origin": "null"})


async def test_the_pair_that_everybody_knows_is_good_for_the_owner_alone(keys: Keys) -> None:
    admission = Admission(keys, names.ACCOUNT, by_owner=lambda peer: peer == "own")
    issued = keys.issue(account_root(names.ACCOUNT))
    for peer, expected in (("own", ROOT), ("other", "AccessDenied")):
        assert await outcome(admission, request(("test", "test"), **{"x-netflux-peer": peer})) == expected
        handed = request((issued.access_key, issued.secret), **{"x-netflux-peer": peer})
        assert await outcome(admission, handed) == ROOT

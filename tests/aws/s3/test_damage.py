"""Files of bodies that are not as they were written cost their own object, and are named; nothing is deleted."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.faults import Faults
from tests.aws.s3.conftest import ACCOUNT, REGION

CALL = Call("s3", "", REGION, ACCOUNT)
BODY = b"precious" * 1000


class Place:
    def __init__(self, state: Path) -> None:
        self.state = state
        self.faults = Faults()
        self.documents = Documents(state / "netflux.db")
        self.api = S3Api(Store(self.documents, Bodies(state / "objects", self.faults)), Clock())

    async def put(self, key: str) -> Path:
        """Stores an object; the file of its body."""
        if self.api.store.find_bucket("things") is None:
            await self.api.create_bucket(CALL, {"Bucket": "things"})
        await self.api.put_object(CALL, {"Bucket": "things", "Key": key, "Body": BODY})
        await self.api.store.small.settle()
        version = self.api.store.current("things", key)
        assert version is not None
        assert version.content is not None
        return self.api.store.bodies.path(version.content.body)

    async def get(self, key: str) -> bytes:
        body: bytes = (await self.api.get_object(CALL, {"Bucket": "things", "Key": key}))["Body"].read()
        return body

    def again(self) -> Place:
        """After a restart."""
        self.documents.close()
        return Place(self.state)


def truncate(file: Path) -> None:
    os.truncate(file, 10)


def replace(file: Path) -> None:
    """Same size, other bytes, as an editor or another program would leave it."""
    file.write_bytes(b"x" * len(BODY))
    stat = file.stat()
    os.utime(file, (stat.st_atime + 60, stat.st_mtime + 60))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (truncate, "has 10 bytes instead of 8000"),
        (Path.unlink, "is missing"),
        (replace, "has other bytes than were stored"),
    ],
)
async def test_a_damaged_body_is_an_error_that_names_it_and_no_other_object_is_concerned(
    tmp_path: Path, damage: object, words: str
) -> None:
    place = Place(tmp_path)
    file = await place.put("a")
    await place.put("b")
    assert callable(damage)
    damage(file)
    for operation in ("get_object", "copy_object"):
        request = {"Bucket": "things", "Key": "a", "CopySource": "things/a", "MetadataDirective": "REPLACE"}
        with pytest.raises(AwsError, match="The body of a is damaged"):
            await getattr(place.api, operation)(CALL, request)
    assert await place.get("b") == BODY
    assert [(words in fault.message, str(file) in fault.message) for fault in place.faults.list()] == [(True, True)]
    place = place.again()
    assert place.api.store.inspect(threading.Event()) == 1  # before anybody asks for it
    assert [words in fault.message for fault in place.faults.list()] == [True]
    await place.put("a")
    assert await place.get("a") == BODY
    assert [*place.faults.list()] == [], "it is passed when the object is written anew"
    place.documents.close()


async def test_a_damaged_body_can_be_deleted(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (await place.put("a")).unlink()
    assert place.api.store.inspect(threading.Event()) == 1
    await place.api.delete_object(CALL, {"Bucket": "things", "Key": "a"})
    assert [*place.faults.list()] == []
    place.documents.close()


async def test_a_copy_of_the_state_directory_is_not_taken_for_damage(tmp_path: Path) -> None:
    place = Place(tmp_path)
    file = await place.put("a")
    os.utime(file, (file.stat().st_atime + 9999, file.stat().st_mtime + 9999))
    assert place.api.store.inspect(threading.Event()) == 0
    assert await asyncio.to_thread(file.read_bytes) == BODY
    place.documents.close()


async def test_a_body_that_no_record_refers_to_is_set_aside_and_half_of_one_is_removed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await place.put("a")
    whole = tmp_path / "objects" / ("f" * 32)
    whole.write_bytes(b"somebody's")
    half = tmp_path / "objects" / ("e" * 32 + ".part")
    half.write_bytes(b"never acknowledged")
    place = place.again()
    assert not whole.exists()
    assert not half.exists()
    assert [file.read_bytes() for file in (tmp_path / "set-aside" / "objects").iterdir()] == [b"somebody's"]
    assert await place.get("a") == BODY
    place.documents.close()

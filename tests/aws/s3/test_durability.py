"""SIGKILL loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netflux.aws.s3 import body
from netflux.aws.s3.api import S3Api
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call
from netflux.controlplane.records import commitlog
from netflux.controlplane.records.documents import Documents
from tests.aws.s3.conftest import ACCOUNT, REGION, open_service

WRITER = """
import asyncio, os, sys
from pathlib import Path
from netflux.controlplane.call import Call
from netflux.controlplane.authentication.keys import Keys
from tests.aws.s3.conftest import open_service

async def main():
    api, _, _ = open_service(Path(sys.argv[1]), Keys())
    call = Call("s3", "PutObject", "us-east-1", "000000000000")
    await api.create_bucket(call, {"Bucket": "things"})
    for number in range(10_000):
        await api.put_object(call, {"Bucket": "things", "Key": f"k{number % 50}", "Body": f"{number}:".encode() * 5000})
        os.write(1, f"{number}\\n".encode())

asyncio.run(main())
"""


def killed(state: Path) -> int:
    """Runs the writer, kills it in the middle of its work; the last number that it acknowledged."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(state)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], bufsize=0
    )
    assert writer.stdout is not None
    acknowledged = -1
    with writer.stdout as lines:
        while acknowledged < 120:
            acknowledged = int(lines.readline())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = int([str(acknowledged), *lines.read().decode().split()][-1])
    writer.wait()
    return acknowledged


async def test_acknowledged_objects_survive_sigkill(tmp_path: Path) -> None:
    state = tmp_path / "state"
    acknowledged = await asyncio.to_thread(killed, state)
    api, _, documents = open_service(state, Keys())
    call = Call("s3", "GetObject", REGION, ACCOUNT)
    for number in range(max(0, acknowledged - 48), acknowledged + 1):
        got = await api.get_object(call, {"Bucket": "things", "Key": f"k{number % 50}"})
        stored = int(got["Body"].read().split(b":")[0])
        assert stored in {number, acknowledged + 1}
        assert got["Body"].read() == f"{stored}:".encode() * 5000
    documents.close()


CALL = Call("s3", "", REGION, ACCOUNT)
SMALL = b"small" * 1000


async def _put(state: Path) -> tuple[S3Api, Documents, Path]:
    """A small object whose file is not synced, and the file."""
    api, _, documents = open_service(state, Keys())
    if api.store.find_bucket("things") is None:
        await api.create_bucket(CALL, {"Bucket": "things"})
    await api.put_object(CALL, {"Bucket": "things", "Key": "k", "Body": SMALL})
    version = api.store.current("things", "k")
    assert version is not None
    assert version.content is not None
    return api, documents, api.store.bodies.path(version.content.body)


async def _found(state: Path) -> bytes:
    api, _, documents = open_service(state, Keys())
    got: bytes = (await api.get_object(CALL, {"Bucket": "things", "Key": "k"}))["Body"].read()
    assert not documents.has_blob("s3/")
    documents.close()
    return got


@pytest.mark.parametrize("left", [None, b"", SMALL[:7], b"x" * len(SMALL)])
async def test_a_small_body_is_there_after_a_power_failure_whatever_became_of_its_file(
    tmp_path: Path, left: bytes | None
) -> None:
    _, documents, file = await _put(tmp_path)
    documents.close()
    file.unlink() if left is None else file.write_bytes(left)
    assert await _found(tmp_path) == SMALL
    assert await _found(tmp_path) == SMALL


async def test_a_part_of_an_upload_is_there_after_a_power_failure(tmp_path: Path) -> None:
    api, documents, _ = await _put(tmp_path)
    upload = {"Bucket": "things", "Key": "k"}
    upload["UploadId"] = (await api.create_multipart_upload(CALL, upload))["UploadId"]
    part = await api.upload_part(CALL, {**upload, "PartNumber": 1, "Body": b"part"})
    kept = api.store.parts_of(upload["UploadId"])[0].body
    documents.close()
    (tmp_path / "objects" / kept).unlink()
    api, _, documents = open_service(tmp_path, Keys())
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    await api.complete_multipart_upload(CALL, {**upload, "MultipartUpload": parts})
    documents.close()
    assert await _found(tmp_path) == b"part"


async def test_a_small_object_costs_one_sync_and_its_file_is_synced_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, documents, _ = await _put(tmp_path)
    documents.close()
    syncs: list[str] = []
    monkeypatch.setattr(commitlog.os, "fdatasync", lambda _: syncs.append("log"))
    monkeypatch.setattr(body.os, "fsync", lambda _: syncs.append("file or folder"))
    api, documents, _ = await _put(tmp_path)
    opened = syncs.index("log")
    assert syncs[opened:].count("log") == 2  # the copies that were left are dropped, and the object is put
    assert "file or folder" not in syncs[opened:]
    assert documents.has_blob("s3/")
    await api.store.small.settle()
    assert syncs[-3:] == ["file or folder", "file or folder", "log"]
    assert not documents.has_blob("s3/")
    documents.close()


async def test_a_file_that_the_disk_does_not_take_stays_in_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, documents, file = await _put(tmp_path)

    def refuse(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(body.os, "fsync", refuse)
        await api.store.small.settle()
    assert documents.has_blob("s3/")
    documents.close()
    file.unlink()
    assert await _found(tmp_path) == SMALL


async def test_an_object_that_is_refused_or_deleted_leaves_nothing_of_its_body(tmp_path: Path) -> None:
    api, documents, file = await _put(tmp_path)
    with pytest.raises(Exception, match="PreconditionFailed"):
        await api.put_object(CALL, {"Bucket": "things", "Key": "k", "Body": b"other", "IfNoneMatch": "*"})
    assert not api.store.bodies.unsynced
    await api.delete_object(CALL, {"Bucket": "things", "Key": "k"})
    assert not file.exists()
    await api.store.small.settle()
    assert not documents.has_blob("s3/")
    assert not [*(tmp_path / "objects").iterdir()]
    documents.close()

"""aws-chunked framing, documents and files: whatever is in them, reading ends and says what it found."""

from __future__ import annotations

import asyncio
import gzip
import os
from functools import partial

import pytest
from botocore.exceptions import ClientError

from netflux.aws.s3 import reception
from netflux.aws.s3.framing import Framing, unchunk
from netflux.errors import AwsError
from tests.aws.s3.conftest import Running
from tests.aws.s3.test_service import raw
from tests.decoding import malformed
from tests.signing import signed

_HELLO = Framing(5)
_SUMMED = Framing(5, frozenset({"x-amz-checksum-crc32"}))
_LONGEST = 10.0
"""Seconds within which each of these ends; they take milliseconds."""


async def _unchunked(body: bytes, framing: Framing = _HELLO) -> tuple[bytes, dict[str, str]]:
    stream = asyncio.StreamReader()
    stream.feed_data(body)
    stream.feed_eof()
    trailers: dict[str, str] = {}
    async with asyncio.timeout(_LONGEST):
        whole = b"".join([piece async for piece in unchunk(stream, framing, trailers)])
    return whole, trailers


async def test_framing_is_taken_off_and_trailers_are_told() -> None:
    assert await _unchunked(b"2;chunk-signature=ab\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n") == (b"hello", {})
    assert await _unchunked(b"5\r\nhello\r\n0\r\n") == (b"hello", {})
    assert await _unchunked(b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32: NhCmhg==\r\n\r\n", _SUMMED) == (
        b"hello",
        {"x-amz-checksum-crc32": "NhCmhg=="},
    )
    assert await _unchunked(b"0\r\n\r\n", Framing(0)) == (b"", {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"0_5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        "\N{ARABIC-INDIC DIGIT FIVE}\r\nhello\r\n0\r\n\r\n".encode(),
        b"\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\n0\n\n",
        b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        b"ffffffff\r\nhello",
        b"5;" + b"a" * 200_000 + b"\r\nhello\r\n0\r\n\r\n",
        b"5" * 200_000,
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhello\r\n",
        b"5\r\nhel",
        b"4\r\nhell\r\n0\r\n\r\n",
        b"6\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\nmore",
        b"5\r\nhello\r\n0\r\n\r\n\r\n",
        b"5\r\nhello\r\n0\r\na:b\r\n\r\n",
        b"5\r\nhello\r\n0\r\n" + b"a:b\r\n" * 100_000,
        b"5\r\nhello\r\n0\r\nx-amz-trailer-signature:a\r\nx-amz-trailer-signature:b\r\n\r\n",
        b"5\r\nhello\r\n0\r\nno colon\r\n\r\n",
    ],
)
async def test_broken_framing_ends_and_is_refused(body: bytes) -> None:
    with pytest.raises((AwsError, asyncio.IncompleteReadError)) as refused:
        await _unchunked(body)
    if isinstance(refused.value, AwsError):
        assert refused.value.code in ("IncompleteBody", "MalformedTrailerError")


async def test_a_trailer_that_was_announced_has_to_come() -> None:
    with pytest.raises(AwsError, match="MalformedTrailerError"):
        await _unchunked(b"5\r\nhello\r\n0\r\n\r\n", _SUMMED)


async def test_framing_with_any_bytes_changed_ends() -> None:
    body = b"2;chunk-signature=ab\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
    for changed in malformed.mutations(body, 1000, seed=3):
        try:
            found, _ = await _unchunked(changed, _SUMMED)
        except (AwsError, asyncio.IncompleteReadError):
            continue
        assert len(found) == 5


async def test_a_compressed_object_is_stored_as_it_was_sent(s3: Running) -> None:
    def steps() -> None:
        client = s3.client()
        client.create_bucket(Bucket="things")
        for encoding, body in (("gzip", gzip.compress(b"hello")), ("deflate", b"anything"), ("br", b"\x00")):
            client.put_object(Bucket="things", Key=encoding, Body=body, ContentEncoding=encoding)
            got = client.get_object(Bucket="things", Key=encoding)
            assert (got["ContentEncoding"], got["Body"].read()) == (encoding, body)

    await asyncio.to_thread(steps)


async def test_a_file_that_lost_its_end_is_an_error_and_no_endless_answer(s3: Running) -> None:
    def steps() -> None:
        client = s3.client()
        client.create_bucket(Bucket="things")
        client.put_object(Bucket="things", Key="k", Body=b"x" * 1_000_000)
        [file] = (s3.state / "objects").iterdir()
        os.truncate(file, 1000)
        read = partial(client.get_object, Bucket="things", Key="k")
        copy = partial(client.copy_object, Bucket="things", Key="c", CopySource="things/k")
        for call in (read, copy, partial(read, Range="bytes=500-1500"), partial(read, Range="bytes=0-999")):
            with pytest.raises(ClientError, match="is damaged or missing on disk") as refused:
                call()
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert [entry["Key"] for entry in client.list_objects_v2(Bucket="things")["Contents"]] == ["k"]

    await asyncio.wait_for(asyncio.to_thread(steps), 60)


async def test_a_file_that_shrinks_while_it_is_sent_cuts_the_connection(s3: Running) -> None:
    size = 64 * 1024 * 1024

    async def steps() -> int:
        client = s3.client()
        await asyncio.to_thread(client.create_bucket, Bucket="things")
        await asyncio.to_thread(client.put_object, Bucket="things", Key="k", Body=bytes(size))
        signed = client.generate_presigned_url("get_object", {"Bucket": "things", "Key": "k"})
        reader, writer = await asyncio.open_connection("127.0.0.1", s3.port, limit=4096)
        path = signed.partition(str(s3.port))[2]
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{s3.port}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        [file] = (s3.state / "objects").iterdir()
        os.truncate(file, 1000)
        got = 0
        while piece := await reader.read(1024 * 1024):
            got += len(piece)
        writer.close()
        return got

    assert await asyncio.wait_for(steps(), 60) < size


def _asked(s3: Running, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
    headers = signed("s3", s3.url + target, body, method=method)
    status, _, answered = raw(s3, method, target, body, **{k.replace("-", "_"): v for k, v in headers.items()})
    return status, answered


@pytest.mark.parametrize("name", malformed.xml())
async def test_a_document_that_is_no_xml_is_refused(s3: Running, name: str) -> None:
    def steps() -> None:
        s3.client().create_bucket(Bucket="things")
        status, body = _asked(s3, "POST", "/things?delete", malformed.xml()[name])
        assert status == 400
        assert b"MalformedXML" in body or b"MaxMessageLengthExceeded" in body or name == "nothing"

    await asyncio.wait_for(asyncio.to_thread(steps), 60)


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/things?delete", b"<Delete><Object/></Delete>"),
        ("POST", "/things?delete", b"<Delete><Object><Key>a</Key></Object><Object/></Delete>"),
        ("PUT", "/things?encryption", b"<ServerSideEncryptionConfiguration/>"),
        ("PUT", "/things?ownershipControls", b"<OwnershipControls/>"),
        ("PUT", "/things?tagging", b"<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>"),
        ("PUT", "/things?tagging", b"<Tagging/>"),
    ],
)
async def test_a_document_without_what_its_schema_asks_for_is_refused(
    s3: Running, method: str, target: str, body: bytes
) -> None:
    def steps() -> None:
        s3.client().create_bucket(Bucket="things")
        status, answered = _asked(s3, method, target, body)
        assert status == 400, answered
        assert b"MalformedXML" in answered

    await asyncio.wait_for(asyncio.to_thread(steps), 60)


async def test_what_is_in_the_path_or_query_and_is_no_text_is_refused(s3: Running) -> None:
    def steps() -> None:
        s3.client().create_bucket(Bucket="things")
        for target in ("/things/a%ff", "/things?list-type=2&prefix=%ff", "/things?list-type=2&prefix=%zz"):
            status, body = _asked(s3, "GET", target)
            assert (status, b"InvalidURI" in body) == (400, True)
        for value in ("-1", "1_0", "%2B5x", "9" * 30, "%D9%A5"):
            status, body = _asked(s3, "GET", f"/things?list-type=2&max-keys={value}")
            assert (status, b"InvalidArgument" in body) == (400, True), value

    await asyncio.to_thread(steps)


async def test_a_key_of_controls_does_not_spoil_the_answers(s3: Running) -> None:
    from netflux.decoding import xml
    from netflux.decoding.limits import Limits

    def steps() -> None:
        s3.client().create_bucket(Bucket="things")
        assert _asked(s3, "PUT", "/things/a%00%01b", b"x")[0] == 200
        for target, status in (("/things?list-type=2", 200), ("/things/no%00such", 404)):
            answered, body = _asked(s3, "GET", target)
            assert answered == status
            xml.decode(body, Limits())
        [entry] = s3.client().list_objects_v2(Bucket="things")["Contents"]
        assert entry["Key"] == "a\x00\x01b"

    await asyncio.to_thread(steps)


@pytest.mark.parametrize("md5", ["\N{GRINNING FACE}", "no base64", "AAAA"])
def test_a_digest_that_is_none_is_refused(md5: str) -> None:
    with pytest.raises(AwsError) as error:
        reception.check_small(b"x", {"content-md5": md5})
    assert error.value.code in ("InvalidDigest", "BadDigest")

"""Chunk signatures, beside the example of S3's API reference ("Transferring payload in multiple chunks")."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from netflux.aws.s3.chunks import SIGNATURE, Chain
from netflux.aws.s3.framing import Framing, unchunk
from netflux.controlplane.authentication.signature import Claim, SignatureError

SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
FIRST = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
SECOND = "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
LAST = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def chain(secret: str = SECRET) -> Chain:
    scope = ("20130524", "us-east-1", "s3", "aws4_request")
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    return Chain(Claim("AKIAIOSFODNN7EXAMPLE", scope, (), SEED, moment, None, "", ""), secret)


def body(letter: bytes = b"a", last: str = LAST) -> bytes:
    return b"".join(
        [
            f"10000;chunk-signature={FIRST}\r\n".encode(), letter * 65_536, b"\r\n",
            f"400;chunk-signature={SECOND}\r\n".encode(), b"a" * 1024, b"\r\n",
            f"0;chunk-signature={last}\r\n\r\n".encode(),
        ]
    )  # fmt: skip


async def read(sent: bytes, framing: Framing) -> bytes:
    stream = asyncio.StreamReader()
    stream.feed_data(sent)
    stream.feed_eof()
    return b"".join([piece async for piece in unchunk(stream, framing, {})])


async def test_the_references_example_is_good() -> None:
    assert await read(body(), Framing(66_560, chain=chain())) == b"a" * 66_560


@pytest.mark.parametrize(
    ("sent", "secret"), [(body(b"b"), SECRET), (body(last=FIRST), SECRET), (body(), "guess"), (body(last=""), SECRET)]
)
async def test_what_was_changed_on_the_way_is_refused(sent: bytes, secret: str) -> None:
    with pytest.raises(SignatureError) as error:
        await read(sent, Framing(66_560, chain=chain(secret)))
    assert error.value.code == "SignatureDoesNotMatch"


def test_trailers_without_their_signature_are_refused() -> None:
    with pytest.raises(SignatureError):
        chain().trailers({"x-amz-checksum-crc32": "NhCmhg=="})
    with pytest.raises(SignatureError):
        chain().trailers({"x-amz-checksum-crc32": "NhCmhg==", SIGNATURE: LAST})

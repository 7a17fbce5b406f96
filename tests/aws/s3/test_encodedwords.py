"""Metadata that is not ASCII. The words are those that S3 answered: LocalStack's tests keep them."""

from __future__ import annotations

import asyncio

import pytest

from netflux.aws.s3 import encodedwords
from tests.aws.s3.conftest import Running

ANSWERED = [
    ("test_—_file%E2%80%94_é_2?.pdf", "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?="),
    ("ÄMÄZÕÑ S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="),
    ("\x00\x01\x02\x03", "=?UTF-8?B?AAECAw==?="),
    ("\ufffd" * 7, "=?UTF-8?B?77+977+977+977+977+977+977+9?="),
    ("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
]


@pytest.mark.parametrize(("text", "word"), ANSWERED)
def test_metadata_is_one_word_of_rfc_2047_where_it_is_not_ascii(text: str, word: str) -> None:
    assert encodedwords.written(text) == word
    assert encodedwords.read(word) == text


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("=?UTF-8?Q?actually-ascii?=", "actually-ascii"),
        ("=?UTF-8?B?YWJj?=", "abc"),
        ("=?ISO-8859-1?Q?caf=E9?=", "café"),
        ("=?UTF-8?Q?a?= =?UTF-8?Q?b?= c", "ab c"),
        ("=?UTF-8?B?=GGG?=", "=?UTF-8?B?=GGG?="),
        ("=?klingon?Q?a?=", "=?klingon?Q?a?="),
        ("ÄM", "Ã\x84M"),
        ("caf\udce9", "café"),
    ],
)
def test_headers_are_read_as_s3_reads_them(header: str, kept: str) -> None:
    assert encodedwords.read(header) == kept


async def test_metadata_comes_back_encoded(s3: Running) -> None:
    client = s3.client()

    def ask() -> dict[str, str]:
        client.create_bucket(Bucket="words")
        client.put_object(Bucket="words", Key="a", Metadata={"name": "=?UTF-8?Q?na=C3=AFve?=", "plain": "plain"})
        found: dict[str, str] = client.head_object(Bucket="words", Key="a")["Metadata"]
        return found

    assert await asyncio.to_thread(ask) == {"name": "=?UTF-8?Q?na=C3=AFve?=", "plain": "plain"}

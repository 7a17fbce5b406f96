"""Requests that S3 has refused, with the code and text that it answered: LocalStack's tests keep them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.s3.conftest import Running
from tests.aws.s3.test_service import in_thread
from tests.aws.s3.trips import sums

NAMED = {"Bucket": "things", "Key": "a"}
RESERVED = {"TagSet": [{"Key": "aws:prefixed", "Value": "v"}]}
TAGGING = (
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name "
    "duplicates."
)
ANSWERED: list[tuple[str, dict[str, Any], str, str]] = [
    ("put_object", {"Tagging": "k=1&k=2"}, "InvalidArgument", TAGGING),
    ("put_object", {"Tagging": "k1=1,k2=2"}, "InvalidArgument", TAGGING),
    ("put_object_tagging", {"Tagging": RESERVED}, "InvalidTag", "Your TagKey cannot be prefixed with aws:"),
    ("put_object", sums(b"") | {"Key": "b"}, "InvalidRequest",
     "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."),
    ("get_object", {"ExpectedBucketOwner": "0000"}, "InvalidBucketOwnerAWSAccountID",
     "The value of the expected bucket owner parameter must be an AWS Account ID... [0000]"),
]  # fmt: skip


def customer(name: bytes) -> dict[str, str]:
    key = hashlib.sha256(name).digest()
    md5 = base64.b64encode(hashlib.md5(key, usedforsecurity=False).digest()).decode()
    return {
        "SSECustomerAlgorithm": "AES256",
        "SSECustomerKey": base64.b64encode(key).decode(),
        "SSECustomerKeyMD5": md5,
    }


@pytest.mark.parametrize(("operation", "given", "code", "text"), ANSWERED)
async def test_a_request_is_refused_in_s3s_words(
    s3: Running, operation: str, given: dict[str, Any], code: str, text: str
) -> None:
    def ask() -> None:
        client = s3.client()
        client.create_bucket(Bucket="things")
        client.put_object(**NAMED)
        with pytest.raises(ClientError) as error:
            getattr(client, operation)(**NAMED | given)
        told = error.value.response["Error"]
        assert (told["Code"], told["Message"]) == (code, text)

    await asyncio.to_thread(ask)


@in_thread
def test_another_customer_key_is_denied_by_name(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    with pytest.raises(ClientError, match="System tags cannot be added/updated by requester"):
        client.put_bucket_tagging(Bucket="things", Tagging=RESERVED)
    client.put_object(**NAMED, **customer(b"one"))
    with pytest.raises(ClientError, match="must provide the correct secret key") as error:
        client.get_object(**NAMED, **customer(b"other"))
    assert error.value.response["Error"]["Code"] == "AccessDenied"

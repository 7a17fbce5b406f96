"""Browser-based uploads: forms that are sent by POST ["POST Object", Amazon S3 API Reference]."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from netflux.aws.s3.postpolicy import Sizes
from netflux.aws.s3.refusals import Refused
from netflux.controlplane.authentication import signature
from netflux.controlplane.authentication.signature import SignatureError
from netflux.controlplane.protocol import bodies
from netflux.decoding import xml
from netflux.decoding.limits import Limits, Malformed
from netflux.errors import AwsError

_MOST = 20 * 1024
"""Bytes of the fields before the file ["POST Object", MaxPostPreDataLengthExceeded]."""
_PIECE = 64 * 1024
_STATUSES = {"200": 200, "201": 201}
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Form:
    """A form as far as its file.

    Attributes:
        fields: by lower-case name, `${filename}` filled in.
        file: which has not been read.
    """

    fields: Mapping[str, str]
    file: BodyPartReader

    @property
    def headers(self) -> dict[str, str]:
        """The fields as a PutObject's headers."""
        found = {name: value for name, value in self.fields.items() if name not in ("key", "file", "policy")}
        if "acl" in found:
            found["x-amz-acl"] = found.pop("acl")
        if "tagging" in found:
            found["x-amz-tagging"] = _tagging(found.pop("tagging"))
        return found


class Contents:
    """The file's bytes, as far as the policy lets it be long."""

    def __init__(self, file: BodyPartReader, sizes: Sizes) -> None:
        self._file = file
        self._sizes = sizes
        self._size = 0

    async def read(self, _most: int = -1, /) -> bytes:
        """The next ones; none at the end."""
        piece = await self._file.read_chunk(_PIECE)
        self._size += len(piece)
        if self._sizes.most is not None and self._size > self._sizes.most:
            self._sizes.check(self._size)
        if not piece:
            self._sizes.check(self._size)
        return bytes(piece)


async def read(request: web.Request) -> Form:
    """The form up to its file.

    Raises:
        AwsError: it is none, or has no file, or too much before it.
    """
    if request.content_type != "multipart/form-data" or "boundary" not in request.headers.get("Content-Type", ""):
        raise AwsError("PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data", 412)
    fields: dict[str, str] = {}
    left = _MOST
    await bodies.invite(request)
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or not part.name:
                raise _malformed()
            name = part.name.lower()
            if name == "file":
                return Form(_named(fields, part.filename or ""), part)
            text = await _text(part, left)
            left -= len(text) + len(name)
            fields[name] = text.decode()
    except (ValueError, AssertionError) as error:
        raise _malformed() from error
    raise AwsError("InvalidArgument", "POST requires exactly one file upload per request.")


async def _text(part: BodyPartReader, most: int) -> bytes:
    found = b""
    while piece := await part.read_chunk(_PIECE):
        found += piece
        if len(found) > most:
            raise AwsError(
                "MaxPostPreDataLengthExceededError",
                "Your POST request fields preceding the upload file were too large.",
            )
    return found


def _malformed() -> AwsError:
    return AwsError("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")


def _named(fields: Mapping[str, str], filename: str) -> dict[str, str]:
    if "key" not in fields:
        raise Refused(
            "InvalidArgument", "Bucket POST must contain a field named 'key'.  If it is specified, please check the "
            "order of the fields.", ArgumentName="key", ArgumentValue="",
        )  # fmt: skip
    name = filename.replace("\\", "/").rpartition("/")[2]
    key = fields["key"].replace("${filename}", name)
    if not key:
        raise Refused(
            "InvalidArgument", "User key must have a length greater than 0.", ArgumentName="key", ArgumentValue=""
        )
    return {**fields, "key": key}


def access_key(fields: Mapping[str, str]) -> str:
    """The access key that signed the form; empty where nobody did.

    Raises:
        AwsError: something that belongs to a signature is missing.
    """
    if "policy" not in fields and "awsaccesskeyid" not in fields and "x-amz-credential" not in fields:
        return ""
    fourth = "x-amz-algorithm" in fields or "x-amz-credential" in fields or "x-amz-signature" in fields
    needed = ("policy", "x-amz-signature", "x-amz-credential", "x-amz-date") if fourth else (
        "policy", "signature", "awsaccesskeyid",
    )  # fmt: skip
    for name in needed:
        if name not in fields:
            shown = {"awsaccesskeyid": "AWSAccessKeyId"}.get(name, name)
            raise Refused(
                "InvalidArgument", f"Bucket POST must contain a field named '{shown}'.  If it is specified, please "
                "check the order of the fields.", ArgumentName=shown, ArgumentValue="",
            )  # fmt: skip
    if not fourth:
        return fields["awsaccesskeyid"]
    if fields.get("x-amz-algorithm", _ALGORITHM) != _ALGORITHM:
        raise AwsError("InvalidArgument", "Only AWS4-HMAC-SHA256 is supported")
    return fields["x-amz-credential"].partition("/")[0]


def verify(fields: Mapping[str, str], secret: str) -> None:
    """SignatureError unless the policy is signed with the secret."""
    policy = fields["policy"].encode()
    if "x-amz-signature" in fields:
        scope = fields["x-amz-credential"].split("/")[1:]
        if len(scope) != 4 or scope[3] != "aws4_request" or scope[0] != fields["x-amz-date"][:8]:
            raise SignatureError("InvalidRequest", "The form's x-amz-credential is malformed.")
        expected = hmac.new(signature.signing_key(secret, scope), policy, hashlib.sha256).hexdigest()
        given = fields["x-amz-signature"]
    else:
        expected = base64.b64encode(hmac.new(secret.encode(), policy, hashlib.sha1).digest()).decode()
        given = fields["signature"]
    if not hmac.compare_digest(expected.encode(), given.encode(errors="surrogateescape")):
        raise signature.mismatch()


def _tagging(text: str) -> str:
    """The form's XML as PutObject's header has tags."""
    try:
        root = xml.decode(text.encode(), Limits(size=_MOST, depth=5, nodes=200))
    except Malformed as error:
        raise AwsError("MalformedXML", f"The form's tagging can't be read: {error}") from error
    tags = [
        {child.tag.rpartition("}")[2]: child.text or "" for child in tag}
        for tag in root.iter()
        if tag.tag.rpartition("}")[2] == "Tag"
    ]
    return urlencode([(tag.get("Key", ""), tag.get("Value", "")) for tag in tags])


def answer(fields: Mapping[str, str], bucket: str, etag: str, url: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a form that was taken.

    Args:
        url: of the object.
    """
    key, headers = fields["key"], {"ETag": etag, "Location": url}
    target = fields.get("success_action_redirect") or fields.get("redirect", "")
    if target and urlsplit(target).scheme in ("http", "https") and not set("\r\n") & set(target):
        query = urlencode({"bucket": bucket, "key": key, "etag": etag}, quote_via=quote)
        return 303, {**headers, "Location": f"{target}{'&' if '?' in target else '?'}{query}"}, b""
    status = _STATUSES.get(fields.get("success_action_status", ""), 204)
    if status != 201:
        return status, headers, b""
    told = {"Location": url, "Bucket": bucket, "Key": key, "ETag": etag}
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told.items())
    return 201, headers, f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inner}</PostResponse>'.encode()

"""What a part must be, and how parts become an object ["CompleteMultipartUpload" and "UploadPartCopy", Amazon S3 API
Reference; "Checking object integrity in Amazon S3", Amazon S3 User Guide]. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netflux import content
from netflux.aws.s3 import checksums
from netflux.aws.s3.checksums import CHECKSUMS, COMPOSITE
from netflux.aws.s3.refusals import Refused
from netflux.errors import AwsError
from netflux.resources.s3objects import Upload, UploadedPart

_SMALLEST_PART = 5 * 1024 * 1024
"""Bytes, all but the last ["Amazon S3 multipart upload limits", Amazon S3 User Guide]."""
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})")


def check_algorithm(upload: Upload, request: Mapping[str, Any]) -> None:
    """InvalidRequest for a part whose checksum is of another algorithm than the upload was begun with."""
    given = [name for name in CHECKSUMS if request.get(f"Checksum{name}") is not None]
    given += [request["ChecksumAlgorithm"]] if request.get("ChecksumAlgorithm") else []
    for name in given if upload.asked else ():
        if name != upload.algorithm:
            raise AwsError(
                "InvalidRequest",
                f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm.lower()}, actual checksum "
                f"Type: {name.lower()}",
            )


def copied_range(text: str | None, size: int) -> tuple[int, int]:
    """Offset and number of bytes that x-amz-copy-source-range asks for, all where there is none.

    Raises:
        AwsError: InvalidArgument for a text of another form, and for an end that the source has not; InvalidRequest for
            a range that is behind it.
    """
    if text is None:
        return 0, size
    found = _RANGE.fullmatch(text)
    first, last = (int(found[1]), int(found[2])) if found else (1, 0)
    if first > last:
        raise _wrong_range(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
            text,
        )
    if first >= size:
        raise AwsError("InvalidRequest", "The specified copy range is invalid for the source object size")
    if last >= size:
        raise _wrong_range(f"Range specified is not valid for source object of size: {size}", text)
    return first, last - first + 1


def chosen(
    upload: Upload, named: Sequence[Mapping[str, Any]], find: Callable[[int], UploadedPart | None]
) -> list[UploadedPart]:
    """The parts that the request names.

    Raises:
        AwsError: MalformedXML, InvalidPartOrder, InvalidPart, EntityTooSmall, InvalidRequest.
    """
    numbers = [part.get("PartNumber") or 0 for part in named]
    if not numbers:
        raise AwsError("MalformedXML", "CompleteMultipartUpload needs at least one part")
    if numbers != sorted(set(numbers)):
        raise AwsError(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        )
    found = [_part(part, find(number)) for part, number in zip(named, numbers, strict=True)]
    if upload.asked and upload.checksum_type == COMPOSITE:
        _check_composite(upload, named, numbers)
    for part in found[:-1]:
        if part.size < _SMALLEST_PART:
            raise Refused(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ETag=part.etag.strip('"'),
                MinSizeAllowed=str(_SMALLEST_PART),
                PartNumber=str(part.number),
                ProposedSize=str(part.size),
            )
    return found


def check_size(request: Mapping[str, Any], parts: Sequence[UploadedPart]) -> None:
    """InvalidRequest where the parts have not the bytes that the request states."""
    size = sum(part.size for part in parts)
    if request.get("MpuObjectSize") not in (None, size):
        raise AwsError(
            "InvalidRequest",
            f"The provided 'x-amz-mp-object-size' header value {request['MpuObjectSize']} does not match what was "
            f"computed: {size}",
        )


def whole(upload: Upload, parts: Sequence[UploadedPart]) -> dict[str, str]:
    """The object's checksum."""
    algorithm = upload.algorithm
    sums = [(part.checksums[algorithm], part.size) for part in parts]
    if upload.checksum_type == COMPOSITE:
        return {algorithm: checksums.composite(algorithm, (value for value, _ in sums))}
    return {algorithm: checksums.combined(algorithm, sums)}


def check_sums(request: Mapping[str, Any], upload: Upload, computed: Mapping[str, str]) -> None:
    """Those of the whole object that the request gives; a composite one may come without the number of parts.

    Raises:
        AwsError: InvalidRequest for another type than the upload's, BadDigest.
    """
    if request.get("ChecksumType") not in (None, upload.checksum_type):
        raise AwsError(
            "InvalidRequest",
            f"The upload was created using the {upload.checksum_type} checksum mode. The complete request must use the "
            "same checksum mode.",
        )
    for name in CHECKSUMS:
        given = request.get(f"Checksum{name}")
        if given is not None and given not in (computed.get(name), computed.get(name, "").partition("-")[0]):
            raise AwsError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def _wrong_range(message: str, text: str) -> Refused:
    return Refused("InvalidArgument", message, ArgumentName="x-amz-copy-source-range", ArgumentValue=text[:100])


def _part(named: Mapping[str, Any], found: UploadedPart | None) -> UploadedPart:
    sums = {name: named.get(f"Checksum{name}") for name in CHECKSUMS}
    if (
        found is None
        or not content.names(named.get("ETag") or "", found.etag)
        or any(value is not None and found.checksums.get(name) != value for name, value in sums.items())
    ):
        raise Refused(
            "InvalidPart",
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
            "specified entity tag may not match the part's entity tag.",
            ETag=(named.get("ETag") or "").strip('"'),
            PartNumber=str(named.get("PartNumber")),
        )
    return found


def _check_composite(upload: Upload, named: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> None:
    algorithm = upload.algorithm
    for part in named:
        if part.get(f"Checksum{algorithm}") is None:
            raise AwsError(
                "InvalidRequest",
                f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the "
                f"checksum for each part. It was missing for part {part.get('PartNumber')} in the request.",
            )
    if [*numbers] != [*range(1, len(numbers) + 1)]:
        raise AwsError(
            "InvalidPartOrder",
            "The part numbers of an upload with checksums begin at 1 and follow one another.",
        )

"""Policies of POST forms ["Creating a POST policy", Amazon S3 API Reference]. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from netflux.aws.s3.refusals import Refused
from netflux.errors import AwsError

_UNSIGNED = frozenset({"x-amz-signature", "awsaccesskeyid", "signature", "policy", "file"})
"""Fields that need no condition, with those that begin with `x-ignore-`."""
_LARGEST = 20 * 1024
_TIME = "%Y-%m-%dT%H:%M:%S"
_RANGE = "content-length-range"


@dataclass(frozen=True)
class Sizes:
    """How many bytes the file may have; None for as many as S3 takes."""

    least: int = 0
    most: int | None = None

    def check(self, size: int) -> None:
        """Raises EntityTooSmall, EntityTooLarge."""
        if self.most is not None and size > self.most:
            raise Refused(
                "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", ProposedSize=str(size),
                MaxSizeAllowed=str(self.most),
            )  # fmt: skip
        if size < self.least:
            raise Refused(
                "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=str(size), MinSizeAllowed=str(self.least),
            )  # fmt: skip


def check(text: str, fields: Mapping[str, str], bucket: str, now: datetime) -> Sizes:
    """Holds a form's fields to its policy.

    Args:
        text: the policy as the form has it, in Base64.
        fields: by lower-case name.
        bucket: to which the form is sent.

    Raises:
        AwsError: InvalidPolicyDocument for one that can't be read, AccessDenied for fields that it does not let in.
    """
    policy = _read(text)
    if now > policy[0]:
        raise AwsError("AccessDenied", "Invalid according to Policy: Policy expired.", 403)
    given = {**fields, "bucket": bucket}
    met, sizes = {"bucket"}, Sizes()
    for condition in policy[1]:
        for kind, name, wanted in _conditions(condition):
            if kind == _RANGE:
                sizes = Sizes(int(name), int(wanted))
                continue
            met.add(name)
            found = given.get(name, "")
            holds = found.startswith(wanted) if kind == "starts-with" else found == wanted
            if kind == "starts-with" and name == "content-type" and "," in found:
                holds = all(part.strip().startswith(wanted) for part in found.split(","))
            if not holds:
                shown = json.dumps([kind, f"${name}", wanted])
                raise AwsError("AccessDenied", f"Invalid according to Policy: Policy Condition failed: {shown}", 403)
    extra = sorted(name for name in fields if name not in met | _UNSIGNED and not name.startswith("x-ignore-"))
    if extra:
        raise AwsError("AccessDenied", f"Invalid according to Policy: Extra input fields: {', '.join(extra)}", 403)
    return sizes


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidPolicyDocument", f"Invalid Policy: {why}")


def _read(text: str) -> tuple[datetime, list[Any]]:
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
        policy = json.loads(decoded) if len(decoded) <= _LARGEST else None
    except (ValueError, RecursionError) as error:
        raise _invalid("Invalid JSON.") from error
    if not isinstance(policy, dict):
        raise _invalid("Invalid JSON.")
    if "expiration" not in policy:
        raise _invalid("Policy missing expiration.")
    if "conditions" not in policy:
        raise _invalid("Policy missing conditions.")
    if not isinstance(policy["conditions"], list):
        raise _invalid("Invalid 'conditions' value: must be a List.")
    try:
        expires = datetime.strptime(str(policy["expiration"]).partition(".")[0].rstrip("Z"), _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise _invalid(f"Invalid 'expiration' value: {str(policy['expiration'])[:60]!r}") from error
    if not str(policy["expiration"]).endswith("Z"):
        raise _invalid(f"Invalid 'expiration' value: {str(policy['expiration'])[:60]!r}")
    return expires, policy["conditions"]


def _conditions(written: Any) -> list[tuple[str, str, str]]:
    """Kind, field and value of each; of a range its two ends."""
    if isinstance(written, dict) and written:
        if all(isinstance(value, str) for value in written.values()):
            return [("eq", name.lower(), value) for name, value in written.items()]
        raise _invalid("Invalid Simple-Condition: value must be a string.")
    if not isinstance(written, list) or len(written) != 3 or not isinstance(written[0], str):
        raise _invalid("Invalid JSON.")
    kind = written[0].lower()
    if kind == _RANGE:
        ends = [str(end) for end in written[1:] if not isinstance(end, bool)]
        if len(ends) != 2 or not all(end.isdecimal() and len(end) < 19 for end in ends):
            raise _invalid("Invalid content-length-range: its ends must be numbers.")
        return [(kind, ends[0], ends[1])]
    if kind not in ("eq", "starts-with"):
        raise _invalid(f"Invalid condition operator: {kind[:40]}.")
    name, value = written[1:]
    if not isinstance(name, str) or not name.startswith("$") or not isinstance(value, str):
        raise _invalid("Invalid Condition: it must name a field as $field, and a text.")
    return [(kind, name[1:].lower(), value)]

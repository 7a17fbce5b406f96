"""Puts a flow log's lines where it wants them: into CloudWatch Logs, or into files in S3."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from netflux.aws.ec2 import flowformat
from netflux.aws.ec2.flowlog import S3, FlowLog
from netflux.aws.logevents import Api, put
from netflux.controlplane.authorization.authorization import Authorization
from netflux.errors import AwsError

_SERVICE = "vpc-flow-logs.amazonaws.com"
"""Whom a flow log's role must trust: "IAM role for publishing flow logs to CloudWatch Logs", VPC user guide."""
_DAY = 24 * 3600
_AT_ONCE = 1000
"""Events in one call: with every field a line has less than 500 bytes, and PutLogEvents takes 1 MiB."""


@dataclass(frozen=True)
class Line:
    """A record as it is delivered.

    Attributes:
        start: of the record, Unix seconds: its time in CloudWatch Logs.
    """

    interface: str
    start: int
    text: str


class FlowDelivery:
    """Delivers.

    Args:
        call: `Apis.call`.
        owner: account and region, for the keys in S3.
    """

    def __init__(self, call: Api, owner: tuple[str, str]) -> None:
        self.authorization: Authorization | None = None
        self._call = call
        self._owner = owner

    async def put(self, log: FlowLog, batch: Sequence[Line], now: datetime) -> None:
        """Delivers one of `batches`.

        Raises:
            AwsError: the role is not there, or CloudWatch Logs or S3 refuse.
        """
        await (self._file(log, batch, now) if log.destination_type == S3 else self._stream(log, batch))

    async def _stream(self, log: FlowLog, lines: Sequence[Line]) -> None:
        """Each interface has a stream in the log group, which is made when it is not there."""
        await self._call("iam", "GetRole", {"RoleName": log.role.rpartition("/")[2]})
        stream = f"{lines[0].interface}-{log.traffic.lower()}"
        await put(self._acting(log), log.log_group, stream, [(line.start * 1000, line.text) for line in lines])

    def _acting(self, log: FlowLog) -> Api:
        """The region's APIs as the flow log's role calls them.

        Raises:
            AwsError: the role does not trust flow logs.
        """
        if self.authorization is None or not self.authorization.enforced:
            return self._call
        account, region = self._owner
        context = {
            "aws:sourceaccount": (account,),
            "aws:sourcearn": (f"arn:aws:ec2:{region}:{account}:vpc-flow-log/{log.id}",),
        }
        if not self.authorization.trusted(log.role, _SERVICE, context).allowed:
            raise AwsError("AccessDenied", f"The role {log.role} does not trust {_SERVICE}, so it can't be assumed.")
        return self.authorization.acting(log.role, log.id).call

    async def _file(self, log: FlowLog, lines: Sequence[Line], now: datetime) -> None:
        """One file, gzip, with the fields' names in its first line."""
        text = "".join(f"{line}\n" for line in (flowformat.header(log.fields), *(line.text for line in lines)))
        bucket, _ = log.bucket
        key = object_key(log, self._owner, now, hashlib.sha256(f"{now}{text}".encode()).hexdigest()[:8])
        await self._call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": gzip.compress(text.encode())})


def batches(log: FlowLog, lines: Sequence[Line]) -> list[Sequence[Line]]:
    """What goes at once: all into a file; into a stream what is of one interface and, for PutLogEvents, one day."""
    if log.destination_type == S3:
        return [lines] if lines else []
    streams: dict[tuple[str, int], list[Line]] = {}
    for line in sorted(lines, key=lambda line: line.start):
        streams.setdefault((line.interface, line.start // _DAY), []).append(line)
    return [mine[start : start + _AT_ONCE] for mine in streams.values() for start in range(0, len(mine), _AT_ONCE)]


def object_key(log: FlowLog, owner: tuple[str, str], now: datetime, word: str) -> str:
    """Of a file in S3: VPC user guide, "Flow log files".

    Args:
        owner: account and region.
        word: what tells files of the same minute apart.
    """
    account, region = owner
    hour = ("hour", "%H") if log.hourly else None
    days = [part for part in (("year", "%Y"), ("month", "%m"), ("day", "%d"), hour) if part is not None]
    if log.hive:
        folders = [f"aws-account-id={account}", "aws-service=vpcflowlogs", f"aws-region={region}",
                   *(f"{name}={now.strftime(form)}" for name, form in days)]  # fmt: skip
    else:
        folders = [account, "vpcflowlogs", region, *(now.strftime(form) for _, form in days)]
    name = f"{account}_vpcflowlogs_{region}_{log.id}_{now.strftime('%Y%m%dT%H%MZ')}_{word}.log.gz"
    prefix = log.bucket[1]
    return "/".join([*([prefix] if prefix else []), "AWSLogs", *folders, name])

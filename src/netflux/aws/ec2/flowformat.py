"""The fields of a flow log's records and their order: VPC user guide, "Flow log records". Pure.

Only what is observed here can be asked for; a field that AWS has besides is refused by its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from netflux.aws.ec2.flowwindow import Key, Record, Tally
from netflux.errors import AwsError, Unsupported

VERSIONS = {
    **dict.fromkeys((
        "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets",
        "bytes", "start", "end", "action", "log-status",
    ), 2),
    **dict.fromkeys(("vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr"), 3),
    **dict.fromkeys(("region", "az-id", "sublocation-type", "sublocation-id"), 4),
    "flow-direction": 5,
}  # fmt: skip
"""Fields that there are, with the version of the format that brought them."""

DEFAULT = tuple(name for name, version in VERSIONS.items() if version == 2)
"""AWS's default format, in its order."""

_ABSENT = frozenset({
    "pkt-src-aws-service", "pkt-dst-aws-service", "traffic-path", "ecs-cluster-arn", "ecs-cluster-name",
    "ecs-container-instance-arn", "ecs-container-instance-id", "ecs-container-id", "ecs-second-container-id",
    "ecs-service-name", "ecs-task-definition-arn", "ecs-task-arn", "ecs-task-id", "reject-reason", "resource-id",
    "encryption-status",
})  # fmt: skip
"""Fields that AWS has and this cloud does not observe."""

_FORMAT = re.compile(r"\$\{[a-z-]+\}(?: \$\{[a-z-]+\})*")
_NOTHING = "-"


def fields(log_format: str) -> tuple[str, ...]:
    """The fields of a `LogFormat`.

    Raises:
        AwsError: it is not written as EC2 wants it, or names a field that there is not.
        Unsupported: it names a field that is not observed here.
    """
    names = tuple(re.findall(r"\$\{([a-z-]+)\}", log_format))
    missing = [name for name in names if name in _ABSENT]
    if missing:
        raise Unsupported(f"The field {missing[0]} of a flow log's LogFormat")
    if not _FORMAT.fullmatch(log_format) or any(name not in VERSIONS for name in names):
        raise AwsError(
            "InvalidParameter",
            f"1 validation error detected: Value '{log_format}' at 'logFormat' has an invalid format",
        )
    return names


def written(names: Sequence[str]) -> str:
    """The opposite of `fields`."""
    return " ".join(f"${{{name}}}" for name in names)


def header(names: Sequence[str]) -> str:
    """The first line of a file in S3."""
    return " ".join(names)


@dataclass(frozen=True)
class Place:
    """Where a record's interface is.

    Attributes:
        zone: id of the subnet's availability zone.
    """

    account: str
    region: str
    vpc: str
    zone: str


def line(names: Sequence[str], record: Record, place: Place) -> str:
    """A record; what does not apply to it is a dash. Its version is that of its newest field."""
    values = {
        "version": str(max(VERSIONS[name] for name in names)),
        "account-id": place.account,
        "interface-id": record.interface,
        "start": str(record.start),
        "end": str(record.end),
        "log-status": record.status,
        "vpc-id": place.vpc,
        "subnet-id": record.subnet,
        "region": place.region,
        "az-id": place.zone,
        **(_seen(*record.flow) if record.flow is not None else {}),
    }
    return " ".join(values.get(name, _NOTHING) for name in names)


def _seen(key: Key, tally: Tally) -> dict[str, str]:
    return {
        "srcaddr": key.source,
        "dstaddr": key.destination,
        "pkt-srcaddr": key.source,
        "pkt-dstaddr": key.destination,
        "srcport": str(key.source_port),
        "dstport": str(key.destination_port),
        "protocol": str(key.protocol),
        "packets": str(tally.packets),
        "bytes": str(tally.bytes),
        "action": "ACCEPT" if key.accepted else "REJECT",
        "tcp-flags": str(tally.flags),
        "type": "IPv4",
        "flow-direction": "egress" if key.egress else "ingress",
    }

"""Tags of flow logs; the flow logs themselves are EC2's own documents."""

from __future__ import annotations

from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class FlowLogTags:
    """Of the flow log with this id; there as long as it is."""

    id: str
    tags: dict[str, str] = field(default_factory=dict)


FLOW_LOG_TAGS = Schema("ec2/flow-log-tags", FlowLogTags, lambda log: log.id)

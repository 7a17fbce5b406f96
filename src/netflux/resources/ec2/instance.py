"""What instances would be made from. There are none here; these are kept and told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class KeyPair:
    """A public key; the private one is told once.

    Attributes:
        type: `rsa` or `ed25519`.
        public_key: in OpenSSH's form.
    """

    id: str
    name: str
    type: str
    fingerprint: str
    public_key: str
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)


KEY_PAIR = Schema("ec2/key-pair", KeyPair, lambda pair: pair.id, indices={"name": lambda pair: (pair.name,)})


@dataclass(frozen=True)
class LaunchTemplate:
    """What instances would be launched with; its versions are records of their own."""

    id: str
    name: str
    created: datetime
    created_by: str
    default_version: int = 1
    latest_version: int = 1
    client_token: str = ""
    tags: dict[str, str] = field(default_factory=dict)


LAUNCH_TEMPLATE = Schema(
    "ec2/launch-template",
    LaunchTemplate,
    lambda template: template.id,
    indices={"name": lambda template: (template.name,), "token": lambda template: (template.client_token,)},
)


@dataclass(frozen=True)
class LaunchTemplateVersion:
    """One version's data, as EC2 was given it."""

    template_id: str
    number: int
    description: str
    created: datetime
    created_by: str
    data: dict[str, Any]


LAUNCH_TEMPLATE_VERSION = Schema(
    "ec2/launch-template-version",
    LaunchTemplateVersion,
    lambda version: f"{version.template_id}/{version.number}",
    indices={"template": lambda version: (version.template_id,)},
    references={"template": "ec2/launch-template"},
)

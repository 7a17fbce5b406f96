"""What all of RDS's operations share: the records, tags, pages and names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.rds.installation import Installation
from netflux.aws.rds.instance import Instances
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.rds import Instance
from netflux.resources.secretsmanager import Secrets

TAGS = Tagger("InvalidParameterValue", "InvalidParameterValue")

_IDENTIFIER = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9])*")


class Part:
    """Handlers of one noun.

    Args:
        instances: shared with the controller.
        apis: for EC2 and KMS.
        installations: the PostgreSQLs of this machine.
        clock: of the region.
    """

    def __init__(self, instances: Instances, apis: Apis, installations: Sequence[Installation], clock: Clock) -> None:
        self.documents = instances.documents
        self.instances = instances
        self.secrets = Secrets(instances.documents)
        self.subnet_groups = instances.subnet_groups
        self.parameter_groups = instances.parameter_groups
        self.option_groups = instances.option_groups
        self.subscriptions = instances.subscriptions
        self.apis = apis
        self.installations = installations
        self.clock = clock

    def known(self, identifier: str) -> Instance:
        """By identifier or ARN."""
        name = identifier.rpartition(":db:")[2].lower()
        instance = self.instances.get(name)
        if instance is None:
            raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
        return instance


def own(call: Call) -> bool:
    """Whether a part of the region calls, such as CloudFormation, which sets tags that users may not."""
    return call.access_key is None


def invalid(message: str) -> AwsError:
    """InvalidParameterValue."""
    return AwsError("InvalidParameterValue", message)


def combination(message: str) -> AwsError:
    """InvalidParameterCombination."""
    return AwsError("InvalidParameterCombination", message)


def check_identifier(member: str, name: str, longest: int, more: str = "") -> None:
    """Refuses what is no identifier in RDS's sense ("Quotas and constraints for Amazon RDS", RDS User Guide).

    Args:
        member: whose value it is.
        longest: characters.
        more: characters besides letters, digits and hyphens.
    """
    plain = name
    for character in more:
        plain = plain.replace(character, "a")
    if len(name) > longest or not _IDENTIFIER.fullmatch(plain):
        raise invalid(
            f"The parameter {member} is not a valid identifier. Identifiers must begin with a letter; must contain "
            "only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive "
            "hyphens."
        )


def no_filters(request: Mapping[str, Any], known: Sequence[str] = ()) -> None:
    """Refuses filters that the operation has not."""
    for condition in request.get("Filters", []):
        if condition["Name"] not in known:
            raise invalid(f"Unrecognized filter name: {condition['Name']}")

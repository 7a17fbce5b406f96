"""CloudFormation's handlers."""

from __future__ import annotations

from netflux.cloudformation.changeset import ChangeSets
from netflux.cloudformation.signalling import Signalling


class CloudFormationApi(Signalling, ChangeSets):
    """All operations: of reading, of stacks, of change sets. An operation without a method is refused by name."""

    service = "cloudformation"
    whole = True

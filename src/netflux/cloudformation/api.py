"""CloudFormation's handlers."""

from __future__ import annotations

from netflux.cloudformation.changeset import ChangeSets
from netflux.cloudformation.recovery import Recovery


class CloudFormationApi(ChangeSets, Recovery):
    """All operations: of reading, of stacks, of change sets, of ways back.

    An operation without a method is refused by name."""

    service = "cloudformation"
    whole = True

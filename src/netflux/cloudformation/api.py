"""CloudFormation's handlers."""

from __future__ import annotations

from netflux.cloudformation.changeset import ChangeSets
from netflux.cloudformation.drift import Drift
from netflux.cloudformation.policies import StackPolicies
from netflux.cloudformation.recovery import Recovery
from netflux.cloudformation.signalling import Signalling


class CloudFormationApi(Signalling, StackPolicies, Drift, ChangeSets, Recovery):
    """All operations: of reading, of stacks, of change sets, of ways back, of signals, of policies, of drift.

    An operation without a method is refused by name."""

    service = "cloudformation"
    whole = True

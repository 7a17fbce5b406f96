"""How many there may be: what is enforced and what DescribeAccountLimits tells are the same table. Pure.

User guide, "Quotas for your Application Load Balancers"; names: API reference, "Limit".
"""

from __future__ import annotations

from netflux.errors import AwsError

LOAD_BALANCERS = "application-load-balancers"
TARGET_GROUPS = "target-groups"
LISTENERS = "listeners-per-application-load-balancer"
RULES = "rules-per-application-load-balancer"
CERTIFICATES = "certificates-per-application-load-balancer"
TARGETS = "targets-per-application-load-balancer"
GROUPS_OF_BALANCER = "target-groups-per-application-load-balancer"
GROUPS_OF_ACTION = "target-groups-per-action-on-application-load-balancer"
VALUES = "condition-values-per-alb-rule"
WILDCARDS = "condition-wildcards-per-alb-rule"

LIMITS = {
    LOAD_BALANCERS: 50, TARGET_GROUPS: 3000, LISTENERS: 50, RULES: 100, CERTIFICATES: 25, TARGETS: 1000,
    GROUPS_OF_BALANCER: 100, GROUPS_OF_ACTION: 5, VALUES: 5, WILDCARDS: 6,
}  # fmt: skip
"""Rules without default rules, certificates without default certificates. One condition may have all of a rule's
values, though the user guide says three: aws/aws-cdk#10065, cfn-lint#3833."""
SECURITY_GROUPS = 5
"""Of a load balancer; it has no name among the limits."""

_CODES = {
    LOAD_BALANCERS: "TooManyLoadBalancers", TARGET_GROUPS: "TooManyTargetGroups", LISTENERS: "TooManyListeners",
    RULES: "TooManyRules", CERTIFICATES: "TooManyCertificates", TARGETS: "TooManyTargets",
    GROUPS_OF_BALANCER: "TooManyUniqueTargetGroupsPerLoadBalancer", GROUPS_OF_ACTION: "TooManyTargetGroups",
    VALUES: "ValidationError", WILDCARDS: "ValidationError",
}  # fmt: skip
_SAID = {
    VALUES: "A rule can only have '{}' condition values",
    WILDCARDS: "A rule can only have '{}' wildcards in its condition values",
}


def check(limit: str, count: int) -> None:
    """Raises AwsError when there would be more than the limit."""
    most = LIMITS[limit]
    if count > most:
        said = _SAID.get(limit, f"The maximum number of {limit.replace('-', ' ')}, '{{}}', has been reached")
        raise AwsError(_CODES[limit], said.format(most))

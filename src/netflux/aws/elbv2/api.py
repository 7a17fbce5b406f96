"""The operations of Elastic Load Balancing v2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netflux.aws.elbv2 import quotas
from netflux.aws.elbv2.balancer.api import LoadBalancers
from netflux.aws.elbv2.group.api import TargetGroups
from netflux.aws.elbv2.listener import sslpolicies
from netflux.aws.elbv2.listener.api import Listeners
from netflux.aws.elbv2.operations import Shape, page
from netflux.aws.elbv2.rule.api import Rules
from netflux.aws.elbv2.tags import Tags
from netflux.aws.elbv2.target.api import Targets
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import DescribeAccountLimitsInputTypeDef, DescribeSSLPoliciesInputTypeDef


class ElbApi(LoadBalancers, Listeners, Rules, TargetGroups, Targets, Tags):
    """Handlers of all nouns. Trust stores, capacity reservations and address pools are refused by name."""

    service = "elbv2"
    whole = True

    @operation("Marker PageSize")
    def describe_account_limits(self, _call: Call, request: DescribeAccountLimitsInputTypeDef) -> Shape:
        """What is enforced here; these are AWS's defaults."""
        taken, marker = page([*quotas.LIMITS.items()], request, lambda one: one[0])
        return {"Limits": [{"Name": name, "Max": str(most)} for name, most in taken], **marker}

    @operation("Names Marker PageSize LoadBalancerType")
    def describe_ssl_policies(self, _call: Call, request: DescribeSSLPoliciesInputTypeDef) -> Shape:
        """Those that an HTTPS listener may have here."""
        found = [*sslpolicies.POLICIES.values()]
        if request.get("Names"):
            found = [sslpolicies.known(name) for name in dict.fromkeys(request["Names"])]
        if request.get("LoadBalancerType") == "gateway":
            found = []
        taken, marker = page(found, request, lambda policy: policy.name)
        return {"SslPolicies": [sslpolicies.shown(one) for one in taken], **marker}

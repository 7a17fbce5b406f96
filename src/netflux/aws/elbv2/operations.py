"""What the operations of all nouns share: the tables, what they depend on, and the errors for what is not there."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from netflux.aws.elbv2 import quotas
from netflux.aws.elbv2.balancer.desired import Desired
from netflux.aws.elbv2.controller import ElbController
from netflux.aws.elbv2.listener.certificates import Acm
from netflux.aws.elbv2.vpc import Vpcs
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.elbv2 import Action, Listener, LoadBalancer, Rule, TargetGroup

Shape = dict[str, Any]
_T = TypeVar("_T")

TAGGER = Tagger(invalid="ValidationError", too_many="TooManyTags")


def tags_of(call: Call, given: Sequence[Mapping[str, Any]] | None) -> dict[str, str]:
    """The tags of a request.

    Raises:
        AwsError: a key stands twice or is AWS's own, or there are too many.
    """
    keys = [tag["Key"] for tag in given or ()]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise AwsError("DuplicateTagKeys", f"The tag key '{twice}' was specified more than once")
    return TAGGER.read(given, own=call.access_key is None)


@dataclass(frozen=True)
class Parts:
    """What the operations depend on.

    Attributes:
        desired: the tables.
        documents: keep them.
        vpcs: tells what EC2 has.
        acm: tells what ACM has.
        controller: what was observed.
        clock: stamps load balancers and deregistrations.
        account: twelve digits.
    """

    desired: Desired
    documents: Documents
    vpcs: Vpcs
    acm: Acm
    controller: ElbController
    clock: Clock
    account: str


class Operations:
    """Of one noun.

    Args:
        parts: what they depend on.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.documents = parts.documents
        self.desired = parts.desired

    def arn(self, resource: str) -> str:
        """Of a new resource, with sixteen random hexadecimal digits at its end."""
        where = f"{self.desired.region}:{self.parts.account}"
        return f"arn:aws:elasticloadbalancing:{where}:{resource}/{secrets.token_hex(8)}"

    def balancer(self, arn: str) -> LoadBalancer:
        """LoadBalancerNotFound where it is not there."""
        return self._found(self.desired.balancers.get, arn, "loadbalancer", "LoadBalancer")

    def listener(self, arn: str) -> Listener:
        """ListenerNotFound where it is not there."""
        return self._found(self.desired.listeners.get, arn, "listener", "Listener")

    def rule(self, arn: str) -> Rule:
        """RuleNotFound where it is not there."""
        return self._found(self.desired.rules.get, arn, "listener-rule", "Rule")

    def group(self, arn: str) -> TargetGroup:
        """With AWS's defaults filled in; TargetGroupNotFound where it is not there."""
        return self._found(self.desired.target_group, arn, "targetgroup", "TargetGroup")

    def _found(self, get: Callable[[str], _T | None], arn: str, kind: str, noun: str) -> _T:
        words = _WORDS[noun]
        if f":{kind}/" not in arn:
            raise AwsError("ValidationError", f"'{arn}' is not a valid {words} ARN")
        found = get(arn)
        if found is None:
            raise AwsError(f"{noun}NotFound", f"{words.capitalize()} '{arn}' not found")
        return found

    def check_action(self, action: Action, balancer: LoadBalancer, protocol: str) -> None:
        """Whether a load balancer's listener of this protocol may do so.

        Raises:
            AwsError: a target group is not there, is of another VPC or of another load balancer, or they are too many;
                or HTTPS would be redirected to HTTP.
        """
        if action.redirect is not None and protocol == "HTTPS" and action.redirect.protocol == "HTTP":
            raise AwsError("InvalidLoadBalancerAction", "You cannot redirect HTTPS to HTTP")
        arns = action.groups
        for arn in arns:
            group = self.group(arn)
            if not group.is_function and group.vpc_id != balancer.vpc_id:
                raise AwsError(
                    "InvalidConfigurationRequest",
                    f"Target group '{arn}' is in VPC '{group.vpc_id}', and the load balancer in '{balancer.vpc_id}'",
                )
            if not {*self.desired.users(arn)} <= {balancer.arn}:
                raise AwsError(
                    "TargetGroupAssociationLimit",
                    f"The following target groups cannot be associated with more than one load balancer: {arn}",
                )
        if arns:
            used = {arn for rule in self.desired.rules.where("balancer", balancer.arn) for arn in rule.action.groups}
            quotas.check(quotas.GROUPS_OF_BALANCER, len(used | {*arns}))


_WORDS = {
    "LoadBalancer": "load balancer", "Listener": "listener", "Rule": "rule", "TargetGroup": "target group",
}  # fmt: skip


def one_of(request: Mapping[str, Any], *names: str, needed: str = "") -> None:
    """Raises ValidationError for a request that gives more than one of these, or none, in the words for one needed."""
    given = [name for name in names if request.get(name)]
    if len(given) > 1:
        raise AwsError("ValidationError", f"{' and '.join(given)} can't be specified at the same time")
    if needed and not given:
        raise AwsError("ValidationError", f"You must specify either {needed}")


def page(found: Sequence[_T], request: Mapping[str, Any], key: Callable[[_T], str]) -> tuple[list[_T], Shape]:
    """The page that a request's Marker and PageSize ask for, and the next one's marker as the answer has it.

    Args:
        found: all, in an order that stays.
        request: of the operation.
        key: what identifies an entry.
    """
    size = request.get("PageSize") or 400
    start = 0
    if request.get("Marker"):
        known = [key(entry) for entry in found]
        if request["Marker"] not in known:
            raise AwsError("ValidationError", f"The marker '{request['Marker']}' is not valid")
        start = known.index(request["Marker"]) + 1
    taken = [*found[start : start + size]]
    return taken, {"NextMarker": key(taken[-1])} if start + size < len(found) else {}

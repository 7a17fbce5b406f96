"""The operations on listeners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.elbv2 import attributes, quotas
from netflux.aws.elbv2.listener import validation
from netflux.aws.elbv2.operations import Operations, Shape, one_of, page, tags_of
from netflux.aws.elbv2.rule import shapes
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.elbv2 import DEFAULT_PRIORITY, Listener, Rule, place

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import (
        AddListenerCertificatesInputTypeDef,
        CreateListenerInputTypeDef,
        DeleteListenerInputTypeDef,
        DescribeListenerAttributesInputTypeDef,
        DescribeListenerCertificatesInputTypeDef,
        DescribeListenersInputTypeDef,
        ModifyListenerAttributesInputTypeDef,
        ModifyListenerInputTypeDef,
        RemoveListenerCertificatesInputTypeDef,
    )

_CARRIED = (
    f"Port Protocol SslPolicy Certificates(CertificateArn) MutualAuthentication(Mode) DefaultActions({shapes.ACTION})"
)
_TRUST = "There are no trust stores here: clients are not asked for certificates."
_REFUSED = {
    **shapes.refused_actions("DefaultActions"),
    **{
        f"MutualAuthentication.{name}": _TRUST
        for name in (
            "TrustStoreArn", "IgnoreClientCertificateExpiry", "TrustStoreAssociationStatus",
            "AdvertiseTrustStoreCaNames",
        )
    },
    "Protocol": "Load balancers speak HTTP and HTTPS here: there are no Network and Gateway Load Balancers.",
    "AlpnPolicy": "Only TLS listeners of Network Load Balancers have it.",
    "Certificates.IsDefault": "The one certificate of this request is the default one.",
}  # fmt: skip
_ONLY = {
    "DefaultActions.Type": shapes.ACTIONS_CARRIED,
    "MutualAuthentication.Mode": ("off",),
    "Protocol": ("HTTP", "HTTPS"),
}


class Listeners(Operations):
    """Handlers."""

    @operation(f"LoadBalancerArn {_CARRIED} Tags(Key Value)", refused=_REFUSED, only=_ONLY)
    def create_listener(self, call: Call, request: CreateListenerInputTypeDef) -> Shape:
        """One for a port. Repeated with the same settings it returns the one there is."""
        validation.new(request)
        tags = tags_of(call, request.get("Tags"))
        certificates = self._known_certificates(request.get("Certificates") or ())
        balancer = self.balancer(request["LoadBalancerArn"])
        listener = Listener(
            self.arn(f"listener/{balancer.arn.partition(':loadbalancer/')[2]}"), balancer.arn, request["Port"],
            request["Protocol"], certificates, validation.policy(request), tags=tags,
        )  # fmt: skip
        action = shapes.read_action(request["DefaultActions"])
        for found in self.desired.listeners.where("port", place(balancer.arn, listener.port)):
            same = replace(listener, arn=found.arn, attributes=found.attributes, tags=found.tags)
            if found == same and self._default_rule(found).action == action:
                return {"Listeners": [self._shown_listener(found)]}
            raise AwsError(
                "DuplicateListener", f"A listener already exists on port {listener.port} for '{balancer.arn}'"
            )
        self.check_action(action, balancer, listener.protocol)
        quotas.check(quotas.LISTENERS, len(self.desired.listeners.keys("balancer", balancer.arn)) + 1)
        self.desired.listeners.put(listener)
        rule = self.arn(f"listener-rule/{listener.arn.partition(':listener/')[2]}")
        self.desired.rules.put(Rule(rule, DEFAULT_PRIORITY, (), action))
        return {"Listeners": [self._shown_listener(listener)]}

    @operation("LoadBalancerArn ListenerArns Marker PageSize")
    def describe_listeners(self, _call: Call, request: DescribeListenersInputTypeDef) -> Shape:
        """Of a load balancer, or by ARN."""
        one_of(request, "LoadBalancerArn", "ListenerArns", needed="listener ARNs or a load balancer ARN")
        if request.get("ListenerArns"):
            found = [self.listener(arn) for arn in request["ListenerArns"]]
        else:
            found = self.desired.listeners.where("balancer", self.balancer(request["LoadBalancerArn"]).arn)
        taken, marker = page(found, request, lambda listener: listener.arn)
        return {"Listeners": [self._shown_listener(one) for one in taken], **marker}

    @operation(f"ListenerArn {_CARRIED}", refused=_REFUSED, only=_ONLY)
    def modify_listener(self, _call: Call, request: ModifyListenerInputTypeDef) -> Shape:
        """Parts that are left out stay. Another protocol leaves certificates or needs one."""
        validation.listener(request)
        before = self.listener(request["ListenerArn"])
        certificates = self._known_certificates(request.get("Certificates") or ())
        after = validation.modified(before, request, certificates)
        for found in self.desired.listeners.keys("port", place(after.load_balancer, after.port)):
            if found != after.arn:
                raise AwsError("DuplicateListener", f"A listener already exists on port {after.port}")
        rules = {rule.arn: rule for rule in self.desired.rules.where("listener", after.arn)}
        if request.get("DefaultActions"):
            default = replace(self._default_rule(after), action=shapes.read_action(request["DefaultActions"]))
            rules[default.arn] = default
        for rule in rules.values():
            self.check_action(rule.action, self.balancer(after.load_balancer), after.protocol)
            self.desired.rules.put(rule)
        self.desired.listeners.put(after)
        return {"Listeners": [self._shown_listener(after)]}

    @operation("ListenerArn")
    def delete_listener(self, _call: Call, request: DeleteListenerInputTypeDef) -> Shape:
        """With its rules."""
        listener = self.listener(request["ListenerArn"])
        for rule in self.desired.rules.where("listener", listener.arn):
            self.desired.rules.delete(rule.arn)
        self.desired.listeners.delete(listener.arn)
        return {}

    @operation("ListenerArn")
    def describe_listener_attributes(self, _call: Call, request: DescribeListenerAttributesInputTypeDef) -> Shape:
        """All that are carried, with AWS's defaults."""
        found = attributes.listener(self.listener(request["ListenerArn"]).attributes)
        return {"Attributes": attributes.as_list(found)}

    @operation("ListenerArn Attributes(Key Value)")
    def modify_listener_attributes(self, _call: Call, request: ModifyListenerAttributesInputTypeDef) -> Shape:
        """Values without effect here are refused by name."""
        attributes.check_listener(request["Attributes"])
        before = self.listener(request["ListenerArn"])
        after = replace(before, attributes={**before.attributes, **attributes.said(request["Attributes"])})
        self.desired.listeners.put(after)
        return {"Attributes": attributes.as_list(attributes.listener(after.attributes))}

    @operation(
        "ListenerArn Certificates(CertificateArn)",
        refused={"Certificates.IsDefault": "ModifyListener sets the default certificate."},
    )
    def add_listener_certificates(self, _call: Call, request: AddListenerCertificatesInputTypeDef) -> Shape:
        """Beside the default one; for whoever asks for one of their names."""
        before = self._secure_listener(request["ListenerArn"])
        added = self._known_certificates(request["Certificates"])
        after = replace(before, certificates=tuple(dict.fromkeys([*before.certificates, *added])))
        others = [one for one in self.desired.listeners.where("balancer", before.load_balancer) if one != before]
        quotas.check(quotas.CERTIFICATES, sum(len(one.certificates[1:]) for one in [*others, after]))
        self.desired.listeners.put(after)
        return {"Certificates": [{"CertificateArn": arn, "IsDefault": False} for arn in added]}

    @operation(
        "ListenerArn Certificates(CertificateArn)",
        refused={"Certificates.IsDefault": "ModifyListener sets the default certificate."},
    )
    def remove_listener_certificates(self, _call: Call, request: RemoveListenerCertificatesInputTypeDef) -> Shape:
        """The default one can only be replaced."""
        before = self._secure_listener(request["ListenerArn"])
        leaving = {one["CertificateArn"] for one in request["Certificates"]}
        if before.certificates[0] in leaving:
            raise AwsError("OperationNotPermitted", f"Default certificate '{before.certificates[0]}' cannot be removed")
        kept = tuple(arn for arn in before.certificates if arn not in leaving)
        self.desired.listeners.put(replace(before, certificates=kept))
        return {}

    @operation("ListenerArn Marker PageSize")
    def describe_listener_certificates(self, _call: Call, request: DescribeListenerCertificatesInputTypeDef) -> Shape:
        """The default one first."""
        found = self.listener(request["ListenerArn"]).certificates
        taken, marker = page(found, request, str)
        listed = [{"CertificateArn": arn, "IsDefault": arn == found[0]} for arn in taken]
        return {"Certificates": listed, **marker}

    def _secure_listener(self, arn: str) -> Listener:
        found = self.listener(arn)
        if found.protocol != "HTTPS":
            raise AwsError("ValidationError", f"Listener '{arn}' is no HTTPS listener, so it has no certificates")
        return found

    def _known_certificates(self, certificates: Sequence[Any]) -> tuple[str, ...]:
        """ARNs of a request's certificates; AwsError where ACM has one not."""
        found = tuple(dict.fromkeys(one.get("CertificateArn") or "" for one in certificates))
        for arn in found:
            validation.certificate(arn)
            known = self.parts.acm.get(arn)
            if known is None:
                raise AwsError("CertificateNotFound", f"Certificate '{arn}' not found")
            if not known.certificate:
                said = (
                    f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a "
                    "supported key size."
                )
                raise AwsError("UnsupportedCertificate", f"{said} It is not issued yet: its domains are not validated.")
        return found

    def _default_rule(self, listener: Listener) -> Rule:
        (rule,) = self.desired.rules.where("priority", place(listener.arn, DEFAULT_PRIORITY))
        return rule

    def _shown_listener(self, listener: Listener) -> dict[str, Any]:
        """An HTTP listener has no TLS policy."""
        found: dict[str, Any] = {
            "ListenerArn": listener.arn,
            "LoadBalancerArn": listener.load_balancer,
            "Port": listener.port,
            "Protocol": listener.protocol,
            "DefaultActions": [shapes.shown_action(self._default_rule(listener).action)],
        }
        if listener.protocol == "HTTPS":
            found["SslPolicy"] = listener.ssl_policy
            found["Certificates"] = [{"CertificateArn": listener.certificates[0]}]
            found["MutualAuthentication"] = {"Mode": "off"}
        return found

"""Of listeners."""

from __future__ import annotations

from tests.aws.elbv2.place import forward
from tests.rules.elbv2.requests import (
    ACTIONS,
    CERTIFICATES,
    CREATE_LISTENER,
    MODIFY_LISTENER,
    NO_ARN,
    QUOTAS,
    attributes,
    new_listener,
    redirect,
)
from tests.rules.rule import Rule

NO_CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"

RULES = [
    Rule(
        "A listener has actions.",
        "CreateListener",
        new_listener() | {"DefaultActions": []},
        "ValidationError",
        CREATE_LISTENER,
    ),
    Rule(
        "A listener has a port.",
        "CreateListener",
        {name: value for name, value in new_listener().items() if name != "Port"},
        "ValidationError",
        CREATE_LISTENER,
    ),
    Rule(
        "A listener has a protocol.",
        "CreateListener",
        {name: value for name, value in new_listener().items() if name != "Protocol"},
        "ValidationError",
        CREATE_LISTENER,
    ),
    Rule(
        "A listener's port is at most 65535.",
        "CreateListener",
        new_listener(Port=70000),
        "ValidationError",
        CREATE_LISTENER,
    ),
    Rule("A port is one listener's.", "CreateListener", new_listener(Port=80), "DuplicateListener", CREATE_LISTENER),
    Rule(
        "A listener's load balancer is there.",
        "CreateListener",
        new_listener(LoadBalancerArn=f"{NO_ARN}:loadbalancer/app/no/0123456789abcdef"),
        "LoadBalancerNotFound",
        CREATE_LISTENER,
    ),
    Rule(
        "An HTTPS listener has a certificate.",
        "CreateListener",
        new_listener(Protocol="HTTPS"),
        "ValidationError",
        CERTIFICATES,
    ),
    Rule(
        "An HTTP listener has no certificate.",
        "CreateListener",
        new_listener(Certificates=[{"CertificateArn": "{certificate}"}]),
        "ValidationError",
        CERTIFICATES,
    ),
    Rule(
        "An HTTP listener has no security policy.",
        "CreateListener",
        new_listener(SslPolicy="ELBSecurityPolicy-2016-08"),
        "ValidationError",
        CREATE_LISTENER,
    ),
    Rule(
        "A listener is made with one certificate.",
        "CreateListener",
        new_listener(
            Protocol="HTTPS",
            Certificates=[
                {"CertificateArn": "{certificate}"},
                {"CertificateArn": "{second_certificate}"},
            ],
        ),
        "ValidationError",
        CREATE_LISTENER,
    ),
    Rule(
        "A certificate is there.",
        "CreateListener",
        new_listener(
            Protocol="HTTPS",
            Certificates=[
                {"CertificateArn": NO_CERTIFICATE},
            ],
        ),
        "CertificateNotFound",
        CREATE_LISTENER,
    ),
    Rule(
        "A security policy is one of AWS's.",
        "CreateListener",
        new_listener(
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": "{certificate}"}],
            SslPolicy="ELBSecurityPolicy-None",
        ),
        "SSLPolicyNotFound",
        CREATE_LISTENER,
    ),
    Rule(
        "A target group that a listener forwards to is there.",
        "CreateListener",
        new_listener(forward(f"{NO_ARN}:targetgroup/no/0123456789abcdef")),
        "TargetGroupNotFound",
        CREATE_LISTENER,
    ),
    Rule(
        "A target group is of the load balancer's VPC.",
        "CreateListener",
        new_listener(forward("{foreign}")),
        "InvalidConfigurationRequest",
        CREATE_LISTENER,
    ),
    Rule(
        "A target group has one load balancer.",
        "CreateListener",
        new_listener(forward("{taken}")),
        "TargetGroupAssociationLimit",
        QUOTAS,
    ),
    Rule(
        "A listener that is modified is there.",
        "ModifyListener",
        {"ListenerArn": "{listener}0", "Port": 81},
        "ListenerNotFound",
        MODIFY_LISTENER,
    ),
    Rule(
        "A listener does not move to another one's port.",
        "ModifyListener",
        {"ListenerArn": "{listener}", "Port": 443},
        "DuplicateListener",
        MODIFY_LISTENER,
    ),
    Rule(
        "A listener forwards to a target group that is there.",
        "ModifyListener",
        {
            "ListenerArn": "{listener}",
            "DefaultActions": [forward(f"{NO_ARN}:targetgroup/no/0123456789abcdef")],
        },
        "TargetGroupNotFound",
        MODIFY_LISTENER,
    ),
    Rule(
        "A listener forwards to a target group of its VPC.",
        "ModifyListener",
        {"ListenerArn": "{listener}", "DefaultActions": [forward("{foreign}")]},
        "InvalidConfigurationRequest",
        MODIFY_LISTENER,
    ),
    Rule(
        "A listener that becomes HTTPS gets a certificate.",
        "ModifyListener",
        {"ListenerArn": "{listener}", "Protocol": "HTTPS"},
        "ValidationError",
        MODIFY_LISTENER,
    ),
    Rule(
        "HTTPS is not redirected to HTTP.",
        "ModifyListener",
        {
            "ListenerArn": "{secure}",
            "DefaultActions": [redirect(Protocol="HTTP", Port="80")],
        },
        "InvalidLoadBalancerAction",
        ACTIONS,
    ),
    Rule(
        "A load balancer or listeners are described.",
        "DescribeListeners",
        {},
        "ValidationError",
        "DescribeListeners, API reference",
    ),
    Rule(
        "A listener that is deleted is there.",
        "DeleteListener",
        {"ListenerArn": "{listener}0"},
        "ListenerNotFound",
        "DeleteListener, API reference",
    ),
    Rule(
        "The default certificate is not removed.",
        "RemoveListenerCertificates",
        {"ListenerArn": "{secure}", "Certificates": [{"CertificateArn": "{certificate}"}]},
        "OperationNotPermitted",
        CERTIFICATES,
    ),
    Rule(
        "A certificate that is added is there.",
        "AddListenerCertificates",
        {
            "ListenerArn": "{secure}",
            "Certificates": [
                {"CertificateArn": NO_CERTIFICATE},
            ],
        },
        "CertificateNotFound",
        "AddListenerCertificates, API reference",
    ),
    Rule(
        "Certificates are added to HTTPS listeners.",
        "AddListenerCertificates",
        {"ListenerArn": "{listener}", "Certificates": [{"CertificateArn": "{certificate}"}]},
        "ValidationError",
        "AddListenerCertificates, API reference",
    ),
    Rule(
        "A header that is added to answers has at most 1024 bytes.",
        "ModifyListenerAttributes",
        attributes("Listener", "{listener}", routing__http__response__x_frame_options__header_value="x" * 1025),
        "ValidationError",
        "HTTP header modification for your Application Load Balancer",
    ),
]

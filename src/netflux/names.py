"""Names of endpoints: what AWS calls them, and where they answer here.

`*.localhost` is reserved for the loopback interface (RFC 6761), and browsers and curl resolve it without any set-up.
AWS's own forms are answered by the gateway as well, so `curl --connect-to` works with a name copied from the console.
"""

from __future__ import annotations

import hashlib

ACCOUNT = "123456789012"
REGION = "us-east-1"


def load_balancer(name: str, arn: str, region: str, internal: bool = False) -> str:
    """DNS name of a load balancer: `{name}-{n}.{region}.elb.localhost`, n being stable for the ARN."""
    number = int.from_bytes(hashlib.sha256(arn.encode()).digest()[:4], "big") % 10**9 + 10**9
    prefix = "internal-" if internal else ""
    return f"{prefix}{name}-{number}.{region}.elb.localhost"


def distribution(distribution_id: str) -> str:
    """Domain name of a distribution; DNS names are lower-case while ids are upper-case."""
    return f"{distribution_id.lower()}.cloudfront.localhost"


def bucket(name: str, region: str) -> str:
    """Virtual-hosted name of a bucket's REST endpoint."""
    return f"{name}.s3.{region}.localhost"


def function_url(identity: str, region: str) -> str:
    """Host of a function URL."""
    return f"{identity}.lambda-url.{region}.localhost"


def database(identifier: str, account: str, region: str) -> str:
    """Endpoint address of a DB instance: the middle label is the same for an account and region, as on AWS."""
    digest = hashlib.sha256(f"{account}/{region}".encode()).hexdigest()
    return f"{identifier}.c{digest[:11]}.{region}.rds.localhost"


def internal_domain(region: str) -> str:
    """What names of addresses in a VPC end in (VPC guide, "DNS hostnames")."""
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def registry(account: str, region: str) -> str:
    """Host of the account's private registry."""
    return f"{account}.dkr.ecr.{region}.localhost"


_AWS_SUFFIXES = (
    (".elb.amazonaws.com", ".elb.localhost"),
    (".cloudfront.net", ".cloudfront.localhost"),
    (".rds.amazonaws.com", ".rds.localhost"),
)


def local(host: str) -> str:
    """The local form of a host name in AWS's form, lower-case and without port; other names come back as they are."""
    host = host.lower().partition(":")[0]
    for aws, here in _AWS_SUFFIXES:
        if host.endswith(aws):
            return host.removesuffix(aws) + here
    if host.endswith(".amazonaws.com"):
        return host.removesuffix(".amazonaws.com") + ".localhost"
    return host

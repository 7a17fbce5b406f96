"""Values for a shape of a service's model: ones that a client would send, and ones that nobody should."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

from botocore.model import Shape

DEEPEST = 6
ACCOUNT = "123456789012"
_ID = "0123456789abcdef"
_IDS = {
    "vpc": "vpc", "subnet": "subnet", "group": "sg", "securitygroup": "sg", "routetable": "rtb", "networkacl": "acl",
    "internetgateway": "igw", "natgateway": "nat", "networkinterface": "eni", "allocation": "eipalloc", "instance": "i",
    "association": "rtbassoc", "prefixlist": "pl", "vpcendpoint": "vpce", "launchtemplate": "lt", "flowlog": "fl",
    "image": "ami", "volume": "vol", "snapshot": "snap", "keypair": "key", "securitygrouprule": "sgr",
    "hostedzone": "Z", "distribution": "E", "namespace": "ns-", "service": "srv-",
}  # fmt: skip
_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": {"AWS": "*"}}],
    }
)
_TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "fuzz"}}}})

NONSENSE = (
    "", " ", "\x00", "a\x00b", "\x01\x02\x1f", "\ufffe\uffff", "\ud800", "😀" * 3, "../../../etc/passwd", "%00%ff",
    "null",
    "NaN", "-1", "0", "1e999", "true", "[]", "{}", "arn:", "arn:aws", "arn:aws:::::",
    "arn:aws:ecs:us-east-1:123456789012:",
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x", "vpc-", "sg-zzzz", "x" * 2_000, "a,b,,c",
    "<a>&amp;</a>", "]]>", "' OR 1=1 --", "${AWS::Region}", "{{resolve:ssm:/nope}}", "*", "?", "a/b/c/d/e", "/",
    "//", "10",
    "10.0.0.0/33", "999.1.2.3/8", "::/129", "2026-13-45T99:99:99Z", "eyJub25zZW5zZSI6IDF9", "AAAA", "==", "-", "\n",
    "\r\n",
    "(a+)+$", "a" * 70_000,
)  # fmt: skip
"""Strings that are wrong nearly everywhere."""
NUMBERS = (0, -1, 1, 7, 2**31 - 1, 2**31, -(2**31) - 1, 2**63, 10**9, 10**30, -(10**30))
TOKENS = ("", "nonsense", "0", "-1", "99999999", "AAAA", "eyJ4IjogMX0=", "a|b", "1:2:3", "%", "\x00", "é", "None", "==")


class Values:
    """Well-formed values, by chance.

    Args:
        random: what decides.
        there: texts that name what the cloud has: ids, ARNs, names.
    """

    def __init__(self, random: Random, there: tuple[str, ...] = ()) -> None:
        self._random = random
        self._there = there

    def of(self, shape: Shape, share: float, name: str = "", depth: int = 0) -> Any:
        """A value of the shape; `share` of the members that are not required are there."""
        return getattr(self, f"_{shape.type_name}", self._string)(shape, share, name, depth)

    def _structure(self, shape: Any, share: float, _: str, depth: int) -> dict[str, Any]:
        chance = share if depth < DEEPEST else 0.0
        required = shape.required_members
        if getattr(shape, "is_tagged_union", False) and shape.members:
            one = self._random.choice([*shape.members])
            return {one: self.of(shape.members[one], share, one, depth + 1)} if depth < DEEPEST * 2 else {}
        return {
            key: self.of(member, share, key, depth + 1)
            for key, member in shape.members.items()
            if (key in required and depth < DEEPEST * 2) or (chance and self._random.random() < chance)
        }

    def _list(self, shape: Any, share: float, name: str, depth: int) -> list[Any]:
        least = int(shape.metadata.get("min", 0))
        count = max(min(least, 5), 1 if depth < DEEPEST else 0)
        return [self.of(shape.member, share, name or shape.member.name, depth + 1) for _ in range(count)]

    def _map(self, shape: Any, share: float, _: str, depth: int) -> dict[str, Any]:
        if depth >= DEEPEST:
            return {}
        return {self.of(shape.key, share, "Key", depth + 1): self.of(shape.value, share, "Value", depth + 1)}

    def _boolean(self, *_: Any) -> bool:
        return self._random.random() < 0.5

    def _integer(self, shape: Shape, *_: Any) -> int:
        least, most = shape.metadata.get("min", 1), shape.metadata.get("max", 100)
        return int(self._random.choice((least, min(least + 1, most))))

    _long = _integer

    def _double(self, shape: Shape, *_: Any) -> float:
        return float(self._integer(shape))

    _float = _double
    _bigdecimal = _double

    def _timestamp(self, *_: Any) -> datetime:
        return datetime(2026, self._random.randint(1, 12), 1, tzinfo=UTC)

    def _blob(self, *_: Any) -> bytes:
        return b"fuzz"

    def _string(self, shape: Any, _: float, name: str, __: int) -> str:
        if getattr(shape, "enum", None):
            return str(self._random.choice(shape.enum))
        least = int(shape.metadata.get("min", 0))
        text = self._named(name)
        return text + "a" * min(least - len(text), 2_000) if len(text) < least else text

    def _named(self, name: str) -> str:
        lower = name.lower()
        if self._there and self._random.random() < 0.3:
            return self._random.choice(self._there)
        for ending, text in _ENDINGS:
            if lower.endswith(ending):
                return text
        noun = lower.removesuffix("s").removesuffix("id")
        if lower.removesuffix("s").endswith("id") and noun in _IDS:
            prefix = _IDS[noun]
            digits = f"{self._random.randint(0, 3):017x}"
            return f"{prefix}-{digits}" if prefix.islower() and not prefix.endswith("-") else prefix + digits
        return f"fuzz-{self._random.randint(0, 3)}"


_ENDINGS = (
    ("loadbalancerarn", f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/fuzz/0123456789abcdef"),
    ("targetgrouparn", f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:targetgroup/fuzz/0123456789abcdef"),
    ("listenerarn", f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:listener/app/fuzz/{_ID}/{_ID}"),
    ("rolearn", f"arn:aws:iam::{ACCOUNT}:role/fuzz"),
    ("policyarn", f"arn:aws:iam::{ACCOUNT}:policy/fuzz"),
    ("topicarn", f"arn:aws:sns:us-east-1:{ACCOUNT}:fuzz"),
    ("arn", f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/default/fuzz"),
    ("cidr", "10.0.0.0/24"), ("cidrblock", "10.0.0.0/24"), ("cidrip", "10.0.0.0/24"), ("ipaddress", "10.0.0.7"),
    ("templatebody", _TEMPLATE), ("policy", _POLICY), ("policydocument", _POLICY), ("document", _POLICY),
    ("queueurl", f"http://localhost:4566/{ACCOUNT}/fuzz"), ("url", "http://localhost/fuzz"), ("uri", "/fuzz"),
    ("region", "us-east-1"), ("availabilityzone", "us-east-1a"), ("token", ""), ("marker", ""), ("account", ACCOUNT),
    ("accountid", ACCOUNT), ("bucket", "fuzz-bucket"), ("domainname", "fuzz.example.com"), ("protocol", "tcp"),
    ("password", "Fuzz-password-1"), ("json", "{}"),
)  # fmt: skip

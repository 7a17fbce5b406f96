"""Values that a call may have, by the name of a member and by its shape; deterministic by the random source."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from botocore.model import Shape

_NAMES = ("alpha", "beta", "gamma", "delta")
_DEPTH = 6
_OPTIONAL = 0.15
"""How likely a member is that need not be there."""

_WANTED = {
    "CidrBlock", "IpPermissions", "GroupId", "DestinationCidrBlock", "GatewayId", "Subnets", "SubnetIds", "VpcId",
    "SubnetId", "AllocationId", "Protocol", "Port", "DefaultActions", "cluster", "networkMode", "cpu", "memory",
    "requiresCompatibilities", "launchType", "AssociationId", "SecurityGroups", "Scheme", "SecretString", "TargetType",
    "AttributeDefinitions", "KeySchema", "BillingMode", "Statistic", "Period", "Threshold", "Namespace", "MetricName",
}  # fmt: skip
_LIKELY = 0.75
"""How likely those are that most calls have, though the model does not ask for them."""

_TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip
_POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
_TEMPLATE = json.dumps({"Resources": {"Group": {"Type": "AWS::Logs::LogGroup"}}})

_FIXED: dict[str, tuple[Any, ...]] = {
    "cidrblock": ("10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/24", "10.0.1.0/24", "10.1.2.0/24", "10.0.0.0/28",
    "10.2.0.0/20"),
    "destinationcidrblock": ("0.0.0.0/0", "10.9.0.0/16", "192.168.0.0/24", "10.0.0.0/16"),
    "cidrip": ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.7/32"),
    "cidripv4": ("0.0.0.0/0", "10.0.0.0/8"),
    "cidripv6": ("::/0",),
    "ipprotocol": ("tcp", "udp", "icmp", "-1", "50"),
    "protocol": ("HTTP", "-1", "6", "17", "tcp"),
    "fromport": (0, 22, 80, 443, 65535), "toport": (80, 443, 8080, 65535),
    "port": (80, 443, 8080), "from": (80,), "to": (80, 443), "containerport": (80, 8080),
    "availabilityzone": ("us-east-1a", "us-east-1b"), "rulenumber": (1, 100, 200, 32766), "priority": (1, 2, 3, 100),
    "assumerolepolicydocument": (_TRUST,), "policydocument": (_POLICY,), "resourcepolicy": (_POLICY,),
    "templatebody": (_TEMPLATE,), "policytext": (_POLICY,), "domain": ("vpc",), "type": ("forward", "String", "A"),
    "healthcheckpath": ("/", "/health"), "targettype": ("ip",), "networkmode": ("awsvpc",), "image": ("no/image:1",),
    "cpu": ("256",), "memory": ("512",), "requirescompatibilities": (["FARGATE"],), "launchtype": ("FARGATE",),
    "schedulingstrategy": ("REPLICA",), "desiredcount": (0, 1), "count": (1,), "minimumcapacity": (0,),
    "servicenamespace": ("ecs",), "scalabledimension": ("ecs:service:DesiredCount",), "domainname": ("a.example.com",),
    "validationmethod": ("DNS",), "hostname": ("a.example.com",), "email": ("a@example.com",),
    "kmskeyid": ("alias/aws/s3",),
    "attributename": ("id",), "attributetype": ("S",), "keytype": ("HASH",), "billingmode": ("PAY_PER_REQUEST",),
    "comparisonoperator": ("GreaterThanThreshold",), "period": (60,), "evaluationperiods": (1, 2), "threshold": (1.0,),
    "statistic": ("Average",), "namespace": ("Mine",), "metricname": ("Things",), "retentionindays": (1, 7, 30),
    "ttl": (60, 300), "callerreference": ("one", "two", "three"), "action": ("UPSERT", "CREATE"), "path": ("/",),
    "message": ("hello",), "messagebody": ("hello",), "description": ("some text", ""), "value": ("a", "b", "1.2.3.4"),
    "secretstring": ("s1", "s2"), "keyusage": ("ENCRYPT_DECRYPT",), "keyspec": ("SYMMETRIC_DEFAULT",),
    "policyname": _NAMES, "rolename": _NAMES, "username": _NAMES, "groupname": _NAMES, "name": _NAMES, "key": ("a",
    "b"),
    "tagkeys": (["a"], ["b"]), "queuename": _NAMES, "topicname": _NAMES, "loggroupname": _NAMES,
    "logstreamname": _NAMES,
    "bucket": ("alpha-bucket", "beta-bucket"), "stackname": _NAMES, "clustername": _NAMES, "family": _NAMES,
    "tablename": ("alpha", "beta"), "repositoryname": ("alpha", "beta"), "servicename": _NAMES, "secretid": _NAMES,
    "vpcregion": ("us-east-1",), "imagetag": ("one", "two"), "loadbalancername": _NAMES, "targetgroupname": _NAMES,
    "engine": ("postgres",), "dbinstanceclass": ("db.t3.micro",), "dbinstanceidentifier": ("alpha",),
    "masterusername": ("master",), "masteruserpassword": ("password-of-8",), "allocatedstorage": (20,),
    "dbsubnetgroupname": ("alpha", "beta"), "dbparametergroupname": ("alpha",),
    "dbparametergroupfamily": ("postgres15",),
    "body": (b"body", b""), "keypolicy": (None,), "desiredstate": ("OPEN",), "ipaddresstype": ("ipv4",),
    "resourcetype": (None,), "dryrun": (False,), "alarmname": _NAMES, "launchtemplatename": _NAMES, "keyname": _NAMES,
    "healthcheckprotocol": ("HTTP",), "protocolversion": ("HTTP1",), "vpcendpointtype": ("Gateway", "Interface"),
    "ruleaction": ("allow", "deny"), "trafficmode": ("ALL",), "traffictype": ("ALL",), "statuscode": ("200", "404"),
    "resourcerecordset": (
        {"Name": "a.alpha.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "1.2.3.4"}]},
        {"Name": "b.alpha.example", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "c.example"}]},
        {"Name": "t.alpha.example", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"text"'}]},
    ),
    "containerdefinitions": ([{"name": "app", "image": "no/image:1", "essential": True}],),
    "ippermissions": (
        [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
        [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    ),
    "defaultactions": ([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],),
    "actions": ([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],),
    "conditions": ([{"Field": "path-pattern", "Values": ["/a*"]}],),
    "attributedefinitions": ([{"AttributeName": "id", "AttributeType": "S"}],),
    "keyschema": ([{"AttributeName": "id", "KeyType": "HASH"}],), "item": ({"id": {"S": "one"}},),
    "hostedzoneconfig": ({"Comment": "c", "PrivateZone": False},), "scheme": ("internal",),
    "distributionconfig": ({
        "CallerReference": "one", "Comment": "", "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [{
            "Id": "o", "DomainName": "o.example.com",
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
        }]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
    },),
}  # fmt: skip
"""What members are, whatever service they belong to; lower case."""

_CLOSE = {"cluster": "clusterarn", "taskdefinition": "taskdefinitionarn", "service": "servicearn", "groups": "groupid",
          "securitygroups": "groupid", "securitygroupids": "groupid", "subnets": "subnetid", "resource": "arn",
          "resourcearn": "arn", "resourcearns": "loadbalancerarn", "resources": "vpcid", "hostedzoneid": "id",
          "secretid": "arn", "keyid": "keyid", "vpcsecuritygroupids": "groupid", "targetgrouparns": "targetgrouparn",
          "id": "id", "resourceids": "vpcid", "associationid": "routetableassociationid", "serviceid": "id",
          "namespaceid": "id"}  # fmt: skip
"""Members whose values have another name where they are told."""


class Values:
    """Makes parameters, of what earlier answers told where that fits.

    Args:
        random: every choice is its.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self.known: dict[str, list[Any]] = {}

    def learn(self, answer: Any, name: str = "") -> None:
        """Keeps ids, ARNs and names that an answer tells; the newest are the likeliest to be there still."""
        if isinstance(answer, dict):
            for key, value in answer.items():
                if key != "ResponseMetadata":
                    self.learn(value, key)
        elif isinstance(answer, list):
            for value in answer:
                self.learn(value, name)
        elif isinstance(answer, str) and answer and name.lower().endswith(("id", "arn", "arns", "name", "url", "etag")):
            pool = self.known.setdefault(name.lower(), [])
            if answer not in pool:
                pool.append(answer)
                del pool[:-12]

    def of(self, shape: Shape, name: str = "", depth: int = 0) -> Any:
        """A value of the shape; None for none."""
        found = self._told(shape, name.lower())
        if found is not None:
            return found
        if shape.type_name == "structure":
            return self._structure(shape, depth)
        if shape.type_name == "list":
            if depth > _DEPTH:
                return []
            member = self.of(shape.member, _singular(name), depth + 1)
            return [] if member is None else [member]
        if shape.type_name == "map":
            return {"a": self.of(shape.value, "value", depth + 1)} if depth <= _DEPTH else {}
        return self._scalar(shape)

    def _structure(self, shape: Shape, depth: int) -> dict[str, Any]:
        found = {}
        for name, member in shape.members.items():
            likely = _LIKELY if depth == 0 and name in _WANTED else _OPTIONAL
            if name not in shape.required_members and (depth > _DEPTH or self._random.random() > likely):
                continue
            value = self.of(member, name, depth + 1)
            if value is not None:
                found[name] = value
        return found

    def _told(self, shape: Shape, name: str) -> Any:
        for one in (name, _CLOSE.get(name, "")):
            pool = self.known.get(one) or self.known.get(_singular(one))
            if pool and self._random.random() < 0.9:
                value = self._random.choice(pool)
                if shape.type_name == "string":
                    return value
                if shape.type_name == "list" and shape.member.type_name == "string":
                    many = min(len(pool), self._random.choice((1, 1, 2)))
                    return self._random.sample(pool, many)
        fixed = [one for one in _FIXED.get(name, ()) if one is None or _fits(shape, one)]
        if fixed and not (shape.type_name == "string" and getattr(shape, "enum", ()) and fixed[0] not in shape.enum):
            return self._random.choice(fixed)
        return None

    def _scalar(self, shape: Shape) -> Any:
        if shape.type_name == "string":
            return self._random.choice(shape.enum) if getattr(shape, "enum", ()) else self._random.choice(_NAMES)
        if shape.type_name in ("integer", "long"):
            low = int(shape.metadata.get("min", 0))
            return self._random.randint(low, min(int(shape.metadata.get("max", low + 20)), low + 20))
        if shape.type_name in ("float", "double"):
            return float(self._random.randint(0, 9))
        if shape.type_name == "boolean":
            return self._random.random() < 0.5
        return b"bytes" if shape.type_name == "blob" else None


def _fits(shape: Shape, value: Any) -> bool:
    kinds = {
        str: ("string",), int: ("integer", "long"), float: ("float", "double"), bool: ("boolean",), list: ("list",),
        dict: ("structure", "map"), bytes: ("blob",),
    }  # fmt: skip
    return shape.type_name in kinds.get(type(value), ())


def _singular(name: str) -> str:
    return name.removesuffix("s")

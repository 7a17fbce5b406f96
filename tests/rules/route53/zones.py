"""What a hosted zone may be."""

from __future__ import annotations

from typing import Any

from netflux import names
from tests.rules.route53.rows import ABSENT, CREATE, ELSEWHERE, HERE, LIST, LONG, NAMES, NO_ZONE, batch, record_set
from tests.rules.rule import Rule

_SET = "API reference, CreateReusableDelegationSet"
_NO_SET = "N0000000000000000000"


def _with_set(rule: str, code: str, says: str = "", **params: Any) -> Rule:
    given = {"Name": "new.com", "CallerReference": "r", "DelegationSetId": "{set}", **params}
    return Rule(rule, "CreateHostedZone", given, code, CREATE, says)


def _set(rule: str, code: str, **params: Any) -> Rule:
    return Rule(rule, "CreateReusableDelegationSet", {"CallerReference": "r", **params}, code, _SET)


DELEGATION_SETS = [
    _with_set("A zone's delegation set is there", "NoSuchDelegationSet", _NO_SET, DelegationSetId=_NO_SET),
    _with_set("A private zone has no reusable delegation set", "InvalidInput", "private", VPC=HERE),
    _with_set(
        "Zones of one name have no name server in common",
        "ConflictingDomainExists",
        "delegated.com",
        Name="delegated.com",
    ),
    _with_set("A zone and the one above have none in common", "ConflictingDomainExists", Name="a.delegated.com"),
    _set("A caller reference is used for one delegation set", "DelegationSetAlreadyCreated", CallerReference="set"),
    _set("A zone's servers become a set once", "DelegationSetAlreadyReusable", HostedZoneId="{delegated}"),
    _set("The zone is there whose servers become a set", "HostedZoneNotFound", HostedZoneId=NO_ZONE),
    _set("A private zone's servers are no set", "InvalidArgument", HostedZoneId="{private}"),
    Rule(
        "A delegation set that a zone has stays",
        "DeleteReusableDelegationSet",
        {"Id": "{set}"},
        "DelegationSetInUse",
        "API reference, DeleteReusableDelegationSet",
    ),
    *(
        Rule(f"{call}: the delegation set is there", call, params, "NoSuchDelegationSet", f"API reference, {call}")
        for call, params in (
            ("GetReusableDelegationSet", {"Id": _NO_SET}),
            ("DeleteReusableDelegationSet", {"Id": _NO_SET}),
            ("ListHostedZones", {"DelegationSetId": _NO_SET}),
            (
                "GetReusableDelegationSetLimit",
                {"Type": "MAX_ZONES_BY_REUSABLE_DELEGATION_SET", "DelegationSetId": _NO_SET},
            ),
        )
    ),
    Rule(
        "A private zone is not signed",
        "GetDNSSEC",
        {"HostedZoneId": "{private}"},
        "InvalidArgument",
        "API reference, GetDNSSEC",
    ),
]

ZONES = [
    Rule(
        "A caller reference is used once",
        "CreateHostedZone",
        {"Name": "other.com", "CallerReference": "public"},
        "HostedZoneAlreadyExists",
        CREATE,
    ),
    Rule(
        "A private zone has a VPC",
        "CreateHostedZone",
        {"Name": "a.internal", "CallerReference": "r", "HostedZoneConfig": {"PrivateZone": True}},
        "InvalidInput",
        CREATE,
        "you must also specify values for VPCId and VPCRegion",
    ),
    Rule(
        "The VPC is there",
        "CreateHostedZone",
        {"Name": "a.internal", "CallerReference": "r", "VPC": ABSENT},
        "InvalidVPCId",
        CREATE,
    ),
    Rule(
        "The VPC is in its region",
        "CreateHostedZone",
        {"Name": "a.internal", "CallerReference": "r", "VPC": ELSEWHERE},
        "InvalidVPCId",
        CREATE,
    ),
    Rule(
        "A VPC has one zone of a name",
        "CreateHostedZone",
        {"Name": "Corp.internal.", "CallerReference": "r", "VPC": HERE},
        "ConflictingDomainExists",
        CREATE,
        "has already been associated with the hosted zone",
    ),
    Rule(
        "A zone's name has labels",
        "CreateHostedZone",
        {"Name": "a..com", "CallerReference": "r"},
        "InvalidDomainName",
        CREATE,
    ),
    Rule(
        "A zone's name has no spaces",
        "CreateHostedZone",
        {"Name": "a b.com", "CallerReference": "r"},
        "InvalidDomainName",
        CREATE,
    ),
    Rule(
        "A zone's name is at most 1,024 characters",
        "CreateHostedZone",
        {"Name": "a" * 1025, "CallerReference": "r"},
        "InvalidInput",
        CREATE,
    ),
    Rule(
        "A zone's label is at most 63 characters",
        "CreateHostedZone",
        {"Name": f"{LONG}.com", "CallerReference": "r"},
        "InvalidDomainName",
        NAMES,
    ),
    Rule(
        "A comment is at most 256 characters",
        "CreateHostedZone",
        {"Name": "a.com", "CallerReference": "r", "HostedZoneConfig": {"Comment": "c" * 257}},
        "InvalidInput",
        CREATE,
    ),
    Rule(
        "A zone with record sets stays",
        "DeleteHostedZone",
        {"Id": "{zone}"},
        "HostedZoneNotEmpty",
        "API reference, DeleteHostedZone",
        "The specified hosted zone contains non-required resource record sets",
    ),
    Rule(
        "A zone that is deleted is there",
        "DeleteHostedZone",
        {"Id": NO_ZONE},
        "NoSuchHostedZone",
        "API reference, DeleteHostedZone",
    ),
    Rule(
        "Cloud Map's zone is deleted by Cloud Map",
        "DeleteHostedZone",
        {"Id": "{map}"},
        "AccessDenied",
        "Cloud Map developer guide, Deleting namespaces",
        "can only be managed through AWS Cloud Map",
    ),
    Rule(
        "Cloud Map's record sets are changed by Cloud Map",
        "ChangeResourceRecordSets",
        batch(("CREATE", record_set("a.map.internal", "A", "10.0.0.1")), zone="{map}"),
        "AccessDenied",
        "Cloud Map developer guide, Service instances",
        "can only be managed through AWS Cloud Map",
    ),
    Rule(
        "A public zone has no VPCs",
        "AssociateVPCWithHostedZone",
        {"HostedZoneId": "{zone}", "VPC": HERE},
        "PublicZoneVPCAssociation",
        "API reference, AssociateVPCWithHostedZone",
    ),
    Rule(
        "A VPC is associated once",
        "AssociateVPCWithHostedZone",
        {"HostedZoneId": "{private}", "VPC": HERE},
        "ConflictingDomainExists",
        "API reference, AssociateVPCWithHostedZone",
    ),
    Rule(
        "An associated VPC is there",
        "AssociateVPCWithHostedZone",
        {"HostedZoneId": "{private}", "VPC": ABSENT},
        "InvalidVPCId",
        "API reference, AssociateVPCWithHostedZone",
    ),
    Rule(
        "The last VPC stays",
        "DisassociateVPCFromHostedZone",
        {"HostedZoneId": "{private}", "VPC": HERE},
        "LastVPCAssociation",
        "API reference, DisassociateVPCFromHostedZone",
    ),
    Rule(
        "What is taken apart was associated",
        "DisassociateVPCFromHostedZone",
        {"HostedZoneId": "{private}", "VPC": {"VPCRegion": names.REGION, "VPCId": "{other}"}},
        "VPCAssociationNotFound",
        "API reference, DisassociateVPCFromHostedZone",
    ),
    Rule("A change is known", "GetChange", {"Id": "C00000000000000000000"}, "NoSuchChange", "API reference, GetChange"),
    Rule("A zone is there", "GetHostedZone", {"Id": NO_ZONE}, "NoSuchHostedZone", "API reference, GetHostedZone"),
    Rule(
        "A zone's comment is changed where a zone is",
        "UpdateHostedZoneComment",
        {"Id": NO_ZONE},
        "NoSuchHostedZone",
        "API reference, UpdateHostedZoneComment",
    ),
    Rule(
        "A zone whose record sets are listed is there",
        "ListResourceRecordSets",
        {"HostedZoneId": NO_ZONE},
        "NoSuchHostedZone",
        LIST,
    ),
    Rule(
        "A type to begin with has a name",
        "ListResourceRecordSets",
        {"HostedZoneId": "{zone}", "StartRecordType": "A"},
        "InvalidInput",
        LIST,
    ),
    Rule(
        "An identifier to begin with has a type",
        "ListResourceRecordSets",
        {"HostedZoneId": "{zone}", "StartRecordName": "a", "StartRecordIdentifier": "x"},
        "InvalidInput",
        LIST,
    ),
    Rule(
        "A page is a number",
        "ListResourceRecordSets",
        {"HostedZoneId": "{zone}", "MaxItems": "many"},
        "InvalidInput",
        LIST,
    ),
    Rule("A page has an entry", "ListHostedZones", {"MaxItems": "0"}, "InvalidInput", "API reference, ListHostedZones"),
    Rule(
        "A zone to begin with has a name",
        "ListHostedZonesByName",
        {"HostedZoneId": "{zone}"},
        "InvalidInput",
        "API reference, ListHostedZonesByName",
    ),
    Rule(
        "A token is an answer's",
        "ListHostedZonesByVPC",
        {"VPCId": "{vpc}", "VPCRegion": names.REGION, "NextToken": "nonsense"},
        "InvalidPaginationToken",
        "API reference, ListHostedZonesByVPC",
    ),
    Rule(
        "A private zone's limits are a private zone's",
        "GetHostedZoneLimit",
        {"HostedZoneId": "{zone}", "Type": "MAX_VPCS_ASSOCIATED_BY_ZONE"},
        "HostedZoneNotPrivate",
        "API reference, GetHostedZoneLimit",
    ),
]


def _tags(rule: str, code: str, **params: Any) -> Rule:
    given = {"ResourceType": "hostedzone", "ResourceId": "{zone}", **params}
    return Rule(rule, "ChangeTagsForResource", given, code, "API reference, ChangeTagsForResource")


TAGS = [
    _tags("An id is told without its path", "NoSuchHostedZone", ResourceId="/hostedzone/{zone}", RemoveTagKeys=["k"]),
    _tags("Tags are added or removed", "InvalidInput"),
    _tags("A tag has a key", "InvalidInput", AddTags=[{"Value": "v"}]),
    _tags("A call has at most ten tags", "InvalidInput", AddTags=[{"Key": f"k{n}", "Value": ""} for n in range(11)]),
    _tags("The zone is there", "NoSuchHostedZone", ResourceId=NO_ZONE, RemoveTagKeys=["k"]),
    _tags("The health check is there", "NoSuchHealthCheck", ResourceType="healthcheck", RemoveTagKeys=["k"]),
]

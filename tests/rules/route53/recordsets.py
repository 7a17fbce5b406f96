"""What a record set may be."""

from __future__ import annotations

from tests.rules.route53.rows import (
    CHANGE,
    EXACTLY,
    LONG,
    NAMES,
    NO_ZONE,
    ONE,
    ROUTING,
    alias,
    batch,
    malformed,
    record_set,
    refused,
    value,
)
from tests.rules.rule import Rule

VALUES = [
    value(
        "An A record is an IPv4 address",
        "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value "
        "is not a valid IPv4 address) encountered with 'abc'']",
        "A",
        "abc",
    ),
    value("An A record is not an IPv6 address", "ARRDATAIllegalIPv4Address", "A", "2001:db8::1"),
    value("An address of an A record has no leading zeros", "ARRDATAIllegalIPv4Address", "A", "192.0.2.001"),
    value("One value is one address", "ARRDATANotSingleField (Value contains spaces)", "A", "192.0.2.1, 192.0.2.2"),
    value("An AAAA record is an IPv6 address", "AAAARRDATAIllegalIPv6Address", "AAAA", "192.0.2.1"),
    value(
        "Text is in quotation marks",
        "InvalidCharacterString (Value should be enclosed in quotation marks)",
        "TXT",
        "v=spf1 -all",
    ),
    value("A text is at most 255 characters", "CharacterStringTooLong (Value is too long)", "TXT", f'"{"a" * 256}"'),
    value("SPF is text as well", "InvalidCharacterString", "SPF", "v=spf1"),
    value("A CNAME is a name", "DomainLabelEmpty", "CNAME", "a..example.com"),
    value("A CNAME is one name", "Value contains spaces", "CNAME", "a.example.com b.example.com"),
    value("A name server is a name", "DomainLabelTooLong", "NS", f"{LONG}.example.com"),
    value("A pointer is a name", "DomainLabelEmpty", "PTR", "a..b"),
    value("MX has a preference and a host", "MXRRDATANotTwoFields", "MX", "mail.example.com"),
    value("A preference is a number", "MXRRDATAIllegalNumber", "MX", "high mail.example.com"),
    value("A preference has 16 bits", "MXRRDATAIllegalNumber", "MX", "65536 mail.example.com"),
    value("SRV has four fields", "SRVRRDATANotFourFields", "SRV", "1 1 mail.example.com"),
    value("A port has 16 bits", "SRVRRDATAIllegalNumber", "SRV", "1 1 70000 www.example.com"),
    value("CAA has three fields", "CAARRDATANotThreeFields", "CAA", "0 issue"),
    value("CAA's flags are 0 to 255", "CAARRDATAIllegalNumber", "CAA", '256 issue "ca.example.com"'),
    value("CAA's value is in quotation marks", "InvalidCharacterString", "CAA", "0 issue ca.example.com"),
    value("DS is one", "DSRRDATAIllegalValue", "DS", "1 2 3"),
    value("NAPTR is one", "NAPTRRRDATAIllegalValue", "NAPTR", "a b c"),
    value("TLSA is one", "TLSARRDATAIllegalValue", "TLSA", "a"),
    value("HTTPS is one", "HTTPSRRDATAIllegalValue", "HTTPS", "www.example.com"),
    refused(
        "A label is there between two dots",
        "DomainLabelEmpty (Domain label is empty) encountered with 'a..example.com'",
        ("CREATE", record_set("a..example.com", "A", "192.0.2.1")),
        page=NAMES,
    ),
    refused(
        "A name is not empty",
        "[FATAL problem: DomainNameEmpty (Domain name is empty) encountered with '']",
        ("CREATE", record_set("", "A", "192.0.2.1")),
        page=NAMES,
    ),
    refused(
        "A label is at most 63 characters",
        "DomainLabelTooLong",
        ("CREATE", record_set(f"{LONG}.example.com", "A", "1.1.1.1")),
        page=NAMES,
    ),
    refused(
        "A name is at most 255 characters",
        "DomainNameTooLong",
        ("CREATE", record_set(f"{'a.' * 125}example.com", "A", "192.0.2.1")),
        page=NAMES,
    ),
    refused(
        "A name has no spaces",
        "UnsupportedCharacter",
        ("CREATE", record_set("a b.example.com", "A", "1.1.1.1")),
        page=NAMES,
    ),
    refused(
        "A name has no control characters",
        "UnsupportedCharacter",
        ("CREATE", record_set("a\t.example.com", "A", "192.0.2.1")),
        page=NAMES,
    ),
]

SHAPES = [
    malformed(
        "A record set needs a TTL",
        f"{EXACTLY}TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, "
        "Name=new.example.com, Type=A, SetIdentifier=null]",
        ONE,
    ),
    malformed("A record set needs values", "but found none", {"TTL": 60}),
    malformed("A record set needs an alias or values", "but found none", {}),
    malformed(
        "An alias has no TTL",
        "but found more than one",
        {**alias("", "www.example.com"), "Name": "new.example.com", "TTL": 60},
    ),
    malformed(
        "An alias has no values",
        "but found more than one",
        {**alias("", "www.example.com"), **ONE, "Name": "new.example.com"},
    ),
    malformed("A weight needs a set identifier", "Missing field 'SetIdentifier'", {**ONE, "TTL": 60, "Weight": 1}),
    malformed(
        "A multivalue answer needs a set identifier",
        "Missing field 'SetIdentifier'",
        {**ONE, "TTL": 60, "MultiValueAnswer": True},
    ),
    malformed("A set identifier needs a policy", "but found none", {**ONE, "TTL": 60, "SetIdentifier": "a"}),
    malformed(
        "A record set has one policy",
        "but found more than one",
        {**ONE, "TTL": 60, "SetIdentifier": "a", "Weight": 1, "MultiValueAnswer": True},
    ),
    malformed(
        "A weight is 0 to 255", "less than or equal to 255", {**ONE, "TTL": 60, "SetIdentifier": "a", "Weight": 256}
    ),
    malformed("A type is one of DNS", "enum value set", {**ONE, "TTL": 60, "Type": "HINFO"}),
    Rule(
        "An action is CREATE, DELETE or UPSERT",
        "ChangeResourceRecordSets",
        batch(("REMOVE", record_set("www.example.com", "A", "192.0.2.1"))),
        "InvalidInput",
        CHANGE,
    ),
    Rule(
        "The zone is there",
        "ChangeResourceRecordSets",
        batch(("CREATE", record_set("www.example.com", "A", "192.0.2.1")), zone=NO_ZONE),
        "NoSuchHostedZone",
        CHANGE,
        f"No hosted zone found with ID: {NO_ZONE}",
    ),
    refused(
        "No simple record set joins weighted ones",
        "cannot be created as other RRSets exist with the same name and type.",
        ("CREATE", record_set("w.example.com", "A", "192.0.2.1")),
        page=ROUTING,
    ),
    refused(
        "No weighted record set joins a simple one",
        "cannot be created as other RRSets exist",
        ("CREATE", record_set("www.example.com", "A", "192.0.2.1", SetIdentifier="a", Weight=1)),
        page=ROUTING,
    ),
    refused(
        "No multivalue answer joins a simple record set",
        "because a non multivalue answer rrset exists with the same name and type.",
        ("CREATE", record_set("www.example.com", "A", "192.0.2.1", SetIdentifier="a", MultiValueAnswer=True)),
        page=ROUTING,
    ),
    refused(
        "Record sets of a name and type have one policy",
        "exists with the same name and type.",
        ("CREATE", record_set("m.example.com", "A", "192.0.2.1", SetIdentifier="a", Weight=1)),
        page=ROUTING,
    ),
    refused(
        "A multivalue answer is no alias",
        "both an alias and a multivalue answer",
        ("CREATE", alias("new.example.com", "www.example.com", SetIdentifier="a", MultiValueAnswer=True)),
        page="Developer guide, Multivalue answer routing",
    ),
    refused(
        "A multivalue answer is no CNAME",
        "can't be a multivalue answer",
        ("CREATE", record_set("new.example.com", "CNAME", "a.example.com", SetIdentifier="a", MultiValueAnswer=True)),
        page="Developer guide, Multivalue answer routing",
    ),
]

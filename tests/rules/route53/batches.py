"""What a batch of changes may do."""

from __future__ import annotations

from tests.rules.route53.rows import ALIAS, AUTHORITY, ELB, QUOTAS, TYPES, alias, record_set, refused

CHANGES = [
    refused(
        "A record set is created once",
        "[Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]",
        ("CREATE", record_set("www.example.com", "A", "192.0.2.1")),
    ),
    refused(
        "CREATE with another value does not add one",
        "type='A'] but it already exists",
        ("CREATE", record_set("WWW.example.com.", "A", "192.0.2.9")),
    ),
    refused(
        "A set identifier is there once",
        "set-identifier='one'] but it already exists",
        ("CREATE", record_set("w.example.com", "A", "192.0.2.9", SetIdentifier="one", Weight=2)),
    ),
    refused(
        "What is created twice in a batch is there already the second time",
        "but it already exists",
        ("CREATE", record_set("new.example.com", "A", "192.0.2.1")),
        ("CREATE", record_set("new.example.com", "A", "1.1.1.1")),
    ),
    refused(
        "What is deleted is there",
        "[Tried to delete resource record set [name='no.example.com.', type='A'] but it was not found]",
        ("DELETE", record_set("no.example.com", "A", "192.0.2.1")),
    ),
    refused(
        "DELETE has the type",
        "type='AAAA'] but it was not found",
        ("DELETE", record_set("www.example.com", "AAAA", "::1")),
    ),
    refused(
        "DELETE has all values",
        "but the values provided do not match the current values",
        ("DELETE", record_set("www.example.com", "A", "192.0.2.2")),
    ),
    refused(
        "DELETE has the TTL",
        "but the values provided do not match the current values",
        ("DELETE", record_set("www.example.com", "A", "192.0.2.1", TTL=61)),
    ),
    refused(
        "DELETE has the weight",
        "but the values provided do not match the current values",
        ("DELETE", record_set("w.example.com", "A", "192.0.2.1", SetIdentifier="one", Weight=9)),
    ),
    refused(
        "DELETE has the set identifier",
        "but it was not found",
        ("DELETE", record_set("w.example.com", "A", "192.0.2.1")),
    ),
    refused(
        "A record set is deleted once in a batch",
        "but it was not found",
        *[("DELETE", record_set("www.example.com", "A", "192.0.2.1"))] * 2,
    ),
    refused(
        "All of a batch or nothing is done",
        "but it was not found",
        ("CREATE", record_set("new.example.com", "A", "192.0.2.1")),
        ("DELETE", record_set("no.example.com", "A", "1.1.1.1")),
    ),
    refused(
        "All that is wrong is told",
        "no.example.com.', type='A'] but it was not found, Tried to create",
        ("DELETE", record_set("no.example.com", "A", "1.1.1.1")),
        ("CREATE", record_set("www.example.com", "A", "1.1.1.1")),
    ),
    refused(
        "A name is in its zone",
        "[RRSet with DNS name www.example.org. is not permitted in zone example.com.]",
        ("CREATE", record_set("www.example.org", "A", "192.0.2.1")),
    ),
    refused(
        "A name that ends alike is in another zone",
        "is not permitted in zone example.com.",
        ("CREATE", record_set("myexample.com", "A", "192.0.2.1")),
    ),
    refused(
        "A CNAME is not at the apex",
        "RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.",
        ("CREATE", record_set("example.com", "CNAME", "example.org")),
        page=TYPES,
    ),
    refused(
        "A CNAME is alone at its name",
        "type CNAME with DNS name www.example.com. is not permitted as it conflicts "
        "with other records with the same DNS name in zone example.com.",
        ("CREATE", record_set("www.example.com", "CNAME", "example.org")),
        page=TYPES,
    ),
    refused(
        "Nothing joins a CNAME",
        "RRSet of type A with DNS name go.example.com. is not permitted because a "
        "conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.",
        ("UPSERT", record_set("go.example.com", "A", "192.0.2.1")),
        page=TYPES,
    ),
    refused(
        "An alias does not join a CNAME either",
        "conflicting RRSet of type CNAME",
        ("CREATE", alias("go.example.com", "www.example.com")),
        page=ALIAS,
    ),
    refused(
        "A SOA is at the apex",
        "RRSet of type SOA with DNS name new.example.com. is only permitted at apex",
        ("UPSERT", record_set("new.example.com", "SOA", "ns.a. m.a. 1 1 1 1 1")),
        page=AUTHORITY,
    ),
    refused(
        "A SOA has seven fields",
        "SOARRDATANotSevenFields",
        ("UPSERT", record_set("example.com", "SOA", "ns.a. m.a. 1")),
        page=AUTHORITY,
    ),
    refused(
        "A CNAME has one value",
        "must have exactly one value",
        ("CREATE", record_set("new.example.com", "CNAME", "a.example.com", "b.example.com")),
        page=TYPES,
    ),
    refused(
        "A value stands once",
        "Duplicate Resource Record: '192.0.2.1'",
        ("CREATE", record_set("new.example.com", "A", "192.0.2.1", "192.0.2.1")),
    ),
    refused(
        "A batch has at most 1,000 values",
        "Number of records limit of 1000 exceeded.",
        *[
            ("CREATE", record_set(f"n{number}.example.com", "A", *[f"10.0.{one}.{number}" for one in range(251)]))
            for number in range(4)
        ],
        page=QUOTAS,
    ),
    refused(
        "An UPSERT counts twice",
        "Number of records limit of 1000 exceeded.",
        *[
            ("UPSERT", record_set(f"n{number}.example.com", "A", *[f"10.0.{one}.{number}" for one in range(251)]))
            for number in range(2)
        ],
        page=QUOTAS,
    ),
    refused(
        "A batch has at most 32,000 characters of values",
        "Number of characters limit of 32000 exceeded.",
        *[
            ("CREATE", record_set(f"n{number}.example.com", "TXT", *[f'"{"a" * 240}{one}"' for one in range(20)]))
            for number in range(7)
        ],
        page=QUOTAS,
    ),
    refused(
        "A record set has at most 400 values",
        "limit of 400",
        ("CREATE", record_set("new.example.com", "A", *[f"10.0.{one // 250}.{one % 250}" for one in range(401)])),
        page=QUOTAS,
    ),
]

ALIASES = [
    refused(
        "An alias in its zone leads to a record set",
        "Tried to create an alias that targets no.example.com., type A in zone Z0",
        ("CREATE", alias("new.example.com", "no.example.com")),
        page=ALIAS,
    ),
    refused(
        "An alias leads to a record set of its type",
        "type AAAA in zone",
        ("CREATE", alias("new.example.com", "www.example.com", kind="AAAA")),
        page=ALIAS,
    ),
    refused(
        "An alias does not lead to itself",
        "but that target was not found",
        ("CREATE", alias("new.example.com", "new.example.com")),
        page=ALIAS,
    ),
    refused(
        "An alias's target is in the zone that it names",
        "but the alias target name does not lie within the target zone",
        ("CREATE", alias("new.example.com", "www.example.org")),
        page=ALIAS,
    ),
    refused(
        "A load balancer is not in a clients' zone",
        "does not lie within the target zone",
        ("CREATE", alias("new.example.com", "example.elb.amazonaws.com", "{empty}")),
        page=ALIAS,
    ),
    refused(
        "A load balancer is there",
        f"[Tried to create an alias that targets {ELB}., type A in zone Z35SXDOTRQ7X7K, but that target was not found]",
        ("CREATE", alias("new.example.com", ELB, "Z35SXDOTRQ7X7K")),
        page=ALIAS,
    ),
    refused(
        "A load balancer is there for an UPSERT, too",
        "that target was not found",
        ("UPSERT", alias("new.example.com", f"dualstack.{ELB}", "Z35SXDOTRQ7X7K")),
        page=ALIAS,
    ),
    refused("An alias's target is a name", "DomainNameEmpty", ("CREATE", alias("new.example.com", "")), page=ALIAS),
    refused(
        "NS is no alias",
        "can't be an alias",
        ("CREATE", alias("new.example.com", "example.com", kind="NS")),
        page=ALIAS,
    ),
]

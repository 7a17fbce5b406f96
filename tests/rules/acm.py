"""What ACM refuses."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from netflux import names
from netflux.aws.acm.api import AcmApi
from netflux.aws.route53.api import Route53Api
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.resources.elbv2 import LISTENER, LOAD_BALANCER, Listener, LoadBalancer
from tests.aws.acm.made import Made
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "acm"

PREREQUISITES = "User guide, Prerequisites for importing ACM certificates"
FORMAT = "User guide, Certificate and key format for importing"
IMPORT = "API reference, ImportCertificate"
REQUEST = "API reference, RequestCertificate"
QUOTAS = "User guide, Quotas"
NO_ARN = f"arn:aws:acm:{names.REGION}:{names.ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000"
ISSUER = Made("ca.test")
ONE = Made("a.test", issuer=ISSUER)
OTHER = Made("b.test")
PARTS = {"Certificate": ONE.pem, "PrivateKey": ONE.key}

_planes: dict[int, Plane] = {}


def register(plane: Plane, apis: Apis) -> None:
    """ACM, and Route 53, which validates."""
    place = (names.REGION, names.ACCOUNT)
    apis.register(Route53Api(plane.documents, Clock(), apis, place))
    apis.register(AcmApi(plane.documents, Clock(), place))
    _planes[id(apis)] = plane


async def prepare(apis: Apis) -> dict[str, str]:
    """A certificate that a listener shows, one that waits, and one that was imported."""
    used = await apis.call("acm", "ImportCertificate", {"Certificate": OTHER.pem, "PrivateKey": OTHER.key})
    imported = await apis.call("acm", "ImportCertificate", PARTS)
    wanted = {"DomainName": "w.test", "ValidationMethod": "DNS", "KeyAlgorithm": "EC_prime256v1"}
    waiting = await apis.call("acm", "RequestCertificate", wanted)
    documents = _planes.pop(id(apis)).documents
    arn = f"arn:aws:elasticloadbalancing:{names.REGION}:{names.ACCOUNT}:loadbalancer/app/a/1"
    balancer = LoadBalancer(arn, "a", False, "vpc-1", (), (), Clock().now())
    documents.table(LOAD_BALANCER).put(balancer)
    shown = (used["CertificateArn"],)
    documents.table(LISTENER).put(Listener(arn.replace("loadbalancer", "listener") + "/2", arn, 443, "HTTPS", shown))
    return {
        "used": used["CertificateArn"],
        "imported": imported["CertificateArn"],
        "waiting": waiting["CertificateArn"],
    }


def _import(rule: str, says: str, page: str = PREREQUISITES, **params: Any) -> Rule:
    return Rule(rule, "ImportCertificate", {**PARTS, **params}, "ValidationException", page, says)


def _parts(made: Made) -> dict[str, bytes]:
    return {"Certificate": made.pem, "PrivateKey": made.key}


def _absent(call: str, **params: Any) -> Rule:
    member = "ResourceArn" if call in ("TagResource", "UntagResource", "ListTagsForResource") else "CertificateArn"
    page = f"API reference, {call}"
    return Rule(
        f"{call}: the certificate is there", call, {member: NO_ARN, **params}, "ResourceNotFoundException", page
    )


def _request(rule: str, code: str, says: str, page: str = REQUEST, **params: Any) -> Rule:
    given = {"DomainName": "new.test", "ValidationMethod": "DNS", **params}
    return Rule(rule, "RequestCertificate", given, code, page, says)


_TAG = {"Key": "k", "Value": "v"}

RULES = [
    _import("A certificate is PEM", "The certificate is not PEM-encoded or is not valid.", FORMAT, Certificate=b"x"),
    _import(
        "A certificate is whole",
        "The certificate is not PEM-encoded or is not valid.",
        FORMAT,
        Certificate=ONE.pem[:200] + b"\n-----END CERTIFICATE-----\n",
    ),
    _import(
        "A certificate is one",
        "The certificate field contains more than one certificate. You can specify only one certificate in this field.",
        FORMAT,
        Certificate=ONE.pem + ISSUER.pem,
    ),
    _import("A key is PEM", "The private key is not PEM-encoded or is not valid.", FORMAT, PrivateKey=b"x"),
    _import(
        "A key is not a certificate", "The private key is not PEM-encoded or is not valid.", FORMAT, PrivateKey=ONE.pem
    ),
    _import("A key has no passphrase", "The private key is encrypted.", PrivateKey=ONE.locked),
    _import("A key is the certificate's", "The private key does not match the certificate", PrivateKey=OTHER.key),
    _import("A key has at most 5 KB", "larger than 5120 bytes", PrivateKey=b"a" * 5121),
    _import(
        "A curve is one of three",
        "The private key is not supported.",
        **_parts(Made(key=ec.generate_private_key(ec.SECP256K1()))),
    ),
    _import(
        "An RSA key has one of four sizes",
        "The private key is not supported.",
        **_parts(Made(key=rsa.generate_private_key(65_537, 1536))),
    ),
    _import("A certificate has not expired", "The certificate has expired", **_parts(Made(begins=-200))),
    _import("A certificate is in effect", "The certificate is not in effect yet", **_parts(Made(begins=10))),
    _import("A certificate has a name", "neither a common name nor a DNS name", **_parts(Made(""))),
    _import(
        "A chain is PEM", "The certificate chain is not PEM-encoded or is not valid.", FORMAT, CertificateChain=b"x"
    ),
    _import(
        "A chain certifies the certificate",
        "Could not validate the certificate with the certificate chain.",
        CertificateChain=OTHER.pem,
    ),
    _import(
        "Each of a chain certifies the one before it",
        "Could not validate the certificate with the certificate chain.",
        CertificateChain=ISSUER.pem + OTHER.pem,
    ),
    _import(
        "A certificate is not in its own chain",
        "Could not validate the certificate with the certificate chain.",
        FORMAT,
        CertificateChain=ONE.pem + ISSUER.pem,
    ),
    _import(
        "What is imported again is there by one of its names",
        "none of the domain names",
        IMPORT,
        CertificateArn="{imported}",
        **_parts(OTHER),
    ),
    _import("What ACM issues is not imported", "was issued by ACM", IMPORT, CertificateArn="{waiting}"),
    _import(
        "Tags are not given again",
        "Tagging is not permitted on re-import.",
        IMPORT,
        CertificateArn="{imported}",
        Tags=[_TAG],
    ),
    Rule(
        "What is imported again is there",
        "ImportCertificate",
        {**PARTS, "CertificateArn": NO_ARN},
        "ResourceNotFoundException",
        IMPORT,
    ),
    _request("A name is a domain's", "ValidationException", "regular expression", DomainName="new"),
    _request("A name has no spaces", "ValidationException", "regular expression", DomainName="a b.test"),
    _request("A wildcard stands in front", "ValidationException", "regular expression", DomainName="a.*.test"),
    _request(
        "Further names are domains', too", "ValidationException", "regular expression", SubjectAlternativeNames=["-"]
    ),
    _request(
        "A certificate has at most ten names",
        "LimitExceededException",
        "at most 10",
        QUOTAS,
        SubjectAlternativeNames=[f"n{number}.test" for number in range(10)],
    ),
    _request("A token is of word characters", "ValidationException", "regular expression", IdempotencyToken="a b"),
    _request("A method is one of three", "ValidationException", "enum value set", ValidationMethod="FAX"),
    _request(
        "Keys of 1024 bits are imported only",
        "ValidationException",
        "RSA_1024",
        KeyAlgorithm="RSA_1024",
        page="User guide, AWS Certificate Manager public certificates",
    ),
    _request(
        "Keys of 4096 bits are imported only",
        "ValidationException",
        "RSA_4096",
        KeyAlgorithm="RSA_4096",
        page="User guide, AWS Certificate Manager public certificates",
    ),
    _request("A tag stands once", "InvalidTagException", "stands twice", Tags=[_TAG, _TAG]),
    Rule(
        "A certificate that is shown stays",
        "DeleteCertificate",
        {"CertificateArn": "{used}"},
        "ResourceInUseException",
        "API reference, DeleteCertificate",
        "is in use.",
    ),
    Rule(
        "What is not issued can't be read",
        "GetCertificate",
        {"CertificateArn": "{waiting}"},
        "RequestInProgressException",
        "API reference, GetCertificate",
    ),
    Rule(
        "Keys that are not for export stay",
        "ExportCertificate",
        {"CertificateArn": "{imported}", "Passphrase": b"secret"},
        "ValidationException",
        "API reference, ExportCertificate",
        "is not PRIVATE type",
    ),
    Rule(
        "What was imported is renewed by importing",
        "RenewCertificate",
        {"CertificateArn": "{imported}"},
        "ValidationException",
        "API reference, RenewCertificate",
        "not eligible for renewal",
    ),
    Rule(
        "What was imported has no options",
        "UpdateCertificateOptions",
        {"CertificateArn": "{imported}", "Options": {"CertificateTransparencyLoggingPreference": "DISABLED"}},
        "ValidationException",
        "API reference, UpdateCertificateOptions",
    ),
    Rule(
        "An ARN is ACM's",
        "DescribeCertificate",
        {"CertificateArn": f"arn:aws:iam::{names.ACCOUNT}:server-certificate/a"},
        "ValidationException",
        "API reference, DescribeCertificate",
        "regular expression",
    ),
    Rule(
        "A token is an answer's",
        "ListCertificates",
        {"NextToken": "nonsense"},
        "ValidationException",
        "API reference, ListCertificates",
        "NextToken",
    ),
    Rule(
        "A page has at most 1,000",
        "ListCertificates",
        {"MaxItems": 1001},
        "ValidationException",
        "API reference, ListCertificates",
    ),
    Rule(
        "An order says by what",
        "ListCertificates",
        {"SortOrder": "ASCENDING"},
        "ValidationException",
        "API reference, ListCertificates",
    ),
    Rule(
        "At most 50 tags",
        "AddTagsToCertificate",
        {"CertificateArn": "{imported}", "Tags": [{"Key": f"k{number}"} for number in range(51)]},
        "ValidationException",
        "API reference, AddTagsToCertificate",
    ),
    _absent("DescribeCertificate"),
    _absent("GetCertificate"),
    _absent("DeleteCertificate"),
    _absent("RenewCertificate"),
    _absent("ExportCertificate", Passphrase=b"secret"),
    _absent("AddTagsToCertificate", Tags=[_TAG]),
    _absent("RemoveTagsFromCertificate", Tags=[_TAG]),
    _absent("ListTagsForCertificate"),
    _absent("ListTagsForResource"),
    _absent("TagResource", Tags=[_TAG]),
    _absent("UntagResource", TagKeys=["k"]),
    _absent("UpdateCertificateOptions", Options={"CertificateTransparencyLoggingPreference": "DISABLED"}),
]

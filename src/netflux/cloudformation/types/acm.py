"""ACM: certificates that CNAMEs in hosted zones validate."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.types.table import (
    Caller,
    Facts,
    Failed,
    Properties,
    Read,
    Row,
    Step,
    Tagging,
    Verdict,
    Waiting,
)

_PATIENCE = 72 * 3600.0
"""Seconds that ACM waits for the CNAMEs [user guide, "Troubleshoot DNS validation problems"]."""
_OPTIONS = "CertificateTransparencyLoggingPreference"
_SENT = (
    "DomainName", "SubjectAlternativeNames", "ValidationMethod", "KeyAlgorithm", "CertificateAuthorityArn", "Tags",
)  # fmt: skip


def _request(facts: Facts) -> list[dict[str, Any]]:
    """The same token for each attempt gives the same certificate."""
    made: dict[str, Any] = {name: facts.new[name] for name in _SENT if name in facts.new}
    made["IdempotencyToken"] = facts.token.replace("-", "")
    options = _options(facts.new)
    if "CertificateExport" in facts.new:
        options["Export"] = facts.new["CertificateExport"]
    by_mail = [one for one in facts.new.get("DomainValidationOptions", ()) if "ValidationDomain" in one]
    if by_mail:
        made["DomainValidationOptions"] = by_mail
    return [made | ({"Options": options} if options else {})]


def _options(properties: Properties) -> dict[str, Any]:
    return {_OPTIONS: properties[_OPTIONS]} if _OPTIONS in properties else {}


def _update(facts: Facts) -> list[dict[str, Any]]:
    return [{"CertificateArn": facts.id, "Options": {_OPTIONS: facts.new.get(_OPTIONS, "ENABLED")}}]


async def _validate(call: Caller, facts: Facts) -> str:
    """Puts the CNAMEs of those domains for which the template names a hosted zone; others are the user's to put."""
    arn = str(facts.response["CertificateArn"])
    zones = {
        str(one["DomainName"]).lower(): one["HostedZoneId"]
        for one in facts.new.get("DomainValidationOptions", ())
        if "HostedZoneId" in one
    }
    told = (await call("acm", "DescribeCertificate", {"CertificateArn": arn}))["Certificate"]
    for option in told["DomainValidationOptions"]:
        zone, record = zones.get(option["DomainName"]), option["ResourceRecord"]
        if zone is not None:
            values = [{"Value": record["Value"]}]
            cname = {"Name": record["Name"], "Type": record["Type"], "TTL": 300, "ResourceRecords": values}
            batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": cname}]}
            await call("route53", "ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": batch})
    return arn


def _issued(item: dict[str, Any], _wanted: Properties) -> Verdict:
    if item["Status"] == "ISSUED":
        return None
    missing = [
        f"{one['ResourceRecord']['Name']} CNAME {one['ResourceRecord']['Value']}"
        for one in item.get("DomainValidationOptions", ())
        if one["ValidationStatus"] != "SUCCESS"
    ]
    said = f"the certificate is {item['Status']}; a public hosted zone needs {', '.join(dict.fromkeys(missing))}"
    return Waiting(said) if item["Status"] == "PENDING_VALIDATION" else Failed(said)


ROWS = (
    Row(
        type="AWS::CertificateManager::Certificate",
        service="acm",
        create=Step("RequestCertificate", (*_SENT, _OPTIONS, "CertificateExport"), build=_request),
        id="$response.CertificateArn",
        identify=_validate,
        read=Read("DescribeCertificate", {"CertificateArn": "$id"}, "$response.Certificate"),
        attributes={"Id": "$id"},
        update=(Step("UpdateCertificateOptions", (_OPTIONS,), build=_update, defaults={_OPTIONS: "ENABLED"}),),
        stable=_issued,
        delete=(Step("DeleteCertificate", params={"CertificateArn": "$id"}),),
        gone=("ResourceNotFoundException",),
        consumed=("DomainValidationOptions",),
        tags=Tagging("TagResource", "UntagResource", {"ResourceArn": "$id"}),
        seconds=_PATIENCE,
    ),
)

"""CloudFormation's forms of a bucket's configurations as the API has them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_WORD = re.compile(r"(?<=[a-z])([A-Z])")
Properties = Mapping[str, Any]


def canned(name: str) -> str:
    """`PublicRead` as `public-read`."""
    return _WORD.sub(r"-\1", name).lower()


def encryption(given: Properties) -> dict[str, Any]:
    """ServerSideEncryptionConfiguration of a BucketEncryption."""
    rules = []
    for rule in given["ServerSideEncryptionConfiguration"]:
        made: dict[str, Any] = {}
        if "ServerSideEncryptionByDefault" in rule:
            made["ApplyServerSideEncryptionByDefault"] = dict(rule["ServerSideEncryptionByDefault"])
        if "BucketKeyEnabled" in rule:
            made["BucketKeyEnabled"] = true(rule["BucketKeyEnabled"])
        if "BlockedEncryptionTypes" in rule:
            made["BlockedEncryptionTypes"] = rule["BlockedEncryptionTypes"]
        rules.append(made)
    return {"Rules": rules}


def cors(given: Properties) -> dict[str, Any]:
    """CORSConfiguration of a CorsConfiguration."""
    renames = {"Id": "ID", "ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}
    rules = [
        {renames.get(key, key): int(each) if key == "MaxAge" else each for key, each in rule.items()}
        for rule in given["CorsRules"]
    ]
    return {"CORSRules": rules}


def lifecycle(given: Properties) -> dict[str, Any]:
    """LifecycleConfiguration of a LifecycleConfiguration."""
    return {"Rules": [_rule(rule) for rule in given["Rules"]]}


def _rule(rule: Properties) -> dict[str, Any]:
    made: dict[str, Any] = {"Status": rule["Status"], "Filter": _filter(rule)}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    expiration = _present({
        "Days": _number(rule.get("ExpirationInDays")), "Date": rule.get("ExpirationDate"),
        "ExpiredObjectDeleteMarker": None if "ExpiredObjectDeleteMarker" not in rule
        else true(rule["ExpiredObjectDeleteMarker"]),
    })  # fmt: skip
    if expiration:
        made["Expiration"] = expiration
    transitions = [*rule.get("Transitions", ()), *([rule["Transition"]] if "Transition" in rule else [])]
    if transitions:
        made["Transitions"] = [_transition(each) for each in transitions]
    older = [
        *rule.get("NoncurrentVersionTransitions", ()),
        *([rule["NoncurrentVersionTransition"]] if "NoncurrentVersionTransition" in rule else []),
    ]
    if older:
        made["NoncurrentVersionTransitions"] = [_noncurrent(each) for each in older]
    ended = rule.get("NoncurrentVersionExpiration") or {}
    days = ended.get("NoncurrentDays", rule.get("NoncurrentVersionExpirationInDays"))
    if ended or days is not None:
        made["NoncurrentVersionExpiration"] = _present({
            "NoncurrentDays": _number(days), "NewerNoncurrentVersions": _number(ended.get("NewerNoncurrentVersions")),
        })  # fmt: skip
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(days)}
    return made


def _filter(rule: Properties) -> dict[str, Any]:
    """What narrows a rule stands in And where it is more than one."""
    sizes = {name: int(rule[name]) for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in rule}
    prefix = {"Prefix": rule["Prefix"]} if "Prefix" in rule else {}
    tags = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in rule.get("TagFilters", ())]
    if len(prefix) + len(sizes) + len(tags) > 1:
        return {"And": {**prefix, **sizes, **({"Tags": tags} if tags else {})}}
    if tags:
        return {"Tag": tags[0]}
    return {**prefix, **sizes} or {"Prefix": ""}


def _transition(given: Properties) -> dict[str, Any]:
    return _present({
        "StorageClass": given["StorageClass"], "Days": _number(given.get("TransitionInDays")),
        "Date": given.get("TransitionDate"),
    })  # fmt: skip


def _noncurrent(given: Properties) -> dict[str, Any]:
    return _present({
        "StorageClass": given["StorageClass"], "NoncurrentDays": _number(given.get("TransitionInDays")),
        "NewerNoncurrentVersions": _number(given.get("NewerNoncurrentVersions")),
    })  # fmt: skip


def logging(given: Properties, bucket: str) -> dict[str, Any]:
    """BucketLoggingStatus of a LoggingConfiguration, which may leave out its own bucket."""
    made: dict[str, Any] = {
        "TargetBucket": given.get("DestinationBucketName") or bucket,
        "TargetPrefix": given.get("LogFilePrefix") or "",
    }
    form = given.get("TargetObjectKeyFormat")
    if form is not None:
        made["TargetObjectKeyFormat"] = form
    return {"LoggingEnabled": made}


def notifications(given: Properties) -> dict[str, Any]:
    """NotificationConfiguration of a NotificationConfiguration."""
    made: dict[str, Any] = {}
    for name, member, arn, told in (
        ("QueueConfigurations", "Queue", "QueueArn", "QueueConfigurations"),
        ("TopicConfigurations", "Topic", "TopicArn", "TopicConfigurations"),
        ("LambdaConfigurations", "Function", "LambdaFunctionArn", "LambdaFunctionConfigurations"),
    ):
        if given.get(name):
            made[told] = [_notification(one, member, arn) for one in given[name]]
    if true((given.get("EventBridgeConfiguration") or {"EventBridgeEnabled": False}).get("EventBridgeEnabled", True)):
        made["EventBridgeConfiguration"] = {}
    return made


def _notification(one: Properties, member: str, arn: str) -> dict[str, Any]:
    made: dict[str, Any] = {arn: one[member], "Events": [one["Event"]]}
    if "Filter" in one:
        rules = [{"Name": rule["Name"].lower(), "Value": rule["Value"]} for rule in one["Filter"]["S3Key"]["Rules"]]
        made["Filter"] = {"Key": {"FilterRules": rules}}
    return made


def object_lock(given: Properties) -> dict[str, Any]:
    """ObjectLockConfiguration of an ObjectLockConfiguration."""
    made: dict[str, Any] = {"ObjectLockEnabled": given.get("ObjectLockEnabled", "Enabled")}
    if "Rule" in given:
        default = given["Rule"].get("DefaultRetention") or {}
        made["Rule"] = {
            "DefaultRetention": {
                name: value if name == "Mode" else int(value) for name, value in default.items() if value is not None
            }
        }
    return made


def website(given: Properties) -> dict[str, Any]:
    """WebsiteConfiguration of a WebsiteConfiguration."""
    made: dict[str, Any] = {}
    if "IndexDocument" in given:
        made["IndexDocument"] = {"Suffix": given["IndexDocument"]}
    if "ErrorDocument" in given:
        made["ErrorDocument"] = {"Key": given["ErrorDocument"]}
    if "RedirectAllRequestsTo" in given:
        made["RedirectAllRequestsTo"] = dict(given["RedirectAllRequestsTo"])
    if given.get("RoutingRules"):
        made["RoutingRules"] = [_routing(rule) for rule in given["RoutingRules"]]
    return made


def _routing(rule: Properties) -> dict[str, Any]:
    made: dict[str, Any] = {"Redirect": {name: str(value) for name, value in rule["RedirectRule"].items()}}
    if "RoutingRuleCondition" in rule:
        made["Condition"] = {name: str(value) for name, value in rule["RoutingRuleCondition"].items()}
    return made


def blocks(given: Properties) -> dict[str, bool]:
    """PublicAccessBlockConfiguration with booleans."""
    return {name: true(value) for name, value in given.items()}


def true(value: Any) -> bool:
    """A template's booleans may be text."""
    return str(value).lower() == "true"


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _present(values: Properties) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def tags(given: Sequence[Properties]) -> list[dict[str, str]]:
    """Values as text, as tags have them."""
    return [{"Key": str(tag["Key"]), "Value": str(tag.get("Value", ""))} for tag in given]

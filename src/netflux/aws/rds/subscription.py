"""Event subscriptions: topics that are told of RDS's events."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.rds.pages import page
from netflux.aws.rds.part import TAGS, Part, check_identifier, combination, invalid, own
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.rds import EventSubscription
from netflux.resources.sns.topic import TOPIC

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import (
        AddSourceIdentifierToSubscriptionMessageTypeDef,
        CreateEventSubscriptionMessageTypeDef,
        DeleteEventSubscriptionMessageTypeDef,
        DescribeEventCategoriesMessageTypeDef,
        DescribeEventSubscriptionsMessageTypeDef,
        ModifyEventSubscriptionMessageTypeDef,
        RemoveSourceIdentifierFromSubscriptionMessageTypeDef,
    )

_MOST = 20  # "Quotas and constraints for Amazon RDS", RDS User Guide
CATEGORIES: Mapping[str, Sequence[str]] = {
    "db-instance": (
        "availability", "backtrack", "backup", "configuration change", "creation", "deletion", "failover", "failure",
        "low storage", "maintenance", "notification", "read replica", "recovery", "restoration", "security",
        "security patching",
    ),
    "db-snapshot": ("backup", "creation", "deletion", "failure", "notification", "restoration"),
    "db-parameter-group": ("configuration change",),
    "db-security-group": ("configuration change", "failure"),
    "db-cluster": (
        "configuration change", "creation", "deletion", "failover", "failure", "global-failover", "maintenance",
        "migration", "notification", "serverless",
    ),
    "db-cluster-snapshot": ("backup", "notification"),
    "db-proxy": ("configuration change", "creation", "deletion", "failure"),
    "blue-green-deployment": ("creation", "deletion", "failure", "notification"),
    "custom-engine-version": ("creation", "failure", "restoring"),
    "zero-etl": ("creation", "deletion", "failure", "notification"),
}  # fmt: skip
"""By SourceType ["Overview of Amazon RDS event notification", RDS User Guide]. Only DB instances and snapshots have
events here: nothing of the other types is here."""


class SubscriptionOperations(Part):
    """Handlers of event subscriptions."""

    @operation("SubscriptionName SnsTopicArn SourceType EventCategories SourceIds Enabled Tags(Key Value)")
    def create_event_subscription(self, call: Call, request: CreateEventSubscriptionMessageTypeDef) -> dict[str, Any]:
        """The topic is told from now on ("CreateEventSubscription", Amazon RDS API Reference)."""
        name = request["SubscriptionName"]
        check_identifier("SubscriptionName", name, 254)
        tags = TAGS.read(request.get("Tags"), own(call))
        if name in self.subscriptions:
            raise AwsError("SubscriptionAlreadyExist", f"Event Subscription already exists: {name}")
        if len(self.subscriptions) >= _MOST:
            raise AwsError("EventSubscriptionQuotaExceeded", f"The account has {_MOST} event subscriptions already.")
        made = EventSubscription(
            name,
            arn("rds", f"es:{name}", call.account, call.region),
            request["SnsTopicArn"],
            self.clock.now(),
            sources=tuple(dict.fromkeys(request.get("SourceIds") or ())),
            tags=tags,
        )
        return self._kept(call, _changed(made, request))

    @operation("SubscriptionName SnsTopicArn SourceType EventCategories Enabled")
    def modify_event_subscription(self, call: Call, request: ModifyEventSubscriptionMessageTypeDef) -> dict[str, Any]:
        """What is not named stays ("ModifyEventSubscription", Amazon RDS API Reference)."""
        return self._kept(call, _changed(self.subscription(request["SubscriptionName"]), request))

    @operation("SubscriptionName SourceIdentifier")
    def add_source_identifier_to_subscription(
        self, call: Call, request: AddSourceIdentifierToSubscriptionMessageTypeDef
    ) -> dict[str, Any]:
        """One more source of its type."""
        one = self.subscription(request["SubscriptionName"])
        sources = tuple(dict.fromkeys([*one.sources, request["SourceIdentifier"]]))
        return self._kept(call, replace(one, sources=sources))

    @operation("SubscriptionName SourceIdentifier")
    def remove_source_identifier_from_subscription(
        self, call: Call, request: RemoveSourceIdentifierFromSubscriptionMessageTypeDef
    ) -> dict[str, Any]:
        """Without its last source, it is of all sources."""
        one, gone = self.subscription(request["SubscriptionName"]), request["SourceIdentifier"]
        if gone not in one.sources:
            raise AwsError("SourceNotFound", f"The subscription {one.name} has no source {gone}.", 404)
        return self._kept(call, replace(one, sources=tuple(each for each in one.sources if each != gone)))

    @operation("SubscriptionName")
    def delete_event_subscription(self, call: Call, request: DeleteEventSubscriptionMessageTypeDef) -> dict[str, Any]:
        """The topic stays."""
        one = self.subscription(request["SubscriptionName"])
        self.subscriptions.delete(one.name)
        return {"EventSubscription": {**_shape(call, one), "Status": "deleting"}}

    @operation("SubscriptionName MaxRecords Marker", refused={"Filters": "Leave it out: AWS has none for it."})
    def describe_event_subscriptions(
        self, call: Call, request: DescribeEventSubscriptionsMessageTypeDef
    ) -> dict[str, Any]:
        """All, or the one of a name."""
        found = sorted(self.subscriptions, key=lambda one: one.name)
        if request.get("SubscriptionName"):
            found = [self.subscription(request["SubscriptionName"])]
        shown, marker = page(found, request, lambda one: one.name)
        answer = {"EventSubscriptionsList": [_shape(call, one) for one in shown]}
        return {**answer, **({"Marker": marker} if marker else {})}

    @operation("SourceType", refused={"Filters": "Leave it out: AWS has none for it."})
    def describe_event_categories(self, call: Call, request: DescribeEventCategoriesMessageTypeDef) -> dict[str, Any]:
        """Of every type, or of one."""
        kind = request.get("SourceType")
        told = {kind: _categories(kind)} if kind else CATEGORIES
        listed = [{"SourceType": each, "EventCategories": [*names]} for each, names in told.items()]
        return {"EventCategoriesMapList": listed}

    def subscription(self, name: str) -> EventSubscription:
        """SubscriptionNotFound when there is none of the name."""
        found = self.subscriptions.get(name)
        if found is None:
            raise AwsError("SubscriptionNotFound", f"Event Subscription {name} not found.", 404)
        return found

    def _kept(self, call: Call, one: EventSubscription) -> dict[str, Any]:
        if one.kind:
            names = _categories(one.kind)
            for category in one.categories:
                if category not in names:
                    raise AwsError("SubscriptionCategoryNotFound", f"{one.kind} has no category {category}.", 404)
        elif one.sources or one.categories:
            raise combination("SourceType must be provided with SourceIds and EventCategories.")
        there = {
            "db-instance": lambda name: self.instances.get(name) is not None,
            "db-snapshot": lambda name: self.instances.snapshot(name) is not None,
        }
        for source in one.sources:
            if one.kind not in there or not there[one.kind](source):
                raise AwsError("SourceNotFound", f"There is no {one.kind} {source}.", 404)
        if one.topic not in self.documents.table(TOPIC):
            raise AwsError("SNSTopicArnNotFound", f"The SNS topic {one.topic} does not exist.", 404)
        self.subscriptions.put(one)
        return {"EventSubscription": _shape(call, one)}


def _changed(one: EventSubscription, request: Mapping[str, Any]) -> EventSubscription:
    return replace(
        one,
        topic=request.get("SnsTopicArn") or one.topic,
        kind=request.get("SourceType", one.kind),
        categories=tuple(dict.fromkeys(request.get("EventCategories", one.categories))),
        enabled=request.get("Enabled", one.enabled),
    )


def _categories(kind: str) -> Sequence[str]:
    found = CATEGORIES.get(kind)
    if found is None:
        raise invalid(f"Invalid source type: {kind}. Valid values are {', '.join(CATEGORIES)}.")
    return found


def _shape(call: Call, one: EventSubscription) -> dict[str, Any]:
    told: dict[str, Any] = {
        "CustomerAwsId": call.account,
        "CustSubscriptionId": one.name,
        "SnsTopicArn": one.topic,
        "Status": "active",
        "SubscriptionCreationTime": one.created.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
        "SourceIdsList": [*one.sources],
        "EventCategoriesList": [*one.categories],
        "Enabled": one.enabled,
        "EventSubscriptionArn": one.arn,
    }
    return {**told, "SourceType": one.kind} if one.kind else told

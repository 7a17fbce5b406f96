"""What all of SNS's operations share: the topic or subscription that a request names, and the refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call
from netflux.controlplane.records.paging import page
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.sns.topic import Subscription, Topic
from netflux.resources.sns.topics import Topics

TAGS = Tagger("InvalidParameter", "TagLimitExceeded")
Request = dict[str, Any]
"""As botocore shapes it."""
_PAGE = 100


class Part:
    """Handlers of one noun.

    Args:
        topics: the tables.
        keys: tell who calls.
        place: region and account.
    """

    def __init__(self, topics: Topics, keys: Keys, place: tuple[str, str]) -> None:
        self.documents = topics.documents
        self.kept = topics
        self.keys = keys
        self.region, self.account = place

    def topic(self, arn: str, parameter: str = "TopicArn") -> Topic:
        """The topic of an ARN."""
        found = self.kept.topics.get(arn)
        if found is not None:
            return found
        if len(arn.split(":")) != 6 or not arn.startswith("arn:aws:sns:"):
            raise invalid(f"{parameter} Reason: An ARN must have at least 6 elements, not {len(arn.split(':'))}")
        raise AwsError("NotFound", "Topic does not exist", 404)

    def subscription(self, request: Mapping[str, Any]) -> Subscription:
        """The subscription that the request names."""
        arn = request["SubscriptionArn"]
        found = self.kept.subscriptions.get(arn)
        if found is None and (len(arn.split(":")) != 7 or not arn.startswith("arn:aws:sns:")):
            raise invalid("SubscriptionArn Reason: It must be the ARN of a subscription")
        if found is None:
            raise AwsError("NotFound", "Subscription does not exist", 404)
        return found

    def principal(self, call: Call) -> str:
        """The ARN of who calls."""
        key = self.keys.known(call.access_key) if call.access_key else None
        return key.principal.name if key is not None else f"arn:aws:iam::{self.account}:root"


def paged(member: str, items: list[dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    """A hundred at a time."""
    shown, following = page(items, request.get("NextToken"), _PAGE, invalid("NextToken"))
    return {member: shown} | ({"NextToken": following} if following else {})


def invalid(what: str) -> AwsError:
    """InvalidParameter."""
    return AwsError("InvalidParameter", f"Invalid parameter: {what}")

"""Operations on what a bucket says of itself: tags, who pays, acceleration, pages of other sites, its website."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import copy
from typing import Any

from netflux.aws.s3 import crossorigin, labels, members, websiterules
from netflux.aws.s3.configuration import Configured
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_RULE = "ID AllowedHeaders AllowedMethods AllowedOrigins ExposeHeaders MaxAgeSeconds"
_WEBSITE = (
    "ErrorDocument(Key) IndexDocument(Suffix) RedirectAllRequestsTo(HostName Protocol) "
    "RoutingRules(Condition(HttpErrorCodeReturnedEquals KeyPrefixEquals) "
    "Redirect(HostName HttpRedirectCode Protocol ReplaceKeyPrefixWith ReplaceKeyWith))"
)
_OFF = "Suspended"


class Settings(Configured):
    """The part of S3's API that concerns what is configured of a bucket and has no noun of its own."""

    @operation(members.BUCKET)
    async def get_bucket_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The tags, if any."""
        tags = self.store.bucket(request["Bucket"]).tags
        if not tags:
            raise AwsError("NoSuchTagSet", "The TagSet does not exist", 404)
        return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}

    @operation(f"{members.DOCUMENT} Tagging(TagSet(Key Value))", only=members.ALGORITHMS)
    async def put_bucket_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces all."""
        tags = request["Tagging"].get("TagSet") or []
        labels.check_tags(tags, labels.BUCKET, inside=call.access_key is None)
        self.change(request, tags={tag["Key"]: tag.get("Value") or "" for tag in tags})
        return {}

    @operation(members.BUCKET)
    async def delete_bucket_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes all."""
        self.change(request, tags={})
        return {}

    @operation(members.BUCKET)
    async def get_bucket_cors(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The rules."""
        rules = self.store.bucket(request["Bucket"]).cors
        if not rules:
            raise AwsError("NoSuchCORSConfiguration", "The CORS configuration does not exist", 404)
        return {"CORSRules": copy.deepcopy(rules)}

    @operation(f"{members.DOCUMENT} CORSConfiguration(CORSRules({_RULE}))", only=members.ALGORITHMS)
    async def put_bucket_cors(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces all rules."""
        rules = request["CORSConfiguration"]["CORSRules"]
        crossorigin.check(rules)
        self.change(request, cors=rules)
        return {}

    @operation(members.BUCKET)
    async def delete_bucket_cors(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes all rules."""
        self.change(request, cors=[])
        return {}

    @operation(members.BUCKET)
    async def get_bucket_website(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """As configured."""
        website = self.store.bucket(request["Bucket"]).website
        if not website:
            raise AwsError(
                "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", 404
            )
        return copy.deepcopy(website)

    @operation(f"{members.DOCUMENT} WebsiteConfiguration({_WEBSITE})", only=members.ALGORITHMS)
    async def put_bucket_website(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """From now on the website's endpoint answers by it."""
        given = request["WebsiteConfiguration"]
        websiterules.check(given)
        self.change(request, website=given)
        return {}

    @operation(members.BUCKET)
    async def delete_bucket_website(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The website's endpoint answers no more."""
        self.change(request, website={})
        return {}

    @operation(members.BUCKET)
    async def get_bucket_request_payment(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Who would pay."""
        return {"Payer": self.store.bucket(request["Bucket"]).payer}

    @operation(f"{members.DOCUMENT} RequestPaymentConfiguration(Payer)", only=members.ALGORITHMS)
    async def put_bucket_request_payment(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Nobody is billed; with Requester, others than the owner must say that they would pay."""
        self.change(request, payer=request["RequestPaymentConfiguration"]["Payer"])
        return {}

    @operation(f"{members.BUCKET} RequestPayer")
    async def get_bucket_accelerate_configuration(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Suspended once it was set so; never enabled."""
        state = self.store.bucket(request["Bucket"]).acceleration
        return {"Status": state} if state else {}

    @operation(
        f"{members.BUCKET} ChecksumAlgorithm AccelerateConfiguration(Status)",
        refused={"AccelerateConfiguration.Status": "There are no edge locations to upload by: leave it out."},
        only={**members.ALGORITHMS, "AccelerateConfiguration.Status": (_OFF,)},
    )
    async def put_bucket_accelerate_configuration(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Off, which it is."""
        self.change(request, acceleration=request["AccelerateConfiguration"].get("Status") or "")
        return {}

    @operation(members.BUCKET)
    async def get_bucket_replication(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """There is none: putting it is refused by name."""
        self.store.bucket(request["Bucket"])
        raise AwsError("ReplicationConfigurationNotFoundError", "The replication configuration was not found", 404)

    @operation(members.BUCKET)
    async def delete_bucket_replication(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """There is none."""
        self.store.bucket(request["Bucket"])
        return {}

    @operation(f"{members.BUCKET} ContinuationToken")
    async def list_bucket_analytics_configurations(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """There are none: putting one is refused by name."""
        self.store.bucket(request["Bucket"])
        return {"IsTruncated": False}

    @operation(f"{members.BUCKET} ContinuationToken")
    async def list_bucket_inventory_configurations(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """There are none: putting one is refused by name."""
        self.store.bucket(request["Bucket"])
        return {"IsTruncated": False}

    @operation(f"{members.BUCKET} ContinuationToken")
    async def list_bucket_metrics_configurations(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """There are none: putting one is refused by name."""
        self.store.bucket(request["Bucket"])
        return {"IsTruncated": False}

    @operation(f"{members.BUCKET} ContinuationToken")
    async def list_bucket_intelligent_tiering_configurations(
        self, call: Call, request: dict[str, Any]
    ) -> dict[str, Any]:
        """There are none: putting one is refused by name."""
        self.store.bucket(request["Bucket"])
        return {"IsTruncated": False}

"""CloudFront's documents of the format before are its records, without a call and at any start."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netflux.aws.cloudfront.api import CloudFrontApi
from netflux.aws.cloudfront.deployments import Deployments
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.records.documents import Documents
from netflux.resources.cloudfront import CACHE_POLICY, DISTRIBUTION, INVALIDATION

CONFIG: dict[str, Any] = {
    "CallerReference": "r", "Comment": "", "Enabled": True,
    "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "a.example.com"}]},
    "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "p"},
}  # fmt: skip
MOMENT = "2026-10-11T12:13:14.567890+00:00"
BATCH = {"CallerReference": "i", "Paths": {"Quantity": 1, "Items": ["/a"]}}


def _before(place: Path) -> None:
    documents = Documents(place)
    stored = {"etag": "E2", "modified": MOMENT}
    documents.put("cloudfront/CachePolicy", "p", {**stored, "id": "p", "config": {"Name": "n", "MinTTL": 1}})
    tags = [{"Key": "team", "Value": "movies"}, {"Key": "bare"}]
    arn = "arn:aws:cloudfront::000000000000:distribution/E1"
    whole = {**stored, "id": "E1", "arn": arn, "config": CONFIG, "tags": tags}
    documents.put("cloudfront/distribution", "E1", whole)
    made = {"id": "I1", "distribution": "E1", "created": MOMENT, "batch": BATCH, "completed": False}
    documents.put("cloudfront/invalidation", "E1/I1", made)
    documents.close()


def test_the_format_before_is_read_and_changed(tmp_path: Path) -> None:
    _before(tmp_path / "n.db")
    for start in range(2):
        documents = Documents(tmp_path / "n.db")
        api = CloudFrontApi(documents, Deployments(), Clock())
        assert not documents.faults.list()
        [distribution], [policy] = documents.table(DISTRIBUTION), documents.table(CACHE_POLICY)
        [invalidation] = documents.table(INVALIDATION)
        assert distribution.tags == {"team": "movies", "bare": ""} | ({"more": "1"} if start else {})
        assert (distribution.config, policy.config["Name"], invalidation.batch) == (CONFIG, "n", BATCH)
        assert distribution.modified == datetime(2026, 10, 11, 12, 13, 14, 567890, UTC)
        assert documents.table(DISTRIBUTION).keys("uses", "p") == ["E1"]
        assert invalidation.completed == bool(start)
        call = Call("cloudfront", "TagResource", "us-east-1", "000000000000")
        api.tag_resource(call, {"Resource": distribution.arn, "Tags": {"Items": [{"Key": "more", "Value": "1"}]}})
        api.complete(invalidation)
        documents.close()


def test_a_distribution_that_cannot_be_served_costs_itself(tmp_path: Path) -> None:
    _before(tmp_path / "n.db")
    documents = Documents(tmp_path / "n.db")
    found = documents.get("cloudfront/distribution", "E1")
    assert found is not None
    documents.put("cloudfront/distribution", "E2", {**found, "id": "E2", "config": {**CONFIG, "Origins": {}}})
    documents.close()
    documents = Documents(tmp_path / "n.db")
    CloudFrontApi(documents, Deployments(), Clock())
    assert [one.id for one in documents.table(DISTRIBUTION)] == ["E1"]
    [fault] = documents.faults.list()
    assert "cloudfront/distribution E2" in str(fault)
    documents.close()

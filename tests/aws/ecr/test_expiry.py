"""What lifecycle policies expire."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.moto_api._internal import moto_api_backend

from netflux import names
from netflux.aws.ecr.api import EcrApi
from netflux.aws.ecr.controller import LifecycleController
from netflux.aws.ecr.expiry import expired, rules
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.ecr import Image
from netflux.runtime import manifest

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def rule(priority: int = 1, **selection: Any) -> dict[str, Any]:
    chosen = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1, **selection}
    return {"rulePriority": priority, "selection": chosen, "action": {"type": "expire"}}


def policy(*found: dict[str, Any]) -> str:
    return json.dumps({"rules": found})


def image(age: float, *tags: str) -> Image:
    """`age`: days."""
    return Image("arn", f"sha256:{age}", "{}", "", tags, NOW - timedelta(days=age), 1)


def gone(text: str, *images: Image, speed: float = 1.0) -> list[float]:
    found = expired(rules(text), images, NOW, speed)
    return sorted(float(one.digest.removeprefix("sha256:")) for _, one in found)


def test_the_newest_stay_and_the_others_go() -> None:
    assert gone(policy(rule(countNumber=2)), image(3), image(1, "a"), image(2, "b"), image(4)) == [3, 4]


def test_age_is_counted_in_simulated_days_since_the_push() -> None:
    old = rule(countType="sinceImagePushed", countUnit="days", countNumber=14)
    assert gone(policy(old), image(13), image(15)) == [15]
    assert gone(policy(old), image(1), image(2), speed=10) == [2]


def test_all_prefixes_or_patterns_of_a_rule_have_to_fit() -> None:
    images = (image(1, "prod-1", "green"), image(2, "prod-2"), image(3, "test"), image(4))
    assert gone(policy(rule(tagStatus="tagged", tagPrefixList=["prod"])), *images) == [2]
    both = rule(tagStatus="tagged", tagPatternList=["p*d-*", "gr*n"], countType="sinceImagePushed", countUnit="days")
    assert gone(policy(both), *images, image(5, "prod-5", "green")) == [5]
    assert gone(policy(rule(tagStatus="untagged")), *images, image(6)) == [6]


def test_an_image_is_the_business_of_the_first_rule_that_fits_it() -> None:
    keep = rule(1, tagStatus="tagged", tagPrefixList=["prod"], countNumber=5)
    rest = rule(2, countNumber=1)
    assert gone(policy(rest, keep), image(1, "test"), image(2, "prod"), image(3, "test3")) == [3]


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([rule(1), rule(1, tagStatus="untagged")], "rulePriority must be unique"),
        ([rule(1), rule(2, tagStatus="untagged")], "tagStatus any must be the last"),
        ([rule(tagStatus="tagged")], "tagPrefixList or tagPatternList"),
        ([rule(countNumber=0)], "lower than the required minimum"),
        ([rule(countUnit="days")], "countUnit days goes with sinceImagePushed"),
        ([{"rulePriority": 1}], "missing required properties"),
        ([rule(countType="sinceImagePulled")], "countType sinceImagePulled"),
        ([{**rule(), "action": {"type": "transition"}}], "action transition"),
    ],
)
def test_a_policy_that_can_not_be_carried_out_is_refused(found: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(AwsError, match=says):
        rules(policy(*found))


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["", "a1", "a2", "b1"])), unique_by=lambda one: one[0]))
def test_each_rule_keeps_at_most_its_count_and_takes_the_oldest(made: list[tuple[int, str]]) -> None:
    images = [image(age, *([tag] if tag else [])) for age, tag in made]
    text = policy(rule(1, tagStatus="tagged", tagPrefixList=["a"], countNumber=2), rule(2, countNumber=3))
    removed = gone(text, *images)
    for taken, count in (([a for a, t in made if t[:1] == "a"], 2), ([a for a, t in made if t[:1] != "a"], 3)):
        assert sorted(set(taken) - set(removed)) == sorted(taken)[:count]


async def test_a_policy_expires_images_of_its_repository_until_it_is_deleted(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "netflux.db")
    moto = Moto(documents, names.ACCOUNT, names.REGION)
    moto_api_backend.reset()
    apis = Apis(names.ACCOUNT, names.REGION, moto, lambda _: None)
    apis.register(EcrApi(documents, apis, Clock()))
    controller = LifecycleController(documents, apis, Clock())
    about = {"repositoryName": "movies"}
    await apis.call("ecr", "CreateRepository", about)

    async def push(tag: str) -> None:
        text = manifest.write(manifest.ProcessImage("/", command=(tag,)))
        await apis.call("ecr", "PutImage", {**about, "imageTag": tag, "imageManifest": text})

    async def tags() -> list[str]:
        for key in await controller.keys():
            await controller.reconcile(key)
        return sorted(one["imageTag"] for one in (await apis.call("ecr", "ListImages", about))["imageIds"])

    for tag in ("one", "two", "three"):
        await push(tag)
    text = policy(rule(countNumber=2))
    await apis.call("ecr", "PutLifecyclePolicy", {**about, "lifecyclePolicyText": text})
    put = await apis.call("ecr", "GetLifecyclePolicy", about)
    assert (put["lifecyclePolicyText"], put["lastEvaluatedAt"].timestamp()) == (text, 0)
    assert await tags() == ["three", "two"]
    assert (await apis.call("ecr", "GetLifecyclePolicy", about))["lastEvaluatedAt"].timestamp() > 0
    await apis.call("ecr", "DeleteLifecyclePolicy", about)
    await push("four")
    assert await tags() == ["four", "three", "two"]
    with pytest.raises(AwsError, match="does not exist"):
        await apis.call("ecr", "GetLifecyclePolicy", about)
    for operation in ("StartImageScan", "DescribeImageScanFindings"):
        with pytest.raises(AwsError, match=operation):
            await apis.call("ecr", operation, {**about, "imageId": {"imageTag": "four"}})
    moto.stop()
    documents.close()

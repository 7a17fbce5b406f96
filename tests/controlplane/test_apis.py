"""Calls that come while services are still being loaded."""

import asyncio
from typing import Any

import pytest

from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.moto import proofs
from netflux.errors import AwsError
from tests.controlplane.plane import Plane


class Clusters:
    """A service of ours with one operation."""

    service = "ecs"
    whole = True

    async def list_clusters(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        return {"clusterArns": ["mine"]}


async def test_a_call_waits_until_all_services_are_there(plane: Plane) -> None:
    apis = await plane.start()
    apis.expect()
    early = asyncio.ensure_future(apis.call("ecs", "ListClusters", {}))
    await asyncio.sleep(0)
    assert not early.done()
    apis.register(Clusters())
    apis.complete()
    assert (await early)["clusterArns"] == ["mine"]


async def test_a_service_that_is_there_already_answers_meanwhile(plane: Plane) -> None:
    apis = await plane.start()
    apis.expect()
    apis.register(Clusters())
    assert (await apis.call("ecs", "ListClusters", {}))["clusterArns"] == ["mine"]


async def test_calls_fail_when_the_region_stops_before_its_services_are_there(plane: Plane) -> None:
    apis = await plane.start()
    apis.expect()
    early = asyncio.ensure_future(apis.call("ecs", "ListClusters", {}))
    await asyncio.sleep(0)
    apis.give_up()
    for call in (early, apis.call("ecs", "ListClusters", {})):
        with pytest.raises(AwsError) as error:
            await call
        assert (error.value.code, error.value.status) == ("ServiceUnavailable", 503)


async def test_giving_up_what_is_complete_changes_nothing(plane: Plane) -> None:
    apis = await plane.start()
    apis.expect()
    apis.register(Clusters())
    apis.complete()
    apis.give_up()
    assert (await apis.call("ecs", "ListClusters", {}))["clusterArns"] == ["mine"]


async def test_a_stored_state_that_can_not_be_read_is_said_and_never_written_over(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("kms", "CreateKey", {})
    [(key, _)] = plane.documents.blobs("moto/kms/")
    with plane.documents.transaction():
        plane.documents.put_blob(key, b"not a pickle")
    await plane.restart()
    with pytest.raises(AwsError, match="stored state of kms can't be read"):
        await plane.moto.call("kms", "CreateKey", {})
    assert plane.documents.blobs("moto/kms/") == [(key, b"not a pickle")]


@pytest.mark.parametrize("tags", [[{"Value": "v"}], [{"Key": "", "Value": "v"}], [{"Key": "a", "Value": "b"}, {}]])
async def test_a_tag_without_a_key_is_refused(plane: Plane, tags: list[dict[str, str]]) -> None:
    apis = await plane.start()
    with pytest.raises(AwsError):
        await apis.call("ssm", "PutParameter", {"Name": "s", "Value": "x", "Type": "String", "Tags": tags})
    assert (await apis.call("ssm", "DescribeParameters", {}))["Parameters"] == []


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto takes the alias `alias/odd`, and can't list any while it is there."""
    from moto.kms.models import KmsBackend as Backend

    listed = Backend.list_aliases

    def aliases(backend: Backend, *given: Any, **named: Any) -> Any:
        if any("alias/odd" in key.aliases for key in backend.keys.values()):
            raise KeyError("Limit")
        return listed(backend, *given, **named)

    monkeypatch.setattr(Backend, "list_aliases", aliases)


async def _named(apis: Apis) -> list[str]:
    """The account's own aliases; AWS's are always there."""
    names = [one["AliasName"] for one in (await apis.call("kms", "ListAliases", {}))["Aliases"]]
    return [name for name in names if not name.startswith("alias/aws/")]


@pytest.mark.usefixtures("unlisted")
async def test_what_would_make_a_list_fail_for_good_is_not_kept(plane: Plane) -> None:
    apis = await plane.start()
    key = (await apis.call("kms", "CreateKey", {}))["KeyMetadata"]["KeyId"]
    await apis.call("kms", "CreateAlias", {"AliasName": "alias/p", "TargetKeyId": key})
    with pytest.raises(AwsError, match="nothing was kept"):
        await plane.moto.call("kms", "CreateAlias", {"AliasName": "alias/odd", "TargetKeyId": key})
    assert await _named(apis) == ["alias/p"]


@pytest.mark.usefixtures("unlisted")
async def test_a_record_that_made_a_list_fail_before_can_be_deleted(
    plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    apis = await plane.start()
    key = (await apis.call("kms", "CreateKey", {}))["KeyMetadata"]["KeyId"]
    with monkeypatch.context() as unproven:
        unproven.setattr(proofs, "of", lambda *_: ())
        await plane.moto.call("kms", "CreateAlias", {"AliasName": "alias/odd", "TargetKeyId": key})
    apis = await plane.restart()
    await apis.call("kms", "CreateAlias", {"AliasName": "alias/t", "TargetKeyId": key})
    await apis.call("kms", "DeleteAlias", {"AliasName": "alias/odd"})
    apis = await plane.restart()
    assert await _named(apis) == ["alias/t"]


async def test_a_part_of_the_region_is_refused_in_the_services_words_as_clients_are(plane: Plane) -> None:
    apis = await plane.start()
    with pytest.raises(AwsError, match="Member must have value greater than or equal to 1") as error:
        await apis.call("ssm", "DescribeParameters", {"MaxResults": 0})
    assert error.value.code == "ValidationException"

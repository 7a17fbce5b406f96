"""moto's state: on disk before the answer, back after a restart, and never more than the disk has."""

import pytest

from netflux.errors import AwsError
from tests.controlplane.plane import Plane


async def test_everything_a_template_of_this_kind_creates_in_moto_comes_back_after_a_restart(plane: Plane) -> None:
    await plane.start()
    moto = plane.moto
    await moto.call("ecr", "CreateRepository", {"repositoryName": "movie-service"})
    await moto.call("ssm", "PutParameter", {"Name": "p", "Value": "v", "Type": "String"})
    await moto.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    reads = (
        ("ecr", "DescribeRepositories"),
        ("ssm", "DescribeParameters"), ("servicediscovery", "ListNamespaces"),
    )  # fmt: skip
    before = {read: await moto.call(*read, {}) for read in reads}
    await plane.restart()
    moto = plane.moto
    assert {read: await moto.call(*read, {}) for read in reads} == before


async def test_a_backend_stays_writable_after_a_restart(plane: Plane) -> None:
    await plane.start()
    await plane.moto.call("ecr", "CreateRepository", {"repositoryName": "one"})
    await plane.restart()
    await plane.moto.call("ecr", "CreateRepository", {"repositoryName": "two"})
    await plane.restart()
    found = await plane.moto.call("ecr", "DescribeRepositories", {})
    assert [repository["repositoryName"] for repository in found["repositories"]] == ["one", "two"]


async def test_a_change_that_the_disk_refuses_is_an_error_and_is_taken_back(plane: Plane) -> None:
    apis = await plane.start()

    async def put(text: str) -> None:
        await apis.call("kms", "CreateKey", {"Description": text})

    await put("kept")
    plane.documents._db.execute("PRAGMA max_page_count=8")
    with pytest.raises(AwsError, match="disk of the state directory is full"):
        await put("y" * 8_000)
    [key] = (await apis.call("kms", "ListKeys", {}))["Keys"]
    told = await apis.call("kms", "DescribeKey", {"KeyId": key["KeyId"]})
    assert told["KeyMetadata"]["Description"] == "kept"


async def test_a_key_that_a_read_makes_is_kept(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("kms", "CreateKey", {})
    made = (await apis.call("kms", "DescribeKey", {"KeyId": "alias/aws/ssm"}))["KeyMetadata"]["KeyId"]
    apis = await plane.restart()
    assert (await apis.call("kms", "DescribeKey", {"KeyId": "alias/aws/ssm"}))["KeyMetadata"]["KeyId"] == made


async def test_moto_errors_keep_their_code_and_message(plane: Plane) -> None:
    apis = await plane.start()
    with pytest.raises(AwsError) as error:
        await apis.call("kms", "DescribeKey", {"KeyId": "11111111-2222-3333-4444-555555555555"})
    assert error.value.code == "NotFoundException"


async def test_an_operation_nobody_has_is_refused_by_name(plane: Plane) -> None:
    apis = await plane.start()
    with pytest.raises(AwsError, match="MakeTea"):
        await apis.call("ec2", "MakeTea", {})


async def test_changing_calls_are_told_and_reading_calls_are_not(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("iam", "CreateUser", {"UserName": "sam"})
    await apis.call("iam", "ListUsers", {})
    assert [call.operation for call in plane.changes] == ["CreateUser"]


async def test_state_that_can_not_be_read_costs_its_service_alone_and_stays(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("kms", "CreateKey", {})
    await apis.call("sqs", "CreateQueue", {"QueueName": "q"})
    (key,) = [key for key, _ in plane.documents.blobs("moto/kms/")]
    plane.documents.put_blob(key, b"no pickle")
    apis = await plane.restart()
    assert (await apis.call("sqs", "ListQueues", {}))["QueueUrls"]
    with pytest.raises(AwsError, match="The stored state of kms can't be read") as refusal:
        await apis.call("kms", "ListKeys", {})
    assert refusal.value.status == 503
    await apis.call("sqs", "CreateQueue", {"QueueName": "r"})
    assert dict(plane.documents.blobs("moto/kms/"))[key] == b"no pickle"
    assert [fault.subject for fault in plane.documents.faults.list()] == ["state of kms"]


async def test_what_another_moto_has_written_costs_its_service_alone_and_is_told_at_the_start(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("sqs", "CreateQueue", {"QueueName": "q"})
    await apis.call("kms", "CreateKey", {})
    plane.documents.put("moto/version", "kms", {"moto": "4.0.0"})
    apis = await plane.restart()
    plane.moto.look()
    (fault,) = plane.documents.faults.list()
    assert "moto 4.0.0 wrote it" in fault.message
    assert "Run the netflux that has moto 4.0.0" in fault.hint
    with pytest.raises(AwsError, match=r"moto 4\.0\.0 wrote it"):
        await apis.call("kms", "ListKeys", {})
    assert (await apis.call("sqs", "ListQueues", {}))["QueueUrls"]
    assert plane.moto.holds("kms")

"""moto's exceptions: AWS's error where the cause is known, a refusal by name where not, and nothing left behind."""

from typing import Any

import pytest

from netflux.controlplane.call import Call
from netflux.controlplane.moto import crash
from netflux.controlplane.protocol import models
from netflux.errors import Unsupported
from tests.controlplane.plane import Plane

NO_NUMBER = "invalid literal for int() with base 10: "
CAUSES = (
    ("eks", "ListNodegroups", {"clusterName": "nope"}, KeyError("nope"), "ResourceNotFoundException"),
    ("kms", "RevokeGrant", {"KeyId": "nope", "GrantId": "g"}, KeyError("nope"), "NotFoundException"),
    ("rds", "DescribeDBParameters", {"DBParameterGroupName": "p"}, KeyError("p"), "DBParameterGroupNotFound"),
    ("ssm", "DescribeParameters", {"NextToken": "a|b"}, ValueError(f"{NO_NUMBER}'a|b'"), "InvalidNextToken"),
)  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "params", "error", "code"), CAUSES)
def test_an_exception_that_names_a_value_of_the_request_is_awss_error(
    service: str, operation: str, params: dict[str, Any], error: Exception, code: str
) -> None:
    told = crash.explain(models.operation_model(service, operation), params, error)
    value = next(str(one) for one in params.values())
    assert (told.code, value in told.message) == (code, True)


@pytest.mark.parametrize(
    "error", [KeyError("elsewhere"), AttributeError("'NoneType' object"), IndexError(), KeyError()]
)
def test_an_exception_of_which_nothing_is_known_refuses_the_call_by_name(error: Exception) -> None:
    told = crash.explain(models.operation_model("kms", "RevokeGrant"), {"KeyId": "nope"}, error)
    assert isinstance(told, Unsupported)
    assert "kms:RevokeGrant" in told.message


async def test_a_call_that_fails_half_way_has_changed_nothing(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.kms.models import KmsBackend

    apis = await plane.start()
    kept = (await apis.call("kms", "CreateKey", {}))["KeyMetadata"]["KeyId"]
    create = KmsBackend.create_key

    def half(backend: Any, *args: Any, **named: Any) -> Any:
        create(backend, *args, **named)
        raise KeyError("elsewhere")

    monkeypatch.setattr(KmsBackend, "create_key", half)
    with pytest.raises(Unsupported, match="kms:CreateKey"):
        await apis.call("kms", "CreateKey", {})
    monkeypatch.undo()
    assert [one["KeyId"] for one in (await apis.call("kms", "ListKeys", {}))["Keys"]] == [kept]


async def test_reading_a_service_that_can_not_be_pickled_does_not_stop_changes_of_others(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("kms", "ListKeys", {})
    import threading

    from moto.backends import get_backend

    get_backend("events")["123456789012"]["us-east-1"].lock = threading.local()
    await apis.call("kms", "CreateKey", {})


async def test_what_moto_does_not_have_is_refused_by_its_name(plane: Plane) -> None:
    await plane.start()
    for service, operation, params in (
        ("fsx", "DescribeFileSystemAliases", {"FileSystemId": "fs-0123456789abcdef0"}),
        ("dynamodb", "ExecuteStatement", {"Statement": "SELECT * FROM t"}),
    ):
        with pytest.raises(Unsupported, match=f"{service}:{operation}"):
            await plane.moto.call(service, operation, params)


async def test_a_client_is_answered_from_what_was_read_of_its_request(plane: Plane) -> None:
    await plane.start()
    call = Call("kms", "CreateKey", "us-east-1", "", access_key="AKIAIOSFODNN7EXAMPLE")
    answer = await plane.moto.forward(call, {"Description": "a key"}, "json")
    assert (answer.status, b'"Description": "a key"' in answer.body) == (200, True)

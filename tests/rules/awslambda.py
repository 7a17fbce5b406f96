"""What Lambda refuses."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from netflux import names
from netflux.aws.awslambda.code import Packages
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.interfaces import Interfaces
from netflux.aws.awslambda.runtimeapi import RuntimeApi
from netflux.aws.awslambda.service import Front, Lambda, library
from netflux.aws.destinations import Destinations
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.network.endpoints import Endpoints
from netflux.network.loopback import LoopbackNetwork
from netflux.resources.awslambda.function import Functions
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "lambda"

ROLE = f"arn:aws:iam::{names.ACCOUNT}:role/r"
ARN = f"arn:aws:lambda:{names.REGION}:{names.ACCOUNT}:function:"
INVALID, ABSENT, CONFLICT = "InvalidParameterValueException", "ResourceNotFoundException", "ResourceConflictException"
CREATE, QUOTAS, RUNTIMES = "API reference, CreateFunction", "Lambda quotas", "Lambda runtimes"
VARIABLES = "Working with Lambda environment variables"


def _zip(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


CODE = _zip(index="x = 1")


class _None:
    """What no rule comes to."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a refused request has come to {name}")


def register(plane: Plane, apis: Apis) -> None:
    """The plane has Lambda, of which nothing runs."""
    folder = Path(tempfile.mkdtemp(prefix="lambda-", dir=plane.path))
    kept = Functions(plane.documents, (names.REGION, names.ACCOUNT))
    network: Any = LoopbackNetwork(plane.documents)
    nowhere: Any = _None()
    host = Host(
        kept=kept,
        packages=Packages(folder / "zip", folder / "open"),
        runtime=nowhere,
        runtime_api=RuntimeApi(),
        apis=apis,
        clock=Clock(),
        endpoint="http://127.0.0.1:9",
        library=library(),
        modules=None,
        interfaces=Interfaces(network, kept, (Endpoints(), nowhere), folder, (nowhere, 9)),
    )
    front = Front(folder / "s", nowhere, nowhere)
    destinations = Destinations()
    destinations.register("sqs", lambda event: None)
    apis.register(Lambda(host, destinations, lambda _name, _key: None, front).api)


async def prepare(apis: Apis) -> dict[str, str]:
    """A function with a version, an alias, a statement, a URL and a mapping; and one that is pending."""
    for name in ("f", "pending"):
        await apis.call(SERVICE, "CreateFunction", _function(FunctionName=name))
    handlers: Any = apis._handlers[SERVICE]
    versions = handlers.kept.versions
    from dataclasses import replace

    versions.put(replace(versions.get("f:$LATEST"), state="Active"))
    await apis.call(SERVICE, "PublishVersion", {"FunctionName": "f"})
    await apis.call(SERVICE, "CreateAlias", {"FunctionName": "f", "Name": "live", "FunctionVersion": "1"})
    await apis.call(SERVICE, "AddPermission", {"FunctionName": "f", "StatementId": "known", **PERMISSION})
    await apis.call(SERVICE, "CreateFunctionUrlConfig", {"FunctionName": "f", "AuthType": "NONE"})
    await apis.call("sqs", "CreateQueue", {"QueueName": "q"})
    await apis.call(SERVICE, "CreateEventSourceMapping", {"FunctionName": "f", "EventSourceArn": QUEUE})
    return {}


PERMISSION = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
QUEUE = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:q"


def _function(**params: Any) -> dict[str, Any]:
    usual = {
        "FunctionName": "new", "Runtime": "python3.12", "Handler": "index.handler", "Role": ROLE,
        "Code": {"ZipFile": CODE},
    }  # fmt: skip
    return {name: value for name, value in {**usual, **params}.items() if value is not None}


def _create(rule: str, code: str, says: str, page: str = CREATE, /, **params: Any) -> Rule:
    return Rule(rule, "CreateFunction", _function(**params), code, page, says)


def _absent(call: str, **params: Any) -> Rule:
    given = {"FunctionName": "none", **params}
    return Rule(f"{call}: the function is there", call, given, ABSENT, f"API reference, {call}", f"{ARN}none")


def _of(call: str, rule: str, code: str, says: str, /, **params: Any) -> Rule:
    return Rule(f"{call}: {rule}", call, {"FunctionName": "f", **params}, code, f"API reference, {call}", says)


def _weights(**weights: float) -> dict[str, Any]:
    return {"AdditionalVersionWeights": weights}


RULES = [
    _create("A function's name is its own", CONFLICT, "Function already exist: f", FunctionName="f"),
    _create("A zip file needs a runtime and a handler", INVALID, "mandatory", Handler=None),
    _create("A function has code", INVALID, "Please provide a source", Code={}),
    _create("The code is a zip file", INVALID, "Could not unzip uploaded file", Code={"ZipFile": b"no"}),
    _create("The zip file has something in it", INVALID, "non-empty zip", Code={"ZipFile": _zip()}),
    _create("The zip file leads nowhere else", INVALID, "leads out of it", Code={"ZipFile": _zip(**{"../x": ""})}),
    _create("A role is an ARN of a role", "ValidationException", "'role'", Role="r"),
    _create("Runtimes that AWS has ended make nothing", INVALID, "no longer supported", RUNTIMES, Runtime="python3.7"),
    _create("Java is run nowhere here", "UnsupportedOperation", "java21", RUNTIMES, Runtime="java21"),
    _create("Lambda's own variables can't be set", INVALID, "Reserved keys used in this request: AWS_REGION", VARIABLES,
            Environment={"Variables": {"AWS_REGION": "x"}}),
    _create("Variables have 4 KB", INVALID, "exceeded the 4KB limit", QUOTAS,
            Environment={"Variables": {"LONG": "x" * 5000}}),
    _create("Subnets and groups go together", INVALID, "must coexist", CREATE, VpcConfig={"SubnetIds": ["subnet-1"]}),
    _create("A layer is there", INVALID, "does not exist", CREATE,
            Layers=[f"arn:aws:lambda:us-east-1:{names.ACCOUNT}:layer:none:1"]),
    _create("An image has no handler", INVALID, "An image has no Runtime", CREATE, PackageType="Image",
            Code={"ImageUri": f"{names.ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/a:b"}),
    _create("A zip function has no image", INVALID, "ImageUri", CREATE,
            Code={"ImageUri": f"{names.ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/a:b"}),
    *(_absent(call) for call in (
        "GetFunction", "GetFunctionConfiguration", "DeleteFunction", "UpdateFunctionConfiguration", "PublishVersion",
        "ListVersionsByFunction", "ListAliases", "GetPolicy", "GetFunctionConcurrency", "Invoke",
        "GetFunctionEventInvokeConfig", "GetFunctionUrlConfig",
    )),
    _absent("UpdateFunctionCode", ZipFile=CODE),
    _absent("PutFunctionConcurrency", ReservedConcurrentExecutions=1),
    _of("GetFunction", "the version is there", ABSENT, f"{ARN}f:9", Qualifier="9"),
    _of("Invoke", "the function is active", CONFLICT, "Pending", FunctionName="pending"),
    _of("Invoke", "the event is JSON", "InvalidRequestContentException", "parse", Payload=b"{"),
    _of("UpdateFunctionConfiguration", "nothing else is under way", CONFLICT, "Pending", FunctionName="pending"),
    _of("UpdateFunctionConfiguration", "the revision is the last", "PreconditionFailedException", "RevisionId",
        RevisionId="r"),
    _of("PublishVersion", "the code is the one that is meant", INVALID, "CodeSHA256", CodeSha256="x"),
    _of("DeleteFunction", "an alias's version stays", CONFLICT, "[live]", Qualifier="1"),
    _of("DeleteFunction", "$LATEST goes with its function", INVALID, "$LATEST", Qualifier="$LATEST"),
    _of("CreateAlias", "its name is its own", CONFLICT, "Alias already exists", Name="live", FunctionVersion="1"),
    _of("CreateAlias", "its version is there", ABSENT, f"{ARN}f:9", Name="new", FunctionVersion="9"),
    _of("UpdateAlias", "$LATEST shares with nobody", INVALID, "$LATEST", Name="live", FunctionVersion="$LATEST",
        RoutingConfig=_weights(**{"1": 0.5})),
    _of("UpdateAlias", "a version stands once", INVALID, "already included", Name="live",
        RoutingConfig=_weights(**{"1": 0.5})),
    _of("GetAlias", "it is there", ABSENT, "Cannot find alias arn", Name="none"),
    _of("AddPermission", "its id is its own", CONFLICT, "already exists", StatementId="known", **PERMISSION),
    _of("AddPermission", "its principal is one", INVALID, "principal was invalid", StatementId="new",
        Action="lambda:InvokeFunction", Principal="nobody"),
    _of("RemovePermission", "it is there", ABSENT, "Statement none", StatementId="none"),
    _of("PutFunctionConcurrency", "100 calls stay for all", INVALID, "minimum value of [100]",
        ReservedConcurrentExecutions=901),
    _of("GetFunctionEventInvokeConfig", "there is one", ABSENT, "EventInvokeConfig"),
    _of("PutFunctionEventInvokeConfig", "somebody takes events at the destination", INVALID, "nothing here takes",
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:kinesis:us-east-1:123456789012:stream/s"}}),
    _of("CreateFunctionUrlConfig", "a function has one", CONFLICT, "exists for this Lambda function", AuthType="NONE"),
    _of("CreateEventSourceMapping", "a queue has one for a function", CONFLICT, "already exists", EventSourceArn=QUEUE),
    _of("CreateEventSourceMapping", "the queue is there", INVALID, "NonExistentQueue", EventSourceArn=f"{QUEUE}x"),
    _of("CreateEventSourceMapping", "the source is a queue", INVALID, "Unrecognized event source",
        EventSourceArn="arn:aws:kinesis:us-east-1:123456789012:stream/s"),
    _of("CreateEventSourceMapping", "more than ten messages need a window", INVALID, "Maximum batch size",
        EventSourceArn=f"{QUEUE}", BatchSize=11, FunctionName="pending"),
    Rule("GetEventSourceMapping: it is there", "GetEventSourceMapping", {"UUID": "0" * 36}, ABSENT,
         "API reference, GetEventSourceMapping", "does not exist"),
    Rule("GetLayerVersion: it is there", "GetLayerVersion", {"LayerName": "l", "VersionNumber": 1}, ABSENT,
         "API reference, GetLayerVersion", "does not exist"),
]  # fmt: skip

"""Lambda: functions with what belongs to them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netflux.cloudformation.types.table import Facts, Properties, Read, Row, Step, Tagging, status

_BOOTSTRAP = Path(__file__).parents[2] / "aws" / "awslambda" / "bootstrap"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_CONFIGURATION = (
    "Role", "Handler", "Description", "Timeout", "MemorySize", "VpcConfig", "Environment", "Runtime",
    "DeadLetterConfig", "KmsKeyArn", "TracingConfig", "Layers", "FileSystemConfigs", "ImageConfig", "EphemeralStorage",
    "SnapStart", "LoggingConfig",
)  # fmt: skip


def _packed(properties: Properties) -> Properties:
    """Code that stands in the template becomes a zip file, with the module that answers CloudFormation.

    "AWS::Lambda::Function Code", CloudFormation Template Reference.
    """
    code = properties.get("Code")
    if not isinstance(code, Mapping) or not isinstance(code.get("ZipFile"), str):
        return properties
    text = code["ZipFile"]
    zipped = packed(text, str(properties.get("Runtime", "")), str(properties.get("Handler", "index.handler")))
    return {**properties, "Code": {**code, "ZipFile": zipped}}


def packed(text: str, runtime: str, handler: str) -> bytes:
    """A zip file of inline code; the same text makes the same bytes.

    Args:
        text: the program.
        runtime: decides its file's name.
        handler: the same for Node.js: `export` makes a module of it.
    """
    files: dict[str, str] = {}
    name = handler.rpartition(".")[0].partition(".")[0] or "index"
    if runtime.startswith("python"):
        files[f"{name}.py"] = text
        files["cfnresponse.py"] = (_BOOTSTRAP / "cfnresponse.py").read_text()
    else:
        module = re.search(r"^\s*(import\s.+from\s|export\s)", text, re.MULTILINE) is not None
        files[f"{name}.{'mjs' if module else 'js'}"] = text
        files["node_modules/cfn-response/index.js"] = (_BOOTSTRAP / "cfn-response.js").read_text()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in files.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, body)
    return made.getvalue()


def _code(facts: Facts) -> list[dict[str, Any]]:
    code = _packed(facts.new)["Code"]
    made = {"FunctionName": facts.id, **code}
    if facts.new.get("Architectures"):
        made["Architectures"] = facts.new["Architectures"]
    return [made]


def _concurrency(facts: Facts) -> list[dict[str, Any]]:
    wanted = facts.new.get("ReservedConcurrentExecutions")
    return [] if wanted is None else [{"FunctionName": facts.id, "ReservedConcurrentExecutions": int(wanted)}]


def _shared(facts: Facts) -> list[dict[str, Any]]:
    return [{"FunctionName": facts.id}] if facts.new.get("ReservedConcurrentExecutions") is None else []


def _stable(item: Any, wanted: Properties) -> Any:
    judged = status("Configuration.State", ("Active",), ("Failed",), "Configuration.StateReason")(item, wanted)
    if judged is not None:
        return judged
    return status(
        "Configuration.LastUpdateStatus", ("Successful",), ("Failed",), "Configuration.LastUpdateStatusReason"
    )(item, wanted)


_FUNCTION = Row(
    type="AWS::Lambda::Function",
    service="lambda",
    create=Step("CreateFunction", renames={"KmsKeyArn": "KMSKeyArn"}),
    id="$new.FunctionName",
    read=Read("GetFunction", {"FunctionName": "$id"}, "$response"),
    attributes={"Arn": "$item.Configuration.FunctionArn"},
    prepare=_packed,
    stable=_stable,
    also=(Step("PutFunctionConcurrency", ("ReservedConcurrentExecutions",), build=_concurrency),),
    update=(
        Step(
            "UpdateFunctionConfiguration",
            _CONFIGURATION,
            params={"FunctionName": "$id"},
            renames={"KmsKeyArn": "KMSKeyArn"},
            settled=True,
            defaults={
                "Description": "", "Timeout": 3, "MemorySize": 128, "Environment": {"Variables": {}}, "Layers": [],
                "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}, "TracingConfig": {"Mode": "PassThrough"},
                "EphemeralStorage": {"Size": 512}, "DeadLetterConfig": {"TargetArn": ""}, "KmsKeyArn": "",
                "ImageConfig": {}, "LoggingConfig": {"LogFormat": "Text"}, "SnapStart": {"ApplyOn": "None"},
                "FileSystemConfigs": [],
            },
        ),
        Step("UpdateFunctionCode", ("Code", "Architectures"), build=_code, settled=True),
        Step("DeleteFunctionConcurrency", ("ReservedConcurrentExecutions",), build=_shared),
    ),
    delete=(Step("DeleteFunction", params={"FunctionName": "$id"}),),
    gone=("ResourceNotFoundException",),
    named="FunctionName",
    name_length=64,
    tags=Tagging("TagResource", "UntagResource", {"Resource": "$attributes.Arn"}),
)  # fmt: skip

_PERMISSION = Row(
    type="AWS::Lambda::Permission",
    service="lambda",
    create=Step("AddPermission", renames={"Id": "StatementId"}),
    id="$new.Id",
    attributes={"Id": "$id"},
    named="Id",
    name_length=100,
    delete=(Step("RemovePermission", params={"FunctionName": "$new.FunctionName", "StatementId": "$id"}),),
    gone=("ResourceNotFoundException",),
)


_VERSION = Row(
    type="AWS::Lambda::Version",
    service="lambda",
    create=Step("PublishVersion"),
    id="$response.FunctionArn",
    read=Read("GetFunction", {"FunctionName": "$id"}, "$response.Configuration"),
    attributes={"Version": "$item.Version", "FunctionArn": "$id"},
    delete=(Step("DeleteFunction", params={"FunctionName": "$id"}),),
    gone=("ResourceNotFoundException",),
)


def _routing(facts: Facts) -> list[dict[str, Any]]:
    """CloudFormation has a list of versions with weights where the API has a map."""
    return [_alias(facts.new) | {"FunctionName": facts.new["FunctionName"], "Name": facts.new["Name"]}]


def _alias(properties: Properties) -> Properties:
    routing = properties.get("RoutingConfig") or {}
    weights = {
        one["FunctionVersion"]: float(one["FunctionWeight"]) for one in routing.get("AdditionalVersionWeights") or ()
    }
    return {
        "FunctionVersion": properties.get("FunctionVersion"),
        "Description": properties.get("Description", ""),
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }


_ALIAS = Row(
    type="AWS::Lambda::Alias",
    service="lambda",
    create=Step("CreateAlias", build=_routing),
    id="$response.AliasArn",
    attributes={"AliasArn": "$id"},
    consumed=("FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig"),
    update=(Step("UpdateAlias", ("FunctionVersion", "Description", "RoutingConfig"), build=_routing),),
    delete=(Step("DeleteAlias", params={"FunctionName": "$new.FunctionName", "Name": "$new.Name"}),),
    gone=("ResourceNotFoundException",),
)

_LAYER = Row(
    type="AWS::Lambda::LayerVersion",
    service="lambda",
    create=Step("PublishLayerVersion"),
    id="$response.LayerVersionArn",
    attributes={"LayerVersionArn": "$id"},
    named="LayerName",
    name_length=140,
    unique=False,
    delete=(Step("DeleteLayerVersion", build=lambda facts: [_layer(facts.id)]),),
    gone=("ResourceNotFoundException",),
)


def _layer(arn: str) -> dict[str, Any]:
    name, _, number = arn.rpartition(":")
    return {"LayerName": name, "VersionNumber": int(number)}


def _layer_permission(facts: Facts) -> list[dict[str, Any]]:
    new = facts.new
    return [{
        **_layer(new["LayerVersionArn"]), "StatementId": new["Id"], "Action": new["Action"],
        "Principal": new["Principal"], **({"OrganizationId": new["OrganizationId"]} if "OrganizationId" in new else {}),
    }]  # fmt: skip


_LAYER_PERMISSION = Row(
    type="AWS::Lambda::LayerVersionPermission",
    service="lambda",
    create=Step("AddLayerVersionPermission", build=_layer_permission),
    id="$new.Id",
    attributes={"Id": "$id"},
    named="Id",
    name_length=100,
    consumed=("LayerVersionArn", "Action", "Principal"),
    delete=(
        Step(
            "RemoveLayerVersionPermission",
            build=lambda facts: [_layer(facts.new["LayerVersionArn"]) | {"StatementId": facts.id}],
        ),
    ),
    gone=("ResourceNotFoundException",),
)

_MAPPING_CHANGES = (
    "FunctionName", "Enabled", "BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig",
)  # fmt: skip
_MAPPING = Row(
    type="AWS::Lambda::EventSourceMapping",
    service="lambda",
    create=Step("CreateEventSourceMapping"),
    id="$response.UUID",
    read=Read("GetEventSourceMapping", {"UUID": "$id"}, "$response"),
    attributes={"Id": "$id", "EventSourceMappingArn": "$item.EventSourceMappingArn"},
    stable=status("State", ("Enabled", "Disabled")),
    over=lambda _item: False,
    update=(
        Step(
            "UpdateEventSourceMapping",
            _MAPPING_CHANGES,
            params={"UUID": "$id"},
            settled=True,
            defaults={
                "Enabled": True, "BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": [],
                "ScalingConfig": {},
            },
        ),
    ),
    delete=(Step("DeleteEventSourceMapping", params={"UUID": "$id"}),),
    gone=("ResourceNotFoundException",),
    tags=Tagging("TagResource", "UntagResource", {"Resource": "$attributes.EventSourceMappingArn"}),
)  # fmt: skip

_RULE = Row(
    type="AWS::Lambda::EventInvokeConfig",
    service="lambda",
    create=Step("PutFunctionEventInvokeConfig"),
    id="{new.FunctionName}|{new.Qualifier}",
    update=(
        Step(
            "PutFunctionEventInvokeConfig",
            ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"),
            always=(
                "FunctionName",
                "Qualifier",
                "MaximumRetryAttempts",
                "MaximumEventAgeInSeconds",
                "DestinationConfig",
            ),
        ),
    ),
    delete=(
        Step(
            "DeleteFunctionEventInvokeConfig",
            params={"FunctionName": "$new.FunctionName", "Qualifier": "$new.Qualifier"},
        ),
    ),
    gone=("ResourceNotFoundException",),
)

_URL = Row(
    type="AWS::Lambda::Url",
    service="lambda",
    create=Step("CreateFunctionUrlConfig", renames={"TargetFunctionArn": "FunctionName"}),
    id="$response.FunctionArn",
    read=Read("GetFunctionUrlConfig", {"FunctionName": "$id"}, "$response"),
    attributes={"FunctionArn": "$id", "FunctionUrl": "$item.FunctionUrl"},
    update=(
        Step(
            "UpdateFunctionUrlConfig",
            ("AuthType", "Cors", "InvokeMode"),
            params={"FunctionName": "$id"},
            defaults={"Cors": {}, "InvokeMode": "BUFFERED"},
        ),
    ),
    delete=(Step("DeleteFunctionUrlConfig", params={"FunctionName": "$id"}),),
    gone=("ResourceNotFoundException",),
)

ROWS = (_FUNCTION, _PERMISSION, _VERSION, _ALIAS, _LAYER, _LAYER_PERMISSION, _MAPPING, _RULE, _URL)

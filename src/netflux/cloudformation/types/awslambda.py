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

ROWS = (_FUNCTION, _PERMISSION)

"""Labels of versions: attached, moved, taken off.

"Working with parameter labels", AWS Systems Manager User Guide.
"""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ssm.part import Part, no_version
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ssm import Parameter, Version

if TYPE_CHECKING:
    from types_boto3_ssm.type_defs import LabelParameterVersionRequestTypeDef, UnlabelParameterVersionRequestTypeDef

_MOST = 10
_LABEL = re.compile(r"[A-Za-z_.\-][A-Za-z0-9_.\-]*")


class LabelOperations(Part):
    """Handlers of labels."""

    @operation("Name ParameterVersion Labels")
    def label_parameter_version(self, call: Call, request: LabelParameterVersionRequestTypeDef) -> dict[str, Any]:
        """Of the latest version where none is given. A label that another version has moves; those that can't be labels
        are told.
        """
        parameter = self.known(request["Name"])
        number = request.get("ParameterVersion") or parameter.current.number
        version = self._numbered(parameter, number)
        good = [label for label in dict.fromkeys(request["Labels"]) if _is_label(label)]
        labels = tuple(dict.fromkeys((*version.labels, *good)))
        if len(labels) > _MOST:
            raise AwsError(
                "ParameterVersionLabelLimitExceeded",
                "An error occurred (ParameterVersionLabelLimitExceeded) when calling the LabelParameterVersion "
                f"operation: A parameter version can have maximum {_MOST} labels."
                "Move one or more labels to another version and try again.",
            )
        for other in self.kept.of(parameter):
            if other.number != number and {*good} & {*other.labels}:
                left = tuple(label for label in other.labels if label not in good)
                parameter = self._put(parameter, replace(other, labels=left))
        if labels != version.labels:
            self._put(parameter, replace(version, labels=labels))
        invalid = [label for label in dict.fromkeys(request["Labels"]) if label not in good]
        return {"InvalidLabels": invalid, "ParameterVersion": number}

    @operation("Name ParameterVersion Labels")
    def unlabel_parameter_version(self, call: Call, request: UnlabelParameterVersionRequestTypeDef) -> dict[str, Any]:
        """Labels that the version has not are told."""
        parameter = self.known(request["Name"])
        version = self._numbered(parameter, request["ParameterVersion"])
        asked = [*dict.fromkeys(request["Labels"])]
        gone = [label for label in asked if label in version.labels]
        if gone:
            left = tuple(label for label in version.labels if label not in gone)
            self._put(parameter, replace(version, labels=left))
        return {"RemovedLabels": gone, "InvalidLabels": [label for label in asked if label not in gone]}

    def _numbered(self, parameter: Parameter, number: int) -> Version:
        found = self.kept.numbered(parameter, number)
        if found is None:
            raise no_version(number, parameter.name)
        return found

    def _put(self, parameter: Parameter, version: Version) -> Parameter:
        if version.number != parameter.current.number:
            self.kept.versions.put(version)
            return parameter
        changed = replace(parameter, current=version)
        self.kept.parameters.put(changed)
        return changed


def _is_label(text: str) -> bool:
    return _LABEL.fullmatch(text) is not None and not text.lower().startswith(("aws", "ssm"))

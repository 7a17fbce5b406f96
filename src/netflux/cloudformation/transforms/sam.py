"""AWS's own SAM translator, for `forkserver`: it is read once, and a fork of it takes each template."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any


class _Policies:
    """The managed policies that there are, by name."""

    def __init__(self, arns: Mapping[str, str]) -> None:
        self._arns = arns

    def load(self) -> Mapping[str, str]:
        """Names to ARNs."""
        return self._arns


def load() -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What translates `{"template", "parameters", "region", "policies"}`: `{"template"}`, or `{"problem"}`."""
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform

    def translate(question: Mapping[str, Any]) -> dict[str, Any]:
        os.environ["AWS_DEFAULT_REGION"] = question["region"]
        policies = _Policies(question["policies"])
        try:
            made = transform(question["template"], question["parameters"], policies, None, passthrough_metadata=True)
        except InvalidDocumentException as error:
            causes = [cause.message for cause in error.causes]
            said = f"Invalid Serverless Application Specification document. Number of errors found: {len(causes)}."
            return {"problem": f"{said} {' '.join(causes)}"}
        return {"template": made}

    return translate

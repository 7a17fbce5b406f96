"""Tags have keys. Some of AWS's models do not say so, and the services refuse one without all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel

from netflux.errors import AwsError

_MEMBERS = ("Tags", "tags", "TagList", "TagSpecifications")
_KEYS = ("Key", "key", "TagKey")


def check(model: OperationModel, params: Mapping[str, Any]) -> None:
    """AwsError when a tag of the request has no key."""
    if model.input_shape is None:
        return
    for name in _MEMBERS:
        listed = params.get(name)
        if not isinstance(listed, list):
            continue
        for tag in listed:
            inner = tag.get("Tags") if name == "TagSpecifications" and isinstance(tag, Mapping) else [tag]
            for one in inner or ():
                _check(model, name, model.input_shape.members[name], one)


def _check(model: OperationModel, name: str, shape: Any, tag: Any) -> None:
    member = shape.member.members["Tags"].member if name == "TagSpecifications" else shape.member
    known = [key for key in _KEYS if key in getattr(member, "members", ())]
    if known and isinstance(tag, Mapping) and not any(tag.get(key) for key in known):
        code = (
            "InvalidParameterException" if model.service_model.resolved_protocol == "json" else "InvalidParameterValue"
        )
        raise AwsError(code, f"{model.name}: a tag has no {known[0]}.")

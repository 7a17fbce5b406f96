"""Templates in a folder, as the survey puts them to a region: images, code and values that are not here replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cfnlint.decode.cfn_json import CfnJSONDecoder
from cfnlint.decode.cfn_yaml import loads as read_yaml

from netflux.cloudformation import syntax

_ENDINGS = {".yaml", ".yml", ".json", ".template"}


@dataclass(frozen=True)
class Found:
    """A template.

    Attributes:
        kind: the first folder, `hand` or `cdk`.
        name: the rest of the path.
        text: as its author wrote it.
        content: read; None where no parser takes it.
    """

    kind: str
    name: str
    path: Path = field(compare=False)
    text: str = field(repr=False)
    content: Mapping[str, Any] | None = field(repr=False)

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """Those that it declares."""
        found = (self.content or {}).get("Parameters")
        return {str(k): v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}


def templates(folder: Path) -> Iterator[Found]:
    """Every template below the folder, whose first level is the kind: FOLDER/KIND/OWNER/REPOSITORY/PATH."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        assets = any(part.startswith("asset.") for part in parts) or path.name.endswith(".assets.json")
        if path.is_file() and path.suffix in _ENDINGS and not assets and len(parts) > 1:
            text = path.read_text(errors="replace")
            yield Found(parts[0], "/".join(parts[1:]), path, text, _read(text))


def _read(text: str) -> Mapping[str, Any] | None:
    for read in (lambda: json.loads(text, cls=CfnJSONDecoder), lambda: read_yaml(text), lambda: syntax.read(text)):
        try:
            content = read()
        except Exception:
            continue
        if isinstance(content, dict) and "Resources" in content:
            return plain(content)
    return None


def plain(value: Any) -> Any:
    """Without the parser's own classes."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def with_images(content: Mapping[str, Any], image: str, role: str) -> dict[str, Any]:
    """The template with every container's image replaced by one that answers on the container's ports.

    No registry of the world is reached from here. The ports are stated as the template states them, by an expression
    too; the image's own program listens there and answers 200. It is pulled from ECR, for which Fargate wants an
    execution role: a task definition without one gets `role`.
    """
    changed: dict[str, Any] = deepcopy(dict(content))
    for resource in changed.get("Resources", {}).values():
        if isinstance(resource, dict) and resource.get("Type") == "AWS::ECS::TaskDefinition":
            properties = resource.get("Properties", {})
            for container in _containers(properties.get("ContainerDefinitions")):
                _replace(container, image)
            if isinstance(properties, dict):
                properties.setdefault("ExecutionRoleArn", role)
    return changed


def _containers(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _containers(one)
    elif isinstance(value, dict) and "Fn::If" in value:
        yield from _containers(value["Fn::If"][1:])
    elif isinstance(value, dict) and "Image" in value:
        yield value


def _replace(container: dict[str, Any], image: str) -> None:
    ports = container.get("PortMappings")
    given = (
        [one["ContainerPort"] for one in ports if isinstance(one, dict) and "ContainerPort" in one]
        if isinstance(ports, list)
        else []
    )
    container["Image"] = image
    for name in ("Command", "EntryPoint", "HealthCheck", "WorkingDirectory", "User"):
        container.pop(name, None)
    stated = [{"Name": f"SURVEY_PORT_{number}", "Value": port} for number, port in enumerate(given)]
    environment = container.get("Environment")
    container["Environment"] = (environment if isinstance(environment, list) else []) + stated

"""A template's transforms carried out: text in, text out, and the text that it was."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netflux.cloudformation import syntax, validate
from netflux.cloudformation.bounded import Bounds, Failed, Overrun
from netflux.cloudformation.intrinsics import UNKNOWN, Environment
from netflux.cloudformation.preloaded import Preloaded, Unavailable
from netflux.cloudformation.template import Template, outline
from netflux.cloudformation.transforms import calls, include, language, macro
from netflux.cloudformation.transforms.calls import INCLUDE, LANGUAGE, SERVERLESS, Asked, failed
from netflux.cloudformation.transforms.macro import Fragment, Macros
from netflux.cloudformation.types.table import Caller
from netflux.errors import AwsError

_BOUNDS = Bounds(30.0, 2**30)
"""SAM's translator takes a second for a hundred functions."""
_IDLE = 20.0
AUTO_EXPAND = "CAPABILITY_AUTO_EXPAND"
_HOSTED = (LANGUAGE, SERVERLESS, INCLUDE)
_APPLICATION = "AWS::Serverless::Application"
Beside = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Wanted:
    """What a template's transforms are told.

    Attributes:
        call: the region's APIs as who asks calls them.
        values: of its parameters, as Ref gives them.
        known: the pseudo parameters.
    """

    call: Caller
    values: Mapping[str, Any]
    known: Mapping[str, str]


@dataclass(frozen=True)
class Processed:
    """A template after its transforms.

    Attributes:
        text: the template; as it was where it has no transforms.
        original: as it was; empty where it has none.
        linted: what the linter is asked about: language extensions that resources decide are still in it.
    """

    text: str
    original: str = ""
    linted: str = ""


def asks(text: str) -> bool:
    """Whether a text may have transforms; False is sure."""
    return "Transform" in text


class Transforms:
    """Carries out transforms.

    Args:
        beside: does what takes long beside the event loop.
    """

    def __init__(self, macros: Macros, beside: Beside) -> None:
        self._macros = macros
        self._beside = beside
        self._sam = Preloaded("netflux.cloudformation.transforms.sam", _IDLE)

    async def stop(self) -> None:
        """Ends the translator's process."""
        await self._sam.stop()

    async def outlined(self, text: str) -> tuple[dict[str, Any], Template] | None:
        """The sections and the declared parameters of a template with transforms; None of one without."""
        if not asks(text):
            return None
        sections: dict[str, Any] = await self._beside(syntax.read, text)
        names = [asked.name for asked in (*calls.inner(sections), *calls.whole(sections))]
        return (sections, outline(text, sections, tuple(dict.fromkeys(names)))) if names else None

    async def processed(self, text: str, sections: dict[str, Any], wanted: Wanted) -> Processed:
        """The template after all its transforms.

        Raises:
            AwsError: one of them fails, or what they make is too large.
        """
        outer = calls.whole(sections)
        made: Any = {name: each for name, each in sections.items() if name != "Transform"}
        for asked in calls.inner(sections):
            made = await self._one(asked, made, wanted)
        for asked in outer:
            made = macro.as_template(await self._one(asked, made, wanted))
            made.pop("Transform", None)
        whole = await self._beside(_text, made)
        extended = any(asked.name == LANGUAGE for asked in outer)
        linted = await self._beside(_text, {"Transform": LANGUAGE, **made}) if extended else whole
        return Processed(whole, text, linted)

    async def _one(self, asked: Asked, sections: Any, wanted: Wanted) -> Any:
        if asked.name in (LANGUAGE, SERVERLESS):
            if asked.place:
                raise AwsError("ValidationError", f"{asked.name} is for the section Transform, not for Fn::Transform.")
            if asked.name == SERVERLESS:
                return await self._serverless(sections, wanted)
            return await self._beside(language.extended, sections, environment(sections, wanted))
        found = calls.at(sections, asked.place)
        if not isinstance(found, dict):
            return sections
        siblings = {name: each for name, each in found.items() if name != calls.FUNCTION}
        given = await self._beside(environment(sections, wanted).value, dict(asked.parameters))
        if asked.name == INCLUDE:
            text = await include.snippet(wanted.call, given)
            made = include.merged(siblings, await self._beside(include.read, text))
        elif asked.name.startswith("AWS::"):
            raise AwsError(
                "ValidationError",
                f"Transform {asked.name} is not supported by Netflux: it has {', '.join(_HOSTED)} and your macros.",
            )
        else:
            made = await self._macros.run(wanted.call, asked.name, Fragment(siblings, given, wanted.values))
        return calls.put(sections, asked.place, made)

    async def _serverless(self, sections: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
        for logical, each in (sections.get("Resources") or {}).items():
            if isinstance(each, dict) and each.get("Type") == _APPLICATION:
                location = (each.get("Properties") or {}).get("Location")
                if not isinstance(location, str):
                    said = "there is no Serverless Application Repository here; give Location as a template's URL in S3"
                    raise failed(SERVERLESS, f"Resource {logical}: {said}.")
        question = {
            "template": sections,
            "parameters": dict(wanted.values),
            "region": wanted.known["AWS::Region"],
            "policies": await _policies(wanted.call),
        }
        try:
            answer = await self._sam.ask(question, _BOUNDS)
        except (Overrun, Failed) as error:
            said = str(error).strip().rsplit("\n", 1)[-1]
            raise failed(SERVERLESS, f"the translator gave no answer: {said}") from error
        except Unavailable as error:
            raise AwsError("ServiceUnavailable", f"The SAM translator could not be run: {error}", 503) from error
        if "problem" in answer:
            raise failed(SERVERLESS, answer["problem"])
        return macro.as_template(answer["template"])


async def _policies(call: Caller) -> dict[str, str]:
    """AWS's managed policies by name."""
    found: dict[str, str] = {}
    marker: dict[str, str] = {}
    while True:
        answer = await call("iam", "ListPolicies", {"Scope": "AWS", "MaxItems": 1000, **marker})
        found |= {each["PolicyName"]: each["Arn"] for each in answer["Policies"]}
        if not answer.get("IsTruncated"):
            return found
        marker = {"Marker": answer["Marker"]}


def environment(sections: Mapping[str, Any], wanted: Wanted) -> Environment:
    """What functions are evaluated against before there is a template: parameters, mappings, conditions."""
    mappings, conditions = sections.get("Mappings"), sections.get("Conditions")
    return Environment(
        parameters=wanted.values,
        pseudo={**dict.fromkeys(validate.PSEUDO, UNKNOWN), **wanted.known},
        mappings=mappings if isinstance(mappings, dict) else {},
        conditions=conditions if isinstance(conditions, dict) else {},
        reference=lambda _logical: UNKNOWN,
        attribute=lambda _logical, _name: UNKNOWN,
    )


def _text(sections: Any) -> str:
    try:
        text = json.dumps(sections, separators=(",", ":"), default=_unknown)
    except RecursionError as error:
        raise AwsError("ValidationError", "What the template's transforms make is too deep.") from error
    syntax.read(text)
    return text


def _unknown(value: object) -> str:
    raise AwsError("ValidationError", f"A transform needs a value that only resources give: {value!r}.")

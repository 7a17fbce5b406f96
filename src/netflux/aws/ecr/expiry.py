"""Which images a lifecycle policy expires. Pure.

User guide, "Lifecycle policy properties" and its evaluation rules: rules by priority, each image is the business of the
first rule whose tag status fits it, and only what no earlier rule has taken counts for a later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from netflux import expressions
from netflux.decoding import json
from netflux.errors import AwsError, Unsupported
from netflux.resources.ecr import Image

MOST_RULES = 50
"""Of a policy ("Amazon ECR service quotas", Amazon ECR User Guide)."""
MOST_WILDCARDS = 4
"""Of a tag pattern ("Lifecycle policy properties in Amazon ECR", Amazon ECR User Guide)."""
_SELECTION = {"tagPrefixList", "tagPatternList", "countUnit"}
_WILDCARDS = {"[*]": r"\*", "*": ".*"}
"""`[*]` is what stands for the character in a prefix; a tag can have neither."""
_REFUSED = (
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: "
)


@dataclass(frozen=True)
class Rule:
    """A rule of a policy.

    Attributes:
        priority: lowest first.
        status: `tagged`, `untagged` or `any`.
        patterns: each has to fit a tag of the image; `*` stands for anything.
        count: how many images stay; None for a rule by age.
        age: how long after its push an image stays; None for a rule by number.
    """

    priority: int
    status: str
    patterns: tuple[str, ...]
    count: int | None
    age: timedelta | None

    def takes(self, image: Image) -> bool:
        """Whether the image is this rule's business."""
        if self.status != "any" and (self.status == "tagged") != bool(image.tags):
            return False
        return all(any(expressions.like(tag, pattern, _WILDCARDS) for tag in image.tags) for pattern in self.patterns)


def rules(text: str) -> list[Rule]:
    """The rules of a policy's text, by priority.

    Raises:
        AwsError: ECR refuses the policy.
        Unsupported: this cloud does: nothing is archived here, so no image is moved to or from an archive.
    """
    try:
        body = json.value(text)
    except ValueError:
        raise _refusal("Could not map policyString into LifecyclePolicy.") from None
    _members(body, {"rules"}, set())
    listed = body["rules"]
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise _refusal("Could not map policyString into LifecyclePolicy.")
    if not 1 <= len(listed) <= MOST_RULES:
        raise _refusal(f"A lifecycle policy has 1 to {MOST_RULES} rules, not {len(listed)}")
    found = sorted((_rule(one) for one in listed), key=lambda rule: rule.priority)
    if len({rule.priority for rule in found}) < len(found):
        raise _refusal("rulePriority must be unique")
    if any(rule.status == "any" for rule in found[:-1]):
        raise _refusal("a rule with tagStatus any must be the last one by rulePriority")
    if sum(rule.status == "untagged" for rule in found) > len({rule.age is None for rule in found}):
        raise _refusal("there is at most one rule for untagged images of each countType")
    return found


def _rule(body: Mapping[str, Any]) -> Rule:
    _members(body, {"rulePriority", "selection", "action"}, {"description"})
    selection, action = body["selection"], body["action"]
    _members(action, {"type"}, {"targetStorageClass"})
    if action["type"] == "transition":
        raise Unsupported("action transition of an ECR lifecycle policy", "Use expire: nothing is archived here.")
    _one_of(action["type"], ("expire",))
    _members(selection, {"tagStatus", "countType", "countNumber"}, _SELECTION)
    _one_of(selection["tagStatus"], ("any", "tagged", "untagged"))
    patterns = _patterns(selection)
    if (selection["tagStatus"] == "tagged") != bool(patterns):
        raise _refusal("tagPrefixList or tagPatternList goes with tagStatus tagged, and only with it")
    number, priority = _number(selection["countNumber"]), _number(body["rulePriority"])
    kind, unit = selection["countType"], selection.get("countUnit")
    if kind in ("sinceImagePulled", "sinceImageTransitioned"):
        raise Unsupported(f"countType {kind} of an ECR lifecycle policy", "Use imageCountMoreThan or sinceImagePushed.")
    if kind not in ("imageCountMoreThan", "sinceImagePushed"):
        raise _refusal("instance failed to match exactly one schema (matched 0 out of 2)")
    if unit is not None:
        _one_of(unit, ("days",))
    if (kind == "sinceImagePushed") != (unit == "days"):
        raise _refusal("countUnit days goes with sinceImagePushed, and only with it")
    return Rule(
        priority=priority,
        status=selection["tagStatus"],
        patterns=patterns,
        count=number if kind == "imageCountMoreThan" else None,
        age=timedelta(days=number) if kind == "sinceImagePushed" else None,
    )


def _patterns(selection: Mapping[str, Any]) -> tuple[str, ...]:
    prefixes, patterns = selection.get("tagPrefixList", []), selection.get("tagPatternList", [])
    for listed in (prefixes, patterns):
        if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
            raise _refusal("Could not map policyString into LifecyclePolicy.")
    for pattern in patterns:
        if pattern.count("*") > MOST_WILDCARDS:
            raise _refusal(f"A tag pattern has at most {MOST_WILDCARDS} wildcards, unlike {pattern}")
    return (*(f"{_literal(prefix)}*" for prefix in prefixes), *patterns)


def _members(body: Any, required: set[str], more: set[str]) -> None:
    """Raises AwsError, in the words of the schema that AWS holds a policy against."""
    if not isinstance(body, dict):
        raise _refusal("Could not map policyString into LifecyclePolicy.")
    missing, strange = sorted(required - set(body)), sorted(set(body) - required - more)
    if missing:
        raise _refusal(f"object has missing required properties ({_listed(missing)})")
    if strange:
        raise _refusal(f"object instance has properties which are not allowed by the schema: ({_listed(strange)})")


def _one_of(value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise _refusal(f"instance value ({value}) not found in enum :(possible values: {_listed(known)})")


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refusal(f"instance type ({type(value).__name__}) does not match any allowed primitive type (integer)")
    if value < 1:
        raise _refusal(f"numeric instance is lower than the required minimum (minimum: 1, found: {value})")
    return value


def _listed(texts: Sequence[str]) -> str:
    return "[" + ",".join(f'"{one}"' for one in texts) + "]"


def _literal(text: str) -> str:
    return text.replace("*", "[*]")


def _refusal(why: str) -> AwsError:
    return AwsError("InvalidParameterException", f"{_REFUSED}{why}'")


def expired(policy: Sequence[Rule], images: Sequence[Image], now: datetime, speed: float) -> list[tuple[Rule, Image]]:
    """The images to remove, each with the rule that says so.

    Args:
        policy: by priority.
        images: of the repository.
        now: real time.
        speed: simulated seconds in a real one.
    """
    left = sorted(images, key=lambda image: image.pushed_at, reverse=True)
    gone: list[tuple[Rule, Image]] = []
    for rule in policy:
        taken = [image for image in left if rule.takes(image)]
        left = [image for image in left if not rule.takes(image)]
        if rule.age is not None:
            gone += [(rule, image) for image in taken if (now - image.pushed_at) * speed > rule.age]
        else:
            gone += [(rule, image) for image in taken[rule.count :]]
    return gone

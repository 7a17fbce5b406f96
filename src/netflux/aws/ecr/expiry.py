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

_SELECTION = {"tagStatus", "tagPrefixList", "tagPatternList", "countType", "countUnit", "countNumber"}
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
        Unsupported: this cloud does; ECR's archive, and counts since a pull, which nobody records here.
    """
    try:
        found = sorted((_rule(body) for body in json.value(text)["rules"]), key=lambda rule: rule.priority)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _refusal("Could not map policyString into LifecyclePolicy.") from None
    if len({rule.priority for rule in found}) < len(found):
        raise _refusal("rulePriority must be unique")
    if any(rule.status == "any" for rule in found[:-1]):
        raise _refusal("a rule with tagStatus any must be the last one by rulePriority")
    return found


def _rule(body: Mapping[str, Any]) -> Rule:
    selection, action = body["selection"], body["action"]["type"]
    if action != "expire":
        raise Unsupported(f"action {action} of an ECR lifecycle policy", "Use expire.")
    for name in selection:
        if name not in _SELECTION:
            raise Unsupported(f"{name} of an ECR lifecycle policy")
    prefixes, patterns = selection.get("tagPrefixList", []), selection.get("tagPatternList", [])
    if (selection["tagStatus"] == "tagged") != bool(prefixes or patterns):
        raise _refusal("tagPrefixList or tagPatternList goes with tagStatus tagged, and only with it")
    number = int(selection["countNumber"])
    if number < 1:
        raise _refusal("countNumber must be at least 1")
    kind = selection["countType"]
    if kind not in ("imageCountMoreThan", "sinceImagePushed"):
        raise Unsupported(f"countType {kind} of an ECR lifecycle policy", "Use imageCountMoreThan or sinceImagePushed.")
    if (kind == "sinceImagePushed") != (selection.get("countUnit") == "days"):
        raise _refusal("countUnit days goes with sinceImagePushed, and only with it")
    return Rule(
        priority=int(body["rulePriority"]),
        status=selection["tagStatus"],
        patterns=(*(f"{_literal(prefix)}*" for prefix in prefixes), *patterns),
        count=number if kind == "imageCountMoreThan" else None,
        age=timedelta(days=number) if kind == "sinceImagePushed" else None,
    )


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

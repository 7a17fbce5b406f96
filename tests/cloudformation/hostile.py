"""Templates that nobody should send, in variants: each names what the refusal has to speak of."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

BUCKET = "\nResources:\n  B: {Type: AWS::S3::Bucket}\n"
CAUSES = {
    "alias": "aliases are not allowed",
    "deep": "levels",
    "wide": "nodes",
    "large": "more than",
    "circle": "Circular",
}
TYPES = ("AWS::SSM::Parameter", "Value", {"Name": "p", "Type": "String"})


@dataclass(frozen=True)
class Case:
    """A template and what its refusal says.

    Attributes:
        parameters: as CreateStack takes them.
    """

    kind: str
    body: str
    words: str
    parameters: dict[str, str] = field(default_factory=dict)


def cases(seed: int, each: int) -> Iterator[Case]:
    """So many of each kind."""
    dice = random.Random(seed)
    for kind in (_alias, _alias_in_itself, _deep, _wide, _doubling, _escaping, _splitting, _conditions, _chain,
                 _depends, _counts, _odd_texts, _backtracking, _shapes):  # fmt: skip
        for _ in range(each):
            yield kind(dice)


def _resource(value: object) -> str:
    kind, name, others = TYPES
    return json.dumps({"Resources": {"P": {"Type": kind, "Properties": {name: value, **others}}}})


def _alias(dice: random.Random) -> Case:
    depth, width = dice.randint(2, 12), dice.randint(2, 12)
    opened, closed = dice.choice((("[", "]"), ("{k: [", "]}")))
    lines = [
        f"  a{level}: &a{level} {opened}{', '.join([f'*a{level - 1}' if level else 'x'] * width)}{closed}"
        for level in range(depth)
    ]
    return Case("alias", "\n".join(("Metadata:", *lines)) + BUCKET, CAUSES["alias"])


def _alias_in_itself(dice: random.Random) -> Case:
    form = dice.choice(
        ("&a [*a]", "&a {k: *a}", "&a\n    - b\n    - [c, *a]", "&a {k: {b: c, d: *a}}", "&a !Sub [x, *a]")
    )
    return Case("alias", f"Metadata:\n  x: {form}" + BUCKET, CAUSES["alias"])


def _deep(dice: random.Random) -> Case:
    depth = dice.randint(101, 20_000)
    form = dice.randrange(4)
    if form == 0:
        return Case("deep", '{"Metadata": ' + "[" * depth + "]" * depth + "}", CAUSES["deep"])
    if form == 1:
        return Case("deep", '{"Metadata": ' + '{"a": ' * depth + "1" + "}" * depth + "}", CAUSES["deep"])
    if form == 2:
        return Case("deep", "Metadata: " + "[" * depth, CAUSES["deep"])
    depth = min(depth, 250)
    nested = "x"
    for _ in range(depth):
        nested = f'{{"Fn::Base64": {nested if nested != "x" else json.dumps("x")}}}'
    return Case("deep", f'{{"Resources": {{"P": {{"Type": "T", "Properties": {nested}}}}}}}', CAUSES["deep"])


def _wide(dice: random.Random) -> Case:
    count = dice.randint(100_001, 220_000)
    form = dice.choice(('{{"Metadata": [{0}]}}', "Metadata: [{0}]" + BUCKET.replace("{", "{{").replace("}", "}}")))
    return Case("wide", form.format(",".join("1" * count)), CAUSES["wide"])


def _doubling(dice: random.Random) -> Case:
    """A text that is put several times into a text, again and again: 16 million characters or more."""
    times = dice.randint(2, 60)
    levels = math.ceil(24 / math.log2(times))
    value: object = "x"
    for _ in range(levels):
        value = {"Fn::Sub": [dice.choice(("${a}", "-${a}")) * times, {"a": value}]}
    return Case("large", _resource(value), CAUSES["large"])


def _escaping(dice: random.Random) -> Case:
    """Each level escapes the one before: twice as many backslashes."""
    value: object = {"a": '"\\' * dice.randint(1, 20)}
    for _ in range(dice.randint(24, 40)):
        value = {"Fn::ToJsonString": [value]}
    return Case("large", _resource(value), CAUSES["large"])


def _splitting(dice: random.Random) -> Case:
    text = {"Fn::Sub": ["${a}" * 1000, {"a": "x," * dice.randint(100, 400)}]}
    return Case("large", _resource({"Fn::Join": ["-" * 100, {"Fn::Split": [",", text]}]}), CAUSES["large"])


def _conditions(dice: random.Random) -> Case:
    count = dice.randint(1, 400)
    names = [f"C{number}" for number in range(count)]
    join = dice.choice(("Fn::And", "Fn::Or"))
    conditions = {name: {join: [{"Condition": names[(i + 1) % count]}] * 2} for i, name in enumerate(names)}
    body = {"Conditions": conditions, "Resources": {"B": {"Type": "AWS::S3::Bucket", "Condition": "C0"}}}
    return Case("circle", json.dumps(body), CAUSES["circle"])


def _chain(dice: random.Random) -> Case:
    """No circle, but 2 to the power of the chain's length, and deeper than Python's stack; ends at nothing."""
    count = dice.randint(20, 450)
    conditions: dict[str, object] = {
        f"C{i}": {"Fn::And": [{"Condition": f"C{i + 1}"}, {"Condition": f"C{i + 1}"}]} for i in range(count)
    }
    body = {"Conditions": conditions, "Resources": {"B": {"Type": "AWS::S3::Bucket", "Condition": "C0"}}}
    return Case("chain", json.dumps(body), f"Unresolved condition dependency C{count}")


def _depends(dice: random.Random) -> Case:
    count = dice.randint(2, 500)
    names = [f"R{number}" for number in range(count)]
    several = min(count, 40)
    resources = {
        name: {"Type": "AWS::S3::Bucket", "DependsOn": [names[(i + j + 1) % count] for j in range(several)]}
        for i, name in enumerate(names)
    }
    return Case("circle", json.dumps({"Resources": resources}), CAUSES["circle"])


def _counts(dice: random.Random) -> Case:
    section, most = dice.choice((("Resources", 500), ("Parameters", 200), ("Outputs", 200), ("Mappings", 200)))
    count = dice.randint(most + 1, most * 3)
    one: dict[str, object] = {
        "Resources": {"Type": "AWS::S3::Bucket"}, "Parameters": {"Type": "String"}, "Outputs": {"Value": "x"},
        "Mappings": {"a": {"b": "c"}},
    }  # fmt: skip
    body = {"Resources": {"B": one["Resources"]}} | {section: {f"N{i}": one[section] for i in range(count)}}
    return Case("count", json.dumps(body), f"{count}, is greater than maximum allowed, {most}")


def _odd_texts(dice: random.Random) -> Case:
    digits = "9" * dice.randint(5000, 40_000)
    body, words = dice.choice((
        (f'{{"Metadata": {digits}}}', "Template format error"),
        ('{"Metadata": NaN}', "NaN"),
        ('{"Metadata": -Infinity}', "Infinity"),
        ('{"Metadata": 1e999}', "out of range"),
        ('{"Metadata": "\\u0000"}', "U+0000"),
        ('{"Metadata": "\\ud800"}', "surrogate"),
        ("Metadata: \0", "templateBody"),
        ('Metadata: "\\0"' + BUCKET, "U+0000"),
        ("Metadata: !!python/object/apply:os.system [id]" + BUCKET, "is not supported"),
        ("Metadata: !!binary aGk=" + BUCKET, "!!binary"),
        ("? [a, b]\n: c", "a key must be text"),
        ("a: b\n---\nc: d", "another document"),
        ('{"Metadata": "' + '\\"' * dice.randint(20_000, 24_000) + "[" * 200, "JSON not well-formed"),
        ("Metadata: '" + "[" * dice.randint(1000, 50_000), "YAML not well-formed"),
        ("x" * dice.randint(1_000_001, 1_200_000), "may not exceed 1000000 bytes"),
    ))  # fmt: skip
    return Case("text", body, words)


def _backtracking(dice: random.Random) -> Case:
    core = dice.choice(("(a+)+$", "(a|a)*$", "(a|aa)+$", "([a-z]+)*$", "(a*)*b", "(?:a?){30}a{30}b", "(.*a){25}b"))
    before = dice.choice(("", "(?!b)", "(?=a)"))
    text = "a" * dice.randint(28, 4000) + "!"
    body = json.dumps(
        {
            "Parameters": {"P": {"Type": "String", "AllowedPattern": f"^{before}{core}"}},
            "Resources": {"B": {"Type": "AWS::S3::Bucket"}},
        }
    )
    return Case(
        "pattern", body, "not decided within" if before == "(?=a)" and core == "(a|a)*$" else "attern", {"P": text}
    )


def _shapes(dice: random.Random) -> Case:
    """Functions with what they can't be given."""
    name = dice.choice(("Fn::Join", "Fn::Select", "Fn::Split", "Fn::FindInMap", "Fn::If", "Fn::Cidr", "Fn::Equals",
                        "Fn::Sub", "Fn::GetAtt", "Fn::ImportValue", "Ref"))  # fmt: skip
    given = dice.choice((None, 5, [], {}, [[]], [{}], [None, None, None], {"a": {"b": []}}, ["x", 5, "10.0.0.0/8"],
                         ["10.0.0.0/8", 10**9, 1], ["::/0", 256, 200], ["10.0.0.0/8", -1]))  # fmt: skip
    return Case("shape", _resource({name: given}), "")

"""Another project's tests, as they can be asked of one region: a copy, made for a run and thrown away after it.

What is changed in the copy, and nothing else:

- names of other regions and their zones become the region's own, since the region refuses all others. A test whose
  clients are for more than one region is about several of them: it keeps their names;
- what a test sends without meaning it, such as "some policy" for a policy, becomes what AWS takes (substitutes.py);
- a security group that a test makes in the default VPC, for a load balancer in a VPC that it makes after it, is made in
  that VPC: AWS, and the region, refuse the load balancer otherwise (InvalidConfigurationRequest);
- a subnet is made without a block of documentation's IPv6 addresses that its VPC does not have (InvalidSubnet.Range);
- values that EC2 spells otherwise are spelled as EC2 does: `interface`, `gateway`, `ALLOW`, and `?` for a family;
- a listener that a test makes without any action answers 503.
"""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from netflux.names import REGION
from tests.suites import substitutes

_NAME = re.compile(r"(?<![\w-])([a-z]{2}(?:-gov|-iso\w?)?-(?:north|south|east|west|central)+-\d)([a-f]?)(?![\w-])")
"""A region's name, or a zone's."""
_ANSWER = "[{'Type': 'fixed-response', 'FixedResponseConfig': {'StatusCode': '503'}}]"
_MEANT = {
    ("AddressFamily", "?"): "IPv4",
    ("RuleAction", "ALLOW"): "allow",
    ("RuleAction", "DENY"): "deny",
    ("VpcEndpointType", "gateway"): "Gateway",
    ("VpcEndpointType", "interface"): "Interface",
}
"""By a member of a request and a value that EC2 does not take, the one that is meant."""
_VERIFIED = "aws_verified"
_NOT = "no `aws_verified`-marker"
"""Says a test that has a fixture of verified tests and is none."""
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Suite:
    """The copy.

    Attributes:
        directory: where pytest runs.
        files: what it is given, relative to the directory.
        verified: the tests that their authors have run against AWS, as `file::name`.
    """

    directory: Path
    files: tuple[str, ...]
    verified: frozenset[str]

    def marks(self, test: str) -> bool:
        """Whether a test, by its whole name, is one of the verified."""
        names = test.partition("[")[0].split("::")
        return f"{names[0]}::{names[-1]}" in self.verified


def copy(checkout: Path, service: str, only: tuple[str, ...], directory: Path) -> Suite:
    """The service's tests.

    Args:
        checkout: a clone of moto's repository.
        service: the name of its folder of tests.
        only: names of the files to run; nothing for all.
        directory: an empty one, for the copy.
    """
    tests = directory / "tests"
    tests.mkdir()
    own = f"test_{service}"
    for place in (checkout / "tests").iterdir():
        if place.name == own:
            shutil.copytree(place, tests / own, ignore=shutil.ignore_patterns("__pycache__", "test_server.py"))
        elif place.name != "__pycache__":
            (tests / place.name).symlink_to(place)
    verified: set[str] = set()
    for place in sorted((tests / own).rglob("*.py")):
        tree = ast.parse(place.read_text())
        verified.update(f"{place.stem}::{name}" for name in marked(tree))
        place.write_text(ast.unparse(substitutes.meant(adapted(tree), service)) + "\n")
    substitutes.mend_files(tests / own)
    files = [f"tests/{own}/test_{name}.py" for name in only] or [f"tests/{own}"]
    return Suite(directory, tuple(files), frozenset(verified))


def marked(tree: ast.Module) -> list[str]:
    """The names of the tests that are marked as verified on AWS."""
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, Function)
        and any(map(_marks, node.decorator_list))
        and _NOT not in (ast.get_docstring(node) or "")
    ]


def _marks(decorator: ast.expr) -> bool:
    return _VERIFIED in ast.unparse(decorator)


def adapted(tree: ast.Module) -> ast.Module:
    """The file as the region can be asked."""
    _Regions().visit(tree)
    _Requests().visit(tree)
    for node in ast.walk(tree):
        if isinstance(node, Function):
            _in_its_vpc(node)
    return ast.fix_missing_locations(tree)


class _Requests(ast.NodeTransformer):
    """Requests that AWS would refuse, so that nothing that follows them would be tried."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "create_subnet":
            node.keywords = [one for one in node.keywords if not _says(one, "Ipv6CidrBlock", "2001:db8::/64")]
        for one in node.keywords:
            for (name, value), meant in _MEANT.items():
                if _says(one, name, value):
                    one.value = ast.Constant(meant)
            if one.arg == "DefaultActions" and isinstance(one.value, ast.List) and not one.value.elts:
                one.value = ast.parse(_ANSWER, mode="eval").body
        return node


def _says(keyword: ast.keyword, name: str, value: str) -> bool:
    return keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value == value


def _asked(function: ast.FunctionDef) -> set[str]:
    """The regions that a test's clients are for: those that it names, where a client's is no constant."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and _is_client(node)]
    given = [
        one for call in calls for one in (*call.args[1:2], *(k.value for k in call.keywords if k.arg == "region_name"))
    ]
    constant = all(isinstance(one, ast.Constant) for one in given)
    told = [*given, *function.decorator_list] if constant else [function]
    return {match.group(1) for one in told for match in _NAME.finditer(ast.unparse(one))}


def _is_client(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in ("client", "resource")


class _Regions(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node if len(_asked(node)) > 1 else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str):
            return ast.copy_location(ast.Constant(_NAME.sub(rf"{REGION}\2", node.value)), node)
        return node


def _in_its_vpc(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Groups that are made before the function's one VPC are made after it, in it."""
    if "create_load_balancer" not in ast.unparse(function):
        return
    for node in ast.walk(function):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            _reorder(body)


def _reorder(body: list[ast.stmt]) -> None:
    vpc = next((number for number, one in enumerate(body) if _makes(one, "create_vpc")), None)
    if vpc is None:
        return
    groups = [one for one in body if (made := _makes(one, "create_security_group")) and not _has(made, "VpcId")]
    name = ast.unparse(body[vpc].targets[0])  # type: ignore[attr-defined]
    resource = any(f"{name}.id" in ast.unparse(one) for one in body)
    for group in groups:
        call = _makes(group, "create_security_group")
        assert call is not None
        where = f"{name}.id" if resource else f"{name}['Vpc']['VpcId']"
        call.keywords.append(ast.keyword("VpcId", ast.parse(where, mode="eval").body))
    after = [one for one in body[: vpc + 1] if one not in groups]
    body[: vpc + 1] = [*after, *(one for one in body[: vpc + 1] if one in groups)]


def _makes(statement: ast.stmt, operation: str) -> ast.Call | None:
    call = statement.value if isinstance(statement, ast.Assign) else None
    while isinstance(call, ast.Subscript):
        call = call.value
    named = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == operation
    return call if named and isinstance(call, ast.Call) else None


def _has(call: ast.Call, name: str) -> bool:
    return any(keyword.arg == name for keyword in call.keywords)

"""What another project's tests send without meaning it, in place of which their copy sends what AWS would take.

A test of roles that gives "some policy" as the trust policy ends at CreateRole, and says nothing of what it is about.
Where a call is expected to fail, nothing is changed.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from netflux.names import ACCOUNT

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
)
IDENTITY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
)
_TEXTS = {
    "my-path": "/my-path/",
    "my/path": "/my/path/",
    "myUser": "/myUser/",
    "/path": "/path/",
    "my-pass": "My-pass-1",
    "new-pass": "New-pass-1",
    "my-path2": "/my-path2/",
    "/new-path": "/new-path/",
    "test policy": "test-policy",
    "012345678910": ACCOUNT,
}
"""Paths without the slashes that IAM asks for, names that it does not take; passwords that no policy lets through; a
registry of another account, in which a test looks for what it has just made in its own."""
_REGISTRY = re.compile(r"(?<=\.dkr\.ecr\.)([a-z0-9-]+)\.amazonaws\.com")
"""Of repositories' names; a local cloud's end in localhost."""
_STACK = re.compile(r"test_stack\w*")
"""Stacks' names, which have no underscores."""
_CAPABILITIES = "['CAPABILITY_NAMED_IAM']"
_FIRST_BLOCK = "-----END CERTIFICATE-----\n"


def meant(tree: ast.Module, service: str) -> ast.Module:
    """The file with policies for the words that stand in their place, and so on.

    Args:
        tree: of the file.
        service: the name of its folder of tests.
    """
    if service not in ("iam", "sts", "ecr", "route53"):
        return tree
    found: ast.Module = _Meant().visit(tree)
    return ast.fix_missing_locations(_References().visit(found) if service == "route53" else found)


def mend_files(directory: Path) -> None:
    """ACM's tests import a certificate with a chain; in the file, one of another company's follows its issuer."""
    for place in directory.rglob("ca.pem"):
        text = place.read_text()
        place.write_text(text[: text.index(_FIRST_BLOCK) + len(_FIRST_BLOCK)])


class _Meant(ast.NodeTransformer):
    def visit_With(self, node: ast.With) -> ast.AST:
        expected = any("raises(" in ast.unparse(item) for item in node.items)
        return node if expected else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        stack = isinstance(node.func, ast.Attribute) and node.func.attr in ("create_stack", "update_stack")
        if stack and not any(one.arg == "Capabilities" for one in node.keywords):
            node.keywords.append(ast.keyword("Capabilities", ast.parse(_CAPABILITIES, mode="eval").body))
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        self.generic_visit(node)
        if node.arg in ("AssumeRolePolicyDocument", "PolicyDocument") and _is_none(node.value):
            node.value = ast.Constant(TRUST if node.arg.startswith("Assume") else IDENTITY)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str):
            text = _TEXTS.get(node.value) or _REGISTRY.sub(r"\1.localhost", node.value)
            text = text.replace("_", "-") if _STACK.fullmatch(text) else text
            return ast.copy_location(ast.Constant(text), node)
        return node


class _References(ast.NodeTransformer):
    """Each hosted zone has a caller reference of its own, and is public without a VPC, where a test does not look."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        text = ast.unparse(node)
        looked_at = "['CallerReference']" in text or "['PrivateZone']" in text
        return node if looked_at else self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """HostedZoneConfig as the tests that have no VPC write it."""
        if [ast.unparse(one) for one in node.keys if one] == ["'PrivateZone'", "'Comment'"]:
            node.values[0] = ast.Constant(False)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "create_hosted_zone":
            for one in node.keywords:
                if one.arg == "CallerReference":
                    one.value = ast.parse("str(__import__('uuid').uuid4())", mode="eval").body
        return node


def _is_none(value: ast.expr) -> bool:
    """Whether a policy is written out and is none."""
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return False
    try:
        return "Statement" not in json.loads(value.value)
    except ValueError:
        return True

"""Parameters out of the dotted names of the query protocols: `Filter.1.Value.2=x`, `Tags.member.1.Key=x`.

Indices have to be 1 to n. AWS closes gaps; moto stops at the first, and would carry out another request than the one
that was read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netflux.controlplane.protocol import modelcache
from netflux.controlplane.protocol.parameters import scalar
from netflux.decoding.limits import Malformed
from netflux.decoding.query import VALUE

_INDEX = re.compile(r"[1-9][0-9]{0,6}")
Node = Mapping[str, Any]


class Reader:
    """Reads a tree of names by shapes.

    Args:
        ec2: EC2's dialect: every list is flat, names begin with a capital.
    """

    def __init__(self, *, ec2: bool) -> None:
        self._ec2 = ec2
        self._unread: list[str] = []

    def read(self, shape: Any, tree: Node) -> tuple[dict[str, Any], list[str]]:
        """The parameters as botocore shapes them, and the dotted names that no member of the model has."""
        self._unread = []
        found = self._structure(shape, tree, "")
        return found, self._unread

    def _value(self, shape: Any, node: Node, path: str) -> Any:
        kind = shape.type_name
        if kind == "structure":
            self._refuse_value(node, path)
            return self._structure(shape, node, path)
        if kind == "list":
            return self._list(shape, node, path)
        if kind == "map":
            return self._map(shape, node, path)
        for name in node:
            if name != VALUE:
                self._unread.append(f"{path}.{name}")
        if VALUE not in node:
            return None
        try:
            return scalar.from_text(shape, node[VALUE])
        except Malformed as error:
            raise Malformed(f"{path}: {error}") from error

    def _structure(self, shape: Any, node: Node, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        read = {VALUE}
        for name, shown, member in self._members(shape):
            below: Any = node
            for part in shown:
                below = below.get(part) if isinstance(below, Mapping) else None
            if below is None:
                continue
            read.add(shown[0])
            value = self._value(member, below, _join(path, ".".join(shown)))
            if value is not None:
                found[name] = value
        if len(read) <= len(node):
            self._unread += [_join(path, name) for name in node if name not in read]
        return found

    def _members(self, shape: Any) -> list[tuple[str, list[str], Any]]:
        """Each member's name, the parts of its name in a form, and its shape; kept beside the structure's shape."""
        kept = "_members ec2" if self._ec2 else "_members query"
        found: list[tuple[str, list[str], Any]] | None = vars(shape).get(kept)
        if found is None:
            found = vars(shape)[kept] = [
                (name, self._shown(member, name).split("."), member) for name, member in shape.members.items()
            ]
        return found

    def _shown(self, member: Any, name: str) -> str:
        shown = self._name(member, name)
        if member.type_name == "list" and not self._ec2 and member.serialization.get("flattened"):
            return self._name(member.member, shown)
        return shown

    def _list(self, shape: Any, node: Node, path: str) -> list[Any] | None:
        flat = self._ec2 or shape.serialization.get("flattened")
        if not flat:
            if set(node) == {VALUE} and not node[VALUE]:
                return []
            inner = self._name(shape.member, "member")
            self._refuse_value(node, path)
            self._unread += [f"{path}.{name}" for name in node if name not in (VALUE, inner)]
            if inner not in node:
                return None
            node, path = node[inner], f"{path}.{inner}"
        elif set(node) == {VALUE} and not node[VALUE]:
            return None if self._ec2 else []
        return [self._item(shape.member, item, at) for item, at in self._items(node, path)]

    def _map(self, shape: Any, node: Node, path: str) -> dict[str, Any]:
        self._refuse_value(node, path)
        if not shape.serialization.get("flattened"):
            self._unread += [f"{path}.{name}" for name in node if name not in (VALUE, "entry")]
            node, path = node.get("entry", {}), f"{path}.entry"
        key_name, value_name = self._name(shape.key, "key"), self._name(shape.value, "value")
        found: dict[str, Any] = {}
        for entry, at in self._items(node, path):
            self._unread += [f"{at}.{name}" for name in entry if name not in (key_name, value_name)]
            if key_name not in entry or value_name not in entry:
                raise Malformed(f"{at} needs {key_name} and {value_name}")
            key = self._item(shape.key, entry[key_name], f"{at}.{key_name}")
            if key in found:
                raise Malformed(f"{at} names a key again")
            found[key] = self._item(shape.value, entry[value_name], f"{at}.{value_name}")
        return found

    def _items(self, node: Node, path: str) -> list[tuple[Node, str]]:
        self._refuse_value(node, path)
        names = [name for name in node if name != VALUE]
        for name in names:
            if not _INDEX.fullmatch(name):
                raise Malformed(f"{path}.{name[:100]}: a list's members are numbered from 1")
        order = sorted(names, key=int)
        if order and int(order[-1]) != len(order):
            raise Malformed(f"{path}.{order[-1]}: a list's members are numbered from 1, without gaps")
        return [(node[name], f"{path}.{name}") for name in order]

    def _item(self, shape: Any, node: Node, path: str) -> Any:
        value = self._value(shape, node, path)
        if value is None:
            raise Malformed(f"{path} has no value")
        return value

    def _name(self, shape: Any, default: str) -> str:
        written = shape.serialization
        if self._ec2:
            name = str(written.get("queryName") or written.get("name") or default)
            return name if "queryName" in written else name[:1].upper() + name[1:]
        return str(modelcache.older_name(shape) or written.get("name") or default)

    def _refuse_value(self, node: Node, path: str) -> None:
        if node.get(VALUE):
            raise Malformed(f"{path} has members, and no value of its own")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

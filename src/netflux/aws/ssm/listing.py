"""Lists of parameters: by path, by filters, and the versions of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from netflux.aws.ssm import names, public, search
from netflux.aws.ssm.part import Found, Part, invalid, invalid_token
from netflux.aws.ssm.search import Filter
from netflux.aws.ssm.shape import described, recalled
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.resources.ssm import Parameter, Version

if TYPE_CHECKING:
    from types_boto3_ssm.type_defs import (
        DescribeParametersRequestTypeDef,
        GetParameterHistoryRequestTypeDef,
        GetParametersByPathRequestTypeDef,
    )

_PAGE, _HISTORY = 10, 50
"""Entries of an answer where the request does not say how many."""
_FILTERS = "ParameterFilters(Key Option Values) MaxResults NextToken"


class ListOperations(Part):
    """Handlers of lists."""

    @operation(f"Path Recursive WithDecryption {_FILTERS}")
    def get_parameters_by_path(self, call: Call, request: GetParametersByPathRequestTypeDef) -> dict[str, Any]:
        """Below the path, not the parameter of this name; by a label, the versions that have it ("Working with
        parameter labels", AWS Systems Manager User Guide).
        """
        path, filters = request["Path"], request.get("ParameterFilters", ())
        names.check_path(path)
        search.check(filters, by_path=True)
        deep, shared = request.get("Recursive", False), public.is_public(path)
        found: Iterable[Parameter] = (
            public.under(path, call.region, recursive=deep) if shared else self.kept.under(path, recursive=deep)
        )
        matching = self._versions(found, filters)
        shown, following = page(matching, request.get("NextToken"), request.get("MaxResults", _PAGE), invalid_token())
        decrypted = request.get("WithDecryption", False)
        told = [self.told(call, Found(*one, public=shared), decrypted=decrypted) for one in shown]
        return _paged(told, following)

    def _versions(self, found: Iterable[Parameter], filters: Sequence[Filter]) -> list[tuple[Parameter, Version]]:
        """Those that match, with their latest version, or each that has a label that is asked for."""
        labels = next(({*one["Values"]} for one in filters if one["Key"] == search.LABEL), None)
        if labels is None:
            return [(one, one.current) for one in _matching(found, filters)]
        rest = [one for one in filters if one["Key"] != search.LABEL]
        return [
            (one, version)
            for one in _matching(found, rest)
            for version in self.kept.of(one)
            if labels.intersection(version.labels)
        ]

    @operation(f"Filters(Key Values) {_FILTERS} Shared", only={"Shared": (False,)})
    def describe_parameters(self, call: Call, request: DescribeParametersRequestTypeDef) -> dict[str, Any]:
        """Without values. A request has filters of one kind."""
        filters: Sequence[Filter] = request.get("ParameterFilters", ())
        if filters and request.get("Filters"):
            raise invalid("You can use either Filters or ParameterFilters in a single request.")
        search.check(filters, by_path=False)
        filters = filters or search.older(request.get("Filters", ()))
        found = _matching(self._candidates(filters), filters)
        shown, following = page(found, request.get("NextToken"), request.get("MaxResults", _PAGE), invalid_token())
        return _paged([described(one, (call.account, call.region)) for one in shown], following)

    def _candidates(self, filters: Iterable[Filter]) -> Iterable[Parameter]:
        """Those that can match: few, where names or paths are asked for."""
        for one in filters:
            if one["Key"] == "Name" and one.get("Option", "Equals") == "Equals":
                known = {found.key: found for name in one["Values"] if (found := self.kept.find(name)) is not None}
                return known.values()
            if one["Key"] == "Path":
                deep = one.get("Option") == "Recursive"
                below = (found for path in one["Values"] for found in self.kept.under(path, recursive=deep))
                return {found.key: found for found in below}.values()
        return self.kept.parameters

    @operation("Name WithDecryption MaxResults NextToken")
    def get_parameter_history(self, call: Call, request: GetParameterHistoryRequestTypeDef) -> dict[str, Any]:  # noqa: ARG002
        """The oldest version first."""
        parameter = self.known(request["Name"])
        found = self.kept.of(parameter)
        shown, following = page(found, request.get("NextToken"), request.get("MaxResults", _HISTORY), invalid_token())
        decrypted = request.get("WithDecryption", False)
        return _paged([recalled(parameter, version, decrypted=decrypted) for version in shown], following)


def _matching(found: Iterable[Parameter], filters: Sequence[Filter]) -> list[Parameter]:
    return [one for one in found if search.matching(one, filters)] if filters else [*found]


def _paged(shown: list[dict[str, Any]], following: str) -> dict[str, Any]:
    return {"Parameters": shown} | ({"NextToken": following} if following else {})

"""Parameters: put, read, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux import expressions
from netflux.aws.ssm import keys, names, policies, tiers
from netflux.aws.ssm.part import TAGS, Found, Part, inside, invalid
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported
from netflux.resources.ssm import ADVANCED, SECURE, STANDARD, TEXT, Parameter, Policy, Version, key, version_key

if TYPE_CHECKING:
    from types_boto3_ssm.type_defs import (
        DeleteParameterRequestTypeDef,
        DeleteParametersRequestTypeDef,
        GetParameterRequestTypeDef,
        GetParametersRequestTypeDef,
        PutParameterRequestTypeDef,
    )

_MOST_VERSIONS = 100
"""Of a parameter ("Working with parameter versions", AWS Systems Manager User Guide)."""
_UNCHECKED = ("aws:ec2:image", "aws:ssm:integration")
"""Data types of AWS that ask for what is not here: machine images, and integrations."""


class ParameterOperations(Part):
    """Handlers of parameters."""

    @operation(
        "Name Description Value Type KeyId Overwrite AllowedPattern Tags(Key Value) Tier Policies DataType",
    )
    def put_parameter(self, call: Call, request: PutParameterRequestTypeDef) -> dict[str, Any]:
        """What an overwriting request leaves out stays as it is. The type may change: AWS::SSM::Parameter's Type is
        updated in place ("PutParameter", AWS Systems Manager API Reference).
        """
        name, overwrite = names.new(request["Name"]), request.get("Overwrite", False)
        if overwrite and request.get("Tags"):
            raise invalid(
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please "
                "remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
                "RemoveTagsFromResource."
            )
        tags, before = TAGS.read(request.get("Tags"), inside(call)), self.kept.find(name)
        if before is not None and not overwrite:
            raise AwsError(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to "
                "true.",
            )
        made = self._version(call, request, name, before)
        if before is None:
            self._check_room(made.tier)
            self.kept.parameters.put(Parameter(key(name), name, made, tags))
        else:
            self._replace(before, made)
        return {"Version": made.number, "Tier": made.tier}

    def _version(self, call: Call, request: Mapping[str, Any], name: str, before: Parameter | None) -> Version:
        last = None if before is None else before.current
        number = 1 if last is None else last.number + 1
        fresh = Version(key(name), number, request["Value"], "", self.clock.now(), self.user(call))
        kept = fresh if last is None else replace(last, **_own(fresh), labels=())
        kind = request.get("Type") or kept.type
        if not kind:
            raise invalid("A parameter type is required when you create a parameter.")
        if request.get("KeyId") and kind != SECURE:
            raise invalid("KeyId is required for SecureString type parameter only.")
        given = keys.own(request["KeyId"]) if request.get("KeyId") else kept.key
        held = policies.read(request["Policies"]) if "Policies" in request else kept.policies
        made = replace(
            kept,
            type=kind,
            key=given if kind == SECURE else "",
            sealed=keys.sealed(fresh.value) if kind == SECURE else "",
            description=request.get("Description", kept.description),
            pattern=request.get("AllowedPattern", kept.pattern),
            data_type=request.get("DataType") or kept.data_type,
            policies=tuple(held),
            expires=policies.expires(held),
            tier=self._tier(request, last, held),
        )
        _check_value(made)
        return made

    def _tier(self, request: Mapping[str, Any], last: Version | None, held: Sequence[Policy]) -> str:
        full = len(self.kept.parameters) >= tiers.MOST[STANDARD] and self._count(STANDARD) >= tiers.MOST[STANDARD]
        size = len(request["Value"].encode())
        asked = tiers.Asked(request.get("Tier") or "", last.tier if last is not None else "", size, bool(held), full)
        return tiers.chosen(asked)

    def _check_room(self, tier: str) -> None:
        most = tiers.MOST[tier]
        if len(self.kept.parameters) >= most and self._count(tier) >= most:
            advice = "" if tier == ADVANCED else " Create advanced ones, or delete some."
            raise AwsError("ParameterLimitExceeded", f"The account has {most} {tier.lower()} parameters.{advice}")

    def _count(self, tier: str) -> int:
        return sum(parameter.current.tier == tier for parameter in self.kept.parameters)

    def _replace(self, before: Parameter, made: Version) -> None:
        """The oldest version goes where there are as many as may be, unless it has a label."""
        versions = self.kept.versions
        if len(numbers := versions.keys("parameter", before.key)) + 1 >= _MOST_VERSIONS:
            oldest = min((versions.get(one) for one in numbers), key=lambda one: one.number if one else 0)
            if oldest is not None and oldest.labels:
                raise AwsError(
                    "ParameterMaxVersionLimitExceeded",
                    f"You attempted to create a new version of {before.name} by calling the PutParameter API with the "
                    f"overwrite flag. Version {oldest.number}, the oldest version, can't be deleted because it has a "
                    "label associated with it. Move the label to another version of the parameter, and try again.",
                )
            if oldest is not None:
                versions.delete(version_key(before.key, oldest.number))
        self.kept.parameters.put(replace(before, current=made))
        versions.put(before.current)

    @operation("Name WithDecryption")
    def get_parameter(self, call: Call, request: GetParameterRequestTypeDef) -> dict[str, Any]:
        """By name or ARN, with `:version` or `:label` after it ("GetParameter", AWS Systems Manager API Reference)."""
        names.check(names.wanted(request["Name"], call.account, call.region).name.partition(":")[0])
        one = self.found(call, request["Name"])
        return {"Parameter": self.told(call, one, decrypted=request.get("WithDecryption", False))}

    @operation("Names WithDecryption")
    def get_parameters(self, call: Call, request: GetParametersRequestTypeDef) -> dict[str, Any]:
        """Names that nothing has are told beside what there is."""
        found: list[dict[str, Any]] = []
        lost: list[str] = []
        for name in dict.fromkeys(request["Names"]):
            one = self._there(call, name)
            if one is None:
                lost.append(name)
            else:
                found.append(self.told(call, one, decrypted=request.get("WithDecryption", False)))
        return {"Parameters": found, "InvalidParameters": lost}

    def _there(self, call: Call, name: str) -> Found | None:
        try:
            return self.found(call, name)
        except Unsupported:
            raise
        except AwsError:
            return None

    @operation("Name")
    def delete_parameter(self, call: Call, request: DeleteParameterRequestTypeDef) -> dict[str, Any]:  # noqa: ARG002
        """With all of its versions."""
        self.kept.remove(self.known(request["Name"]))
        return {}

    @operation("Names")
    def delete_parameters(self, call: Call, request: DeleteParametersRequestTypeDef) -> dict[str, Any]:  # noqa: ARG002
        """Names that nothing has are told beside what was deleted."""
        gone, lost = [], []
        for name in dict.fromkeys(request["Names"]):
            found = self.kept.find(name.strip())
            if found is None:
                lost.append(name)
            else:
                self.kept.remove(found)
                gone.append(name)
        return {"DeletedParameters": gone, "InvalidParameters": lost}


def _own(fresh: Version) -> dict[str, Any]:
    """What a version never takes over from the one before."""
    return {"number": fresh.number, "value": fresh.value, "modified": fresh.modified, "user": fresh.user}


def _check_value(made: Version) -> None:
    if not made.value:
        raise invalid(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length "
            "greater than or equal to 1."
        )
    if made.data_type in _UNCHECKED:
        raise Unsupported(
            f"ssm:PutParameter: the parameter DataType ({made.data_type!r})",
            "AWS looks whether such a value is there, which this cloud can't. Use the data type text.",
        )
    if made.data_type != TEXT:
        raise invalid(
            f"The following data type is not supported: {made.data_type} (Data type names are all lowercase.)"
        )
    if made.pattern:
        _check_pattern(made)


def _check_pattern(made: Version) -> None:
    """A value fits as a whole: 10000 does not fit \\d{1,4} ("Creating a SecureString parameter using the AWS CLI")."""
    try:
        expression = expressions.compiled(made.pattern)
    except expressions.Invalid as error:
        if error.beyond:
            raise Unsupported(
                f"ssm:PutParameter: an AllowedPattern with {error.beyond}",
                "It can only be tried, for as long as that takes. Write it without.",
            ) from error
        raise AwsError(
            "InvalidAllowedPatternException", f"The AllowedPattern is no regular expression: {error}."
        ) from error
    if expression.fullmatch(made.value) is None:
        raise AwsError(
            "ParameterPatternMismatchException",
            f"Parameter value, cannot be validated against allowedPattern: {made.pattern}",
        )

"""What all of Parameter Store's operations share: the parameter that a request names, and the refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netflux.aws.ssm import names, public
from netflux.aws.ssm.shape import valued
from netflux.clock import Clock
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError, Unsupported
from netflux.policy.evaluate import account_root
from netflux.resources.ssm import Parameter, Parameters, Version

TAGS = Tagger("ValidationException", "TooManyTagsError")


@dataclass(frozen=True)
class Found:
    """What a name of a request stands for.

    Attributes:
        selector: as it was given; empty where the latest version is meant.
        public: whether it is AWS's own.
    """

    parameter: Parameter
    version: Version
    selector: str = ""
    public: bool = False


class Part:
    """Handlers of one noun.

    Args:
        documents: of the region.
        clock: of the region.
        apis: KMS is asked through it whether a key can be used.
        keys: tell who calls.
    """

    def __init__(self, documents: Documents, clock: Clock, apis: Caller, keys: Keys) -> None:
        self.documents = documents
        self.kept = Parameters(documents)
        self.clock = clock
        self.apis = apis
        self.keys = keys

    def known(self, name: str) -> Parameter:
        """The parameter of this name, without a version or label. Raises ParameterNotFound."""
        found = self.kept.find(name.strip())
        if found is None:
            raise absent(name)
        return found

    def found(self, call: Call, text: str) -> Found:
        """What a name or ARN stands for, with a version or label or without.

        Raises:
            AwsError: ParameterNotFound, or ParameterVersionNotFound where the parameter is there.
        """
        wanted = names.wanted(text, call.account, call.region)
        if wanted.name.startswith(names.REFERENCE):
            raise Unsupported(
                f"ssm:{call.operation}: the parameter {wanted.name}", "Read the secret with GetSecretValue instead."
            )
        shared = public.is_public(wanted.name)
        parameter = public.find(wanted.name, call.region) if shared else self.kept.find(wanted.name)
        if parameter is None or wanted.elsewhere:
            raise absent(text)
        version = self.selected(parameter, wanted.selector)
        if version is None:
            raise no_version(wanted.selector, wanted.name)
        return Found(parameter, version, f":{wanted.selector}" if wanted.selector else "", shared)

    def selected(self, parameter: Parameter, selector: str) -> Version | None:
        """The version that has a number or a label; the latest one where neither is given."""
        if not selector:
            return parameter.current
        if selector.isascii() and selector.isdigit():
            return self.kept.numbered(parameter, int(selector[:18]))
        return self.kept.labelled(parameter, selector)

    def told(self, call: Call, one: Found, *, decrypted: bool) -> dict[str, Any]:
        """With its value; AWS's own parameters are of no account."""
        place = ("" if one.public else call.account, call.region)
        value = valued(one.parameter, one.version, place, decrypted=decrypted)
        return value | ({"Selector": one.selector} if one.selector else {})

    def user(self, call: Call) -> str:
        """ARN of who calls; parts of the region stand for the account."""
        known = self.keys.known(call.access_key) if call.access_key is not None else None
        return (known.principal if known is not None else account_root(call.account)).name


def inside(call: Call) -> bool:
    """Whether a part of the region calls, such as CloudFormation, which sets tags that users may not."""
    return call.access_key is None


def absent(name: str) -> AwsError:
    """ParameterNotFound."""
    return AwsError("ParameterNotFound", f"Parameter {name} not found.")


def no_version(version: object, name: str) -> AwsError:
    """ParameterVersionNotFound."""
    return AwsError(
        "ParameterVersionNotFound",
        f"Systems Manager could not find version {version} of {name}. Verify the version and try again.",
    )


def invalid(message: str) -> AwsError:
    """ValidationException."""
    return AwsError("ValidationException", message)


def invalid_token() -> AwsError:
    """InvalidNextToken."""
    return AwsError("InvalidNextToken", "The specified token isn't valid. Use one that an answer has given.")

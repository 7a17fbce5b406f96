"""What functions run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from netflux import names
from netflux.aws.awslambda.code import Packages
from netflux.aws.awslambda.interfaces import Interfaces
from netflux.aws.awslambda.runtimeapi import RuntimeApi
from netflux.clock import Clock
from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.policy.verdict import Verdict
from netflux.resources.awslambda.function import Functions
from netflux.runtime.driver import Runtime

SERVICE = "lambda.amazonaws.com"
"""Whom a role must trust to be a function's."""


class Authority(Protocol):
    """Decides what roles may do."""

    enforced: bool

    def acting(self, role: str, session: str) -> Caller:
        """Calls the region's APIs as a session of the role."""
        ...

    def trusted(self, role: str, service: str, context: Mapping[str, Sequence[str]]) -> Verdict:
        """Whether the service may assume the role."""
        ...


@dataclass(frozen=True)
class Host:
    """The parts of the region that functions need.

    Attributes:
        kept: tables of functions.
        packages: their code.
        runtime: runs processes and containers.
        runtime_api: answers them.
        apis: the region's APIs.
        clock: of the region.
        endpoint: URL of the gateway, where the SDKs in functions find the region.
        library: folder with the AWS SDK for Python.
        modules: folder with the AWS SDK for JavaScript; None where it is not installed.
        interfaces: of functions in a VPC.
        authority: decides what roles may do.
    """

    kept: Functions
    packages: Packages
    runtime: Runtime
    runtime_api: RuntimeApi
    apis: Caller
    clock: Clock
    endpoint: str
    library: Path
    modules: Path | None
    interfaces: Interfaces
    authority: Authority | None = None

    def url(self, identity: str) -> str:
        """Of a function URL: HTTPS, at the gateway."""
        port = urlsplit(self.endpoint).port
        return f"https://{names.function_url(identity, self.region)}:{port}/"

    @property
    def region(self) -> str:
        """Of the cloud."""
        return self.kept.region

    def calling(self, role: str, session: str) -> Caller:
        """The region's APIs as a function's role calls them; as the region itself does where nothing is decided."""
        if self.authority is None or not self.authority.enforced:
            return self.apis
        return self.authority.acting(role, session)

    def trusted(self, role: str) -> bool:
        """Whether Lambda can assume the role."""
        if self.authority is None or not self.authority.enforced:
            return True
        return self.authority.trusted(role, SERVICE, {}).allowed

    async def credentials(self, role: str, session: str) -> dict[str, str]:
        """The variables with a session of the role; AwsError where there is none to be had."""
        asked = {"RoleArn": role, "RoleSessionName": session[:64].ljust(2, "_")}
        refused = AwsError(
            "AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.", 403
        )
        if not self.trusted(role):
            raise refused
        try:
            found: dict[str, Any] = (await self.apis.call("sts", "AssumeRole", asked))["Credentials"]
        except AwsError as error:
            raise refused from error
        return {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"],
        }

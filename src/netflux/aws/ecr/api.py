"""ECR: repositories and images are records, layers are the registry's (distribution.py)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netflux.aws.ecr.distribution import Distribution
from netflux.aws.ecr.images import Images
from netflux.aws.ecr.layers import Layers
from netflux.aws.ecr.password import USER, Passwords
from netflux.aws.ecr.policies import Policies
from netflux.aws.ecr.records import EcrRecords
from netflux.aws.ecr.repositories import Repositories
from netflux.aws.ecr.scanning import Scanning
from netflux.clock import Clock
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change
from netflux.errors import Unsupported
from netflux.resources.ecr import IMAGE
from netflux.runtime.trees import Trees

if TYPE_CHECKING:
    from types_boto3_ecr import type_defs as ecr

Json = dict[str, Any]


@dataclass(frozen=True)
class Contents:
    """What keeps what images are made of.

    Attributes:
        distribution: layers of OCI images; None where no registry is installed.
        trees: contents of process images; None where all of them are live.
    """

    distribution: Distribution | None = None
    trees: Trees | None = None


class EcrApi(Repositories, Policies, Scanning, Images, Layers):
    """Handlers of ECR's operations.

    Args:
        documents: keep the records.
        apis: look up KMS keys.
        clock: for timestamps.
        contents: keep what images are made of.
        port: of the gateway.
    """

    service = "ecr"
    whole = True

    def __init__(
        self,
        documents: Documents,
        apis: Caller,
        clock: Clock,
        contents: Contents | None = None,
        port: int = 443,
    ) -> None:
        self.documents = documents
        self.records = EcrRecords(documents, port)
        self.apis = apis
        self.clock = clock
        contents = contents or Contents()
        self.distribution = contents.distribution
        self.trees = contents.trees
        documents.watch(self._told)
        self.passwords = Passwords(documents, clock)
        self.uploads = {}
        self._previews = {}

    def _told(self, changes: Sequence[Change]) -> None:
        """Contents go with the last image that has them, and when no task runs from them any more."""
        if self.trees is None:
            return
        for change in changes:
            if change.table == IMAGE.name and change.after is None:
                for digest in change.before.trees:
                    asyncio.get_running_loop().run_in_executor(None, self.trees.drop, digest)

    @operation("registryIds")
    def get_authorization_token(self, call: Call, request: ecr.GetAuthorizationTokenRequestTypeDef) -> Json:
        """A password for the registry, as `aws ecr get-login-password` takes it."""
        others = [one for one in request.get("registryIds") or () if one != call.account]
        if others:
            raise Unsupported(f"the registry {others[0]}", f"This cloud has one, of the account {call.account}.")
        password, expires = self.passwords.issue()
        token = base64.b64encode(f"{USER}:{password}".encode()).decode()
        return {
            "authorizationData": [
                {
                    "authorizationToken": token,
                    "expiresAt": expires,
                    "proxyEndpoint": f"https://{self.records.host(call)}",
                }
            ]
        }

    @operation()
    def describe_registry(self, call: Call, _request: Json) -> Json:
        """The registry, which is replicated to nowhere."""
        return {"registryId": call.account, "replicationConfiguration": {"rules": []}}

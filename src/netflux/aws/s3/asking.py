"""A request to S3, read as far as its headers: what it is, where it goes, and who sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netflux.aws.s3.chunks import Chain
from netflux.aws.s3.conditionkeys import Question
from netflux.aws.s3.route import Place
from netflux.controlplane.authorization.identity import Identity
from netflux.controlplane.call import Call
from netflux.policy.evaluate import Principal


@dataclass(frozen=True)
class Visitor:
    """Who asks, the condition keys that come with it, and the chain of a body that is signed chunk by chunk.

    Attributes:
        identity: whose policies decide; None for an account's administrator and for strangers.
    """

    principal: Principal
    context: Mapping[str, tuple[str, ...]]
    access_key: str | None
    chain: Chain | None = None
    identity: Identity | None = None


@dataclass(frozen=True)
class Asked:
    """A request, read as far as its headers.

    Attributes:
        params: of its document, once that is read.
        form: whether it is a POST form, whose fields `headers` then has.
    """

    call: Call
    where: Place
    headers: Mapping[str, str]
    query: Mapping[str, str]
    visitor: Visitor
    params: Mapping[str, Any] = field(default_factory=dict)
    form: bool = False

    @property
    def question(self) -> Question:
        """What conditions ask for."""
        return Question(self.call.operation, self.headers, self.query, self.params, self.form)

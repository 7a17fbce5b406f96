"""The region's front: what it takes to answer the first API call, there before the services' code is even read.

Reading the services' modules takes as long as all of this. A call of a service that is not there yet waits for it; the
console, which shows all of them, waits for all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from netflux.aws.iam.accesskeys import UserKeys
from netflux.aws.iam.identities import TableIdentities
from netflux.aws.sns import certificate
from netflux.aws.sts.api import StsApi
from netflux.console.routes import Access, Inquiries, Sources, routes
from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication import development
from netflux.controlplane.authentication.admission import Admission, Door
from netflux.controlplane.authentication.keys import Keys, well_known
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.authorization.inquiry import WhyDenied
from netflux.controlplane.call import Call
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records import room
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.server import S3Handler, Server
from netflux.entrance import STOP_PATIENCE, Entrance
from netflux.errors import AwsError
from netflux.gateway.peer import Peers
from netflux.haproxy.backlog import BACKLOG
from netflux.resources.ecr import IMAGE
from netflux.runtime.trees import Trees
from netflux.seed import image
from netflux.upgrade.release import due
from netflux.vitals import Vitals

if TYPE_CHECKING:  # the control plane's package decides how much of aiohttp is imported, so it comes first
    from aiohttp import web


@dataclass(frozen=True)
class Services:
    """What the front gives requests to, once it is there.

    Attributes:
        s3: answers everything that is S3's.
        facts: what no API tells, for the console.
        inquiry: answers whether one place reaches another.
        changed: told of each call that may have changed desired state.
        certificate: of notifications' signatures, in PEM; None where the path names none.
        interrupt: interrupts tasks on Fargate Spot.
    """

    s3: S3Handler
    facts: Callable[[], dict[str, Any]]
    inquiry: Inquiries
    changed: Callable[[Call], None]
    certificate: Callable[[str], str | None]
    interrupt: Callable[[str], list[str]] = lambda _wanted: []


class Front:
    """Answers behind an entrance, and owns what every service is built on.

    Args:
        entrance: which is being opened; it is closed with this.
    """

    def __init__(self, entrance: Entrance) -> None:
        state, options = entrance.state, entrance.options
        self.entrance = entrance
        self.state = state
        self.options = options
        self.clock = entrance.clock
        self.children = entrance.children
        self.faults = entrance.faults
        self.gateway = entrance.gateway
        self.haproxy = entrance.haproxy
        self.reserve = room.Reserve(state.reserve)
        logged = state.log_of_database.exists()
        self.documents = Documents(state.database, self.reserve, self.faults)
        state.opened()
        if state.killed and not logged:
            self._log_is_gone()
        self.moto = Moto(self.documents, options.account, options.region)
        self.apis = Apis(options.account, options.region, self.moto, self._changed)
        self.keys = Keys(self.documents, UserKeys(self.documents))
        credentials = development.make(state.path)
        for key in (credentials.key(options.account), well_known(options.account)):
            self.keys.add(key)
        told: dict[str, Any] = {}
        if options.peers is not None:
            told["by_owner"] = Peers(options.port, options.peers, options.owner).by_owner
        self.admission = Admission(self.keys, options.account, any_credentials=options.any_credentials, **told)
        self.apis.register(StsApi(self.documents, self.keys))
        self.vitals = Vitals(state.path, self.reserve, self.documents, self.faults, self._clock_was_set)
        self.authorization = Authorization(
            self.apis, TableIdentities(self.documents), (options.region, options.account), enforced=options.iam
        )
        access = Access(credentials.token, self.admission.by_owner)
        denied = WhyDenied(self.authorization, (options.region, options.account))
        images = self.documents.table(IMAGE)
        self.trees = Trees(state.path / "images", lambda digest: images.has("tree", digest), state.path)
        push = partial(image.push, self.apis.call, self.trees)
        console = routes(Sources(self.apis.call, self._facts, self, denied, push, self._interrupt), access)
        public = certificate.routes(self._certificate)
        self.server = Server(self.apis, self.admission, self._s3, console, self.authorization, public)
        self.server.hold_answers(self.documents)
        self.exit = contextlib.AsyncExitStack()
        self._services: Services | None = None

    async def start(self) -> None:
        """Returns when the gateway answers. What was started is stopped again when a part can't be."""
        self.apis.expect(every=self.state.older or due(self.moto))
        self.exit.callback(self.documents.close)
        self.exit.push_async_callback(self.children.stop_all, STOP_PATIENCE)
        self.exit.callback(self.moto.stop)
        try:
            await self.begin(lambda: self.server.start(self.entrance.listening, BACKLOG), self.server.stop)
            self.exit.callback(self.apis.give_up)
            await self.begin(self.entrance.opened, self.entrance.close)
            await self.begin(self.vitals.start, self.vitals.stop)
        except BaseException:
            await self.stop()
            raise

    def complete(self, services: Services) -> None:
        """All services are registered: calls no longer wait."""
        self._services = services
        self.apis.complete()

    async def begin(self, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]) -> None:
        """Starts a part that is stopped, before all that were started earlier, when the region is."""
        self.exit.push_async_callback(stop)
        await start()

    async def stop(self) -> None:
        """Ends every part, the last started first; no child is left."""
        await self.exit.aclose()

    async def ask(self, source: str, destination: str, port: int | None, *, probe: bool) -> dict[str, Any]:
        """Whether one place reaches another, as the region's inquiry answers it."""
        return await self._present().inquiry.ask(source, destination, port, probe=probe)

    def _interrupt(self, wanted: str) -> list[str]:
        return self._present().interrupt(wanted)

    async def dropped(self, interfaces: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What security groups have dropped of these interfaces."""
        return await self._present().inquiry.dropped(interfaces)

    def _log_is_gone(self) -> None:
        self.faults.tell(
            "file",
            str(self.state.log_of_database),
            f"The last region here was killed, and {self.state.log_of_database} is gone: what the APIs accepted last "
            "was in it, and is lost if nobody puts it back.",
            "Stop the region, and put a copy of netflux.db with its netflux.db-wal back if you have one.",
        )

    async def _clock_was_set(self) -> None:
        """Certificates that are not valid by the new time are issued anew."""
        self.gateway.authority.look(self.clock.now())
        await self.haproxy.renew()

    def _facts(self) -> dict[str, Any]:
        return self._present().facts()

    async def _s3(self, request: web.Request, door: Door) -> web.StreamResponse:
        await self.apis.ready("s3")
        return await self._present().s3(request, door)

    async def _certificate(self, path: str) -> str | None:
        await self.apis.ready("sns")
        return self._present().certificate(path)

    def _changed(self, call: Call) -> None:
        """Before the services are there nobody can have read a state that this call would change."""
        if self._services is not None:
            self._services.changed(call)

    def _present(self) -> Services:
        if self._services is None:
            raise AwsError("ServiceUnavailable", "The region is starting.", 503)
        return self._services

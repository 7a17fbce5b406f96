"""What containers can ask about themselves: task metadata version 4 and the task role's credentials, over HTTP.

Under `loopback` the link-local address of Fargate doesn't exist, so both are on a port of 127.0.0.1, and the variables
that the SDKs read say where. Paths and shapes: developer guide, "task-metadata-endpoint-v4-fargate".
"""

from __future__ import annotations

import secrets
import socket
from datetime import datetime
from typing import Any

from aiohttp import web

from netflux.aws.ecs import clockdrift, metadatashape
from netflux.aws.ecs.linklocal import METADATA
from netflux.aws.ecs.roles import Roles, unassumable
from netflux.aws.ecs.run import Run, RunningContainer
from netflux.aws.ecs.stats import Inside, Stats
from netflux.aws.ecs.store import DEFINITION, TASK, Json, Store
from netflux.controlplane.call import Caller
from netflux.controlplane.server import programs_only
from netflux.errors import AwsError
from netflux.resources.ec2.subnet import SUBNET


class Metadata:
    """The HTTP service.

    Args:
        store: of the tasks.
        apis: assumes task roles.
        network: whose interfaces are counted.
    """

    def __init__(self, store: Store, apis: Caller, network: Inside) -> None:
        self.runs: dict[str, Run] = {}
        self._store = store
        self.roles = Roles(store, apis)
        self._apis = apis
        self._containers: dict[str, tuple[str, str]] = {}
        self._credential_ids: dict[str, str] = {}
        self._runner: web.AppRunner | None = None
        self._url = ""
        self._measured = Stats(network)

    async def start(self) -> None:
        """Listens on a free port of 127.0.0.1."""
        application = web.Application(middlewares=[web.middleware(programs_only)])
        application.router.add_get("/v4/{id}", self._container)
        application.router.add_get("/v4/{id}/task", self._task)
        application.router.add_get("/v4/{id}/stats", self._stats)
        application.router.add_get("/v4/{id}/task/stats", self._task_stats)
        application.router.add_get("/v2/credentials/{id}", self._credentials)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._url = f"http://{host}:{port}"

    async def listen(self, listening: socket.socket) -> web.BaseSite:
        """Answers on one more socket, until its site is stopped."""
        if self._runner is None:
            raise RuntimeError("the metadata service has not been started")
        site = web.SockSite(self._runner, listening)
        await site.start()
        return site

    async def stop(self) -> None:
        """Closes the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    def variables(self, task: str, container: str, *, link_local: bool) -> dict[str, str]:
        """The variables by which a container finds this service. Credentials are there only with a task role.

        Args:
            link_local: the task has the service at the address of Fargate.
        """
        url = f"http://{METADATA}" if link_local else self._url
        identity = secrets.token_hex(16)
        self._containers[identity] = (task, container)
        found = {"ECS_CONTAINER_METADATA_URI_V4": f"{url}/v4/{identity}"}
        if self._role(task) is not None:
            credentials = next((key for key, arn in self._credential_ids.items() if arn == task), None)
            if credentials is None:
                credentials = secrets.token_urlsafe(24)
                self._credential_ids[credentials] = task
            path = f"/v2/credentials/{credentials}"
            if link_local:
                found["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = path
            else:
                found["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url + path
        return found

    def forget(self, task: str) -> None:
        """The task has stopped: its addresses answer no more."""
        run = self.runs.get(task)
        if run is not None:
            self._measured.forget(run)
        self._containers = {key: found for key, found in self._containers.items() if found[0] != task}
        self._credential_ids = {key: arn for key, arn in self._credential_ids.items() if arn != task}

    def _role(self, task: str) -> str | None:
        body = (self._store.get(TASK, task) or {"task": {}})["task"]
        definition = self._store.get(DEFINITION, body.get("taskDefinitionArn", "")) or {}
        role: str | None = body.get("overrides", {}).get("taskRoleArn") or definition.get("taskRoleArn")
        return role

    def _found(self, request: web.Request) -> tuple[str, str, Run, Json]:
        task, container = self._containers.get(request.match_info["id"], ("", ""))
        run, document = self.runs.get(task), self._store.get(TASK, task)
        if run is None or document is None or not _asks_itself(request, run):
            raise web.HTTPNotFound(text="no running container has this metadata endpoint")
        return task, container, run, document

    async def _container(self, request: web.Request) -> web.Response:
        _, container, run, document = self._found(request)
        block, resolver = self._block(document), _resolver(run)
        return web.json_response(metadatashape.container(document, run, container, block, resolver))

    async def _task(self, request: web.Request) -> web.Response:
        _, _, run, document = self._found(request)
        block, resolver = self._block(document), _resolver(run)
        containers = [metadatashape.container(document, run, name, block, resolver) for name in run.containers]
        return web.json_response(metadatashape.task(document, containers, clockdrift.read()))

    async def _stats(self, request: web.Request) -> web.Response:
        _, container, run, document = self._found(request)
        return web.json_response(self._stats_of(run, run.containers[container], document))

    async def _task_stats(self, request: web.Request) -> web.Response:
        _, _, run, document = self._found(request)
        started = [one for one in run.containers.values() if one.container is not None]
        found = {one.container.id: self._stats_of(run, one, document) for one in started if one.container is not None}
        return web.json_response(found)

    def _stats_of(self, run: Run, running: RunningContainer, document: Json) -> Json | None:
        memory = document["task"].get("memory")
        return self._measured.of(run, running, int(memory) if memory else None)

    def _block(self, document: Json) -> str:
        """The addresses of the task's subnet; empty when it is gone."""
        found = self._store.documents.table(SUBNET).get(document["subnet"])
        return found.cidr_block if found is not None else ""

    async def _credentials(self, request: web.Request) -> web.Response:
        task = self._credential_ids.get(request.match_info["id"])
        role = self._role(task) if task else None
        run = self.runs.get(task) if task else None
        if task is None or role is None or run is None or not _asks_itself(request, run):
            return web.json_response(
                {"code": "InvalidIdInRequest", "message": "CredentialsV2Request: Credentials not found"}, status=400
            )
        name = task.rpartition("/")[2]
        if not self.roles.trusted(role, (self._store.get(TASK, task) or {})["task"]["clusterArn"]):
            return web.json_response({"code": "AccessDenied", "message": unassumable(role)}, status=403)
        try:
            answer = await self._apis.call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": name})
        except AwsError as error:
            return web.json_response({"code": error.code, "message": error.message}, status=error.status)
        found: dict[str, Any] = answer["Credentials"]
        expires = found["Expiration"]
        if isinstance(expires, datetime):
            expires = expires.strftime("%Y-%m-%dT%H:%M:%SZ")
        return web.json_response({
            "RoleArn": role, "AccessKeyId": found["AccessKeyId"], "SecretAccessKey": found["SecretAccessKey"],
            "Token": found["SessionToken"], "Expiration": expires,
        })  # fmt: skip


def _asks_itself(request: web.Request, run: Run) -> bool:
    """Whether a request comes from the task that it asks about: where tasks have addresses of their own in a network,
    which no other can send from, an identifier that leaked is worth nothing.
    """
    interface = run.interface
    return interface is not None and (interface.namespace is None or request.remote == interface.vpc_address)


def _resolver(run: Run) -> str:
    return run.resolver.read_text() if run.resolver is not None else ""

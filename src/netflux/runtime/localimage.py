"""Images that podman keeps on this machine, and how they get into the region's registry."""

from __future__ import annotations

import tempfile

from netflux.errors import UserError
from netflux.runtime import engine
from netflux.runtime.engine import Engine, EngineError
from netflux.runtime.podman import Access

_PUSH = 900.0  # real seconds that a push may take


class LocalImages:
    """podman's own store.

    Args:
        runs: the podman command.
        registry: where images go.
    """

    def __init__(self, runs: Engine, registry: Access) -> None:
        self._engine = runs
        self._registry = registry

    async def identity(self, name: str) -> str:
        """The id of the image of that name; UserError when podman has none."""
        refused = engine.why_not()
        if refused is not None:
            raise UserError(f"The image {name} can't be pushed: {refused}.", "See docs/containers.md.", 2)
        try:
            return str((await self._engine.look("image", "inspect", name))["Id"])
        except EngineError as error:
            raise UserError(f"podman has no image {name}: {error}.", f"Make it: podman build -t {name} …", 2) from error

    async def push(self, name: str, repository: str, tag: str) -> str:
        """The digest in the repository; UserError when the registry or podman refuses."""
        login = await self._registry.login()
        self._engine.reach(login)
        with tempfile.NamedTemporaryFile("r", prefix="netflux-digest-") as file:
            where = f"{login.location}/{repository}:{tag}"
            options = ["--quiet", "--tls-verify=false", f"--authfile={self._engine.authentication}"]
            try:
                await self._engine.run("push", *options, f"--digestfile={file.name}", name, where, patience=_PUSH)
            except EngineError as error:
                raise UserError(f"The image {name} could not be pushed: {error}.", exit_code=2) from error
            return file.read().strip()

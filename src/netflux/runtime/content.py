"""What one process container runs in: its image's folder as it is, or the content that was pushed, with a layer of its
own over it.

The content is seen where the folder was when it was pushed, so that what names its own path (a virtual environment's
scripts) goes on working. Where tasks have no view of their own (walls.py) the container has a copy.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from netflux.runtime import view, walls
from netflux.runtime.driver import Image
from netflux.runtime.trees import Trees
from netflux.runtime.walls import FILES, HOSTS, Standing

_COPY = "image-copy"


class Content:
    """The files of one container's image.

    Args:
        image: of the container.
        trees: keep contents; None where all images are live.

    Attributes:
        place: where its program finds them, as far as it is known; `prepare` decides.
        scratch: a directory for what is the container's own; None where it has none.
    """

    def __init__(self, image: Image, trees: Trees | None) -> None:
        self._trees = trees if image.tree else None
        self._digest = image.tree
        self._there = Path(image.directory).is_dir()
        self.place = Path(image.directory)
        self.scratch: Path | None = None
        if self._trees is not None:
            self._trees.use(self._digest)

    @property
    def source(self) -> Path:
        """Where the region finds them."""
        return self._trees.path(self._digest) if self._trees is not None else self.place

    @property
    def tree(self) -> Path | None:
        """The content; None for a live image."""
        return self._trees.path(self._digest) if self._trees is not None else None

    async def prepare(self, standing: Standing, directory: Path) -> dict[str, str]:
        """Makes the container's own directory, with a copy of the content where it can't have a layer over it.

        Args:
            standing: the walls around tasks.
            directory: for directories of containers.

        Returns:
            What is to be bound over the machine's files: target to source.
        """
        layered = FILES in standing.up
        if layered or self._trees is not None:
            self.scratch = walls.scratch(directory)
        if self._trees is None or self.scratch is None:
            return {}
        if layered:
            self.place = self.place if self._there else Path(view.APART)
            return {}
        copy = self.scratch / _COPY
        await asyncio.to_thread(self._trees.copy, self._digest, copy)
        if HOSTS in standing.up and self._there:
            return {str(self.place): str(copy)}
        self.place = copy
        return {}

    async def release(self) -> None:
        """The container has ended."""
        if self.scratch is not None:
            await asyncio.to_thread(walls.discard, self.scratch)
        if self._trees is not None:
            await asyncio.to_thread(self._trees.release, self._digest)

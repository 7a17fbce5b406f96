"""Fills new repositories and buckets with what `netflux.toml` names for them."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Retryable, Terminal, UserError
from netflux.reconcile.controller import Result
from netflux.resources.ecr import digest_of
from netflux.runtime.localimage import LocalImages
from netflux.runtime.trees import Trees
from netflux.seed import decide, image
from netflux.seed.config import BucketSource, Config, ContainerSource, ImageSource

KIND = "seed"

_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".json": "application/json",
}
"""Before the machine's own table, which differs between machines: `.js` is text/javascript since RFC 9239."""

_TEXT = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


class SeedController:
    """One key for each image and each bucket.

    What was done is remembered for a repository or bucket of that very creation time, so that one made anew is filled
    anew and one emptied on purpose stays empty.

    Args:
        call: `Apis.call`.
        documents: remembers what was sent.
        sources: the project's file, without which there is nothing to do, and `auto`, `process` or `podman`.
        trees: keep contents of folders.
        containers: podman's images.
    """

    name = "seed"

    def __init__(
        self,
        call: image.Call,
        documents: Documents,
        sources: tuple[Config | None, str],
        trees: Trees,
        containers: LocalImages | None = None,
    ) -> None:
        config, runtime = sources
        self._call = call
        self._documents = documents
        self._containers = containers
        self._trees = trees
        self._pushing = asyncio.Lock()
        self._needs_containers = runtime == "podman"
        self._images = {f"image/{name}": one for name, one in decide.images(config, runtime).items()}
        self._buckets = {f"bucket/{one.bucket}": one for one in (config.buckets if config else ())}
        self._done: dict[str, str] = {}
        self._tried = {key: asyncio.Event() for key in self._images}

    async def filled(self, repository: str, tag: str) -> None:
        """Returns when the project's image is there as its folder is now, or could not be pushed the first time; at
        once for one that is not the project's.

        On AWS images are pushed before a service is made or updated that runs them; here both begin with the same
        template, and a deployment of a service that names a folder's tag begins with a push. What a person has pushed
        there stays.

        Raises:
            UserError: the folder has changed, and can't be pushed.
        """
        key = f"image/{repository}:{tag}"
        if key not in self._tried:
            return
        await self._tried[key].wait()
        source = self._images[key]
        if isinstance(source, ImageSource) and not source.live and not self._needs_containers:
            born = await self._repository_born(repository)
            held = await self._digests(repository) if born is not None else {}
            if born is not None and held.get(tag) in self._digests_sent(repository):
                async with self._pushing:
                    await self._fill_repository(key, source, born)

    async def keys(self) -> Sequence[str]:
        """Everything the file names."""
        return [*self._images, *self._buckets]

    async def reconcile(self, key: str) -> Result:
        """Waits for the repository or bucket, and fills it."""
        try:
            if key in self._images:
                await self._image(key, self._images[key])
            elif key in self._buckets:
                await self._bucket(key, self._buckets[key])
        except AwsError as error:
            raise Retryable(f"{key} could not be filled: {error}") from error
        except UserError as error:
            raise Terminal(f"{key} could not be filled: {error.message}") from error
        except OSError as error:
            raise Retryable(f"{key} could not be filled: {error}") from error
        return Result()

    async def _image(self, key: str, source: ImageSource | ContainerSource) -> None:
        born = await self._repository_born(source.repository)
        if born is None or self._done.get(key) == born:
            return
        try:
            async with self._pushing:
                await self._fill_repository(key, source, born)
        finally:
            self._tried[key].set()
        self._done[key] = born

    async def _fill_repository(self, key: str, source: ImageSource | ContainerSource, born: str) -> None:
        document = self._document(key, born)
        held = await self._digests(source.repository)
        sent = self._digests_sent(source.repository)
        if isinstance(source, ContainerSource):
            written = await self._container(source, held, sent, document)
        else:
            written = await self._folder(source, held, sent, document)
        if written is not None:
            self._documents.put(KIND, key, {"born": born, **written})
        elif document is None:
            self._documents.put(KIND, key, {"born": born, "digest": ""})

    async def _folder(
        self, source: ImageSource, held: Mapping[str, str], sent: set[str], document: dict[str, Any] | None
    ) -> dict[str, str] | None:
        """What was pushed; None when nothing is to be."""
        if self._needs_containers:
            name = f"{source.repository}:{source.tag}"
            raise UserError(
                f"netflux.toml gives a folder for {name}, and --runtime podman runs containers only: name an image of "
                f"podman's with `container`, or leave --runtime away."
            )
        async with image.written(self._trees, source) as text:
            wanted = digest_of(text)
            if not decide.pushes(source.tag, held, sent, wanted, document is None):
                return None
            await image.put(self._call, source, text)
            return {"digest": wanted}

    async def _container(
        self, source: ContainerSource, held: Mapping[str, str], sent: set[str], document: dict[str, Any] | None
    ) -> dict[str, str] | None:
        """What was pushed; None when nothing is to be. The digest of a push is known only after it."""
        assert self._containers is not None, "the region runs no containers"
        identity = await self._containers.identity(source.name)
        known = document["digest"] if document is not None and document.get("identity") == identity else identity
        if not decide.pushes(source.tag, held, sent, known, document is None):
            return None
        digest = await self._containers.push(source.name, source.repository, source.tag)
        return {"digest": digest, "identity": identity}

    def _digests_sent(self, repository: str) -> set[str]:
        prefix = f"image/{repository}:"
        return {document["digest"] for key, document in self._documents.list(KIND) if key.startswith(prefix)}

    async def _repository_born(self, repository: str) -> str | None:
        try:
            answer = await self._call("ecr", "DescribeRepositories", {"repositoryNames": [repository]})
        except AwsError as error:
            if error.code == "RepositoryNotFoundException":
                return None
            raise
        return str(answer["repositories"][0]["createdAt"])

    async def _digests(self, repository: str) -> dict[str, str]:
        """Digests by tag; an untagged image counts under its digest."""
        found: dict[str, str] = {}
        request: dict[str, Any] = {"repositoryName": repository, "maxResults": 1000}
        while True:
            answer = await self._call("ecr", "DescribeImages", request)
            for one in answer["imageDetails"]:
                for name in one.get("imageTags") or [one["imageDigest"]]:
                    found[name] = one["imageDigest"]
            if not answer.get("nextToken"):
                return found
            request["nextToken"] = answer["nextToken"]

    async def _bucket(self, key: str, source: BucketSource) -> None:
        born = await self._bucket_born(source.bucket)
        if born is None or self._done.get(key) == born:
            return
        remote = await self._objects(source.bucket)
        document = self._document(key, born)
        if document is None:
            document = {"born": born, "etags": {}, "theirs": bool(remote)}
            self._documents.put(KIND, key, document)
        if not document["theirs"]:
            await self._fill(key, source, remote, document)
        self._done[key] = born

    async def _fill(self, key: str, source: BucketSource, remote: Mapping[str, str], document: dict[str, Any]) -> None:
        """Interrupted anywhere, the next pass goes on: what is there already is taken as sent when it is the same."""
        files = await asyncio.to_thread(_files, source)
        local = {name: etag for name, (_, etag) in files.items()}
        chosen = decide.uploads(local, remote, document["etags"])
        for name in chosen:
            await self._upload(source.bucket, name, files[name][0])
        there = {name: etag for name, etag in local.items() if name in chosen or remote.get(name) == etag}
        self._documents.put(KIND, key, {**document, "etags": {**document["etags"], **there}})

    async def _bucket_born(self, bucket: str) -> str | None:
        listed = (await self._call("s3", "ListBuckets", {})).get("Buckets", [])
        return next((str(one["CreationDate"]) for one in listed if one["Name"] == bucket), None)

    async def _objects(self, bucket: str) -> dict[str, str]:
        found: dict[str, str] = {}
        request: dict[str, Any] = {"Bucket": bucket}
        while True:
            page = await self._call("s3", "ListObjectsV2", request)
            found |= {one["Key"]: one["ETag"].strip('"') for one in page.get("Contents", ())}
            if not page.get("IsTruncated"):
                return found
            request["ContinuationToken"] = page["NextContinuationToken"]

    async def _upload(self, bucket: str, name: str, file: Path) -> None:
        body = await asyncio.to_thread(file.read_bytes)
        request = {"Bucket": bucket, "Key": name, "Body": body, "ContentType": content_type(file)}
        await self._call("s3", "PutObject", request)

    def _document(self, key: str, born: str) -> dict[str, Any] | None:
        """What was sent to the repository or bucket of that creation time."""
        document = self._documents.get(KIND, key)
        return document if document and document["born"] == born else None


def content_type(file: Path) -> str:
    """The media type by the file's ending, texts in UTF-8; application/octet-stream when the ending says nothing."""
    found = _TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith(_TEXT) else found


def _files(source: BucketSource) -> dict[str, tuple[Path, str]]:
    """Keys with file and MD5; hidden files and what is excluded stay here."""
    found: dict[str, tuple[Path, str]] = {}
    for file in sorted(source.folder.rglob("*")):
        parts = file.relative_to(source.folder).parts
        kept = not any(part.startswith(".") for part in parts) and parts[0] not in source.exclude
        if file.is_file() and kept:
            etag = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
            found["/".join(parts)] = (file, etag)
    return found

"""Contents of images, each kept once by its digest: a task runs what was pushed, whatever becomes of the folder.

    index/      for each folder that was pushed, what stat(2) said of its files, with their hashes
    files/      each content once, by its hash and whether it may be executed
    trees/      a folder for each digest, of hard links to these files
    unfinished/ what a region that was killed left half made

A task never writes here: its own layer lies over the tree (view.py), or it has a copy.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from netflux.errors import UserError
from netflux.runtime import folder as folders
from netflux.runtime.folder import Entries, Seen

_FICLONE = 0x40049409
_BLOCK = 1 << 20
_TRIES = 3
_FEW = 64
"""Files and folders that are put on disk one by one."""
_TICK = 50_000_000
"""Nanoseconds in which two changes of a file may have the same time: a file that was read so soon after it had changed
is read again. Linux gives times in steps of its timer's ticks, 10 ms at most."""

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Tree:
    """A folder's content.

    Attributes:
        digest: `sha256:…` of the list of its files, with their hashes, links and folders.
        size: bytes of its files.
    """

    digest: str
    size: int


@dataclass
class Known:
    """What is remembered of a folder.

    Attributes:
        files: by path, what stat said when it was read, its hash, and when that was (nanoseconds).
        others: links and folders as they were.
        digest: of the whole, as it was.
    """

    files: dict[str, tuple[Seen, str, int]] = field(default_factory=dict)
    others: tuple[dict[str, str], list[str]] = field(default_factory=lambda: ({}, []))
    digest: str = ""


class Trees:
    """Keeps the contents of images.

    Methods may be called from any thread; those that may take longer than a moment say so.

    Args:
        root: `{state}/images`.
        referred: whether an image's manifest names the digest; contents of others are removed.
        state: the state directory, which is no content of any image.
    """

    def __init__(self, root: Path, referred: Callable[[str], bool], state: Path | None = None) -> None:
        self.root = root
        self.reads = 0
        """Files that were read so far."""
        self._referred = referred
        self.state = state
        self._new: list[Path] = []
        self._uses: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._writing = threading.Lock()

    def path(self, digest: str) -> Path:
        """Where the content of that digest is, or would be."""
        return self.root / "trees" / digest.removeprefix("sha256:")

    def has(self, digest: str) -> bool:
        """Whether the content is here."""
        return self.path(digest).is_dir()

    @contextlib.contextmanager
    def used(self, digest: str) -> Iterator[None]:
        """Until the block ends the content stays, also when no image has it any more."""
        self.use(digest)
        try:
            yield
        finally:
            self.release(digest)

    def use(self, digest: str) -> None:
        """From now on the content stays, until `release`."""
        with self._counting:
            self._uses[digest] += 1

    def release(self, digest: str) -> None:
        """Ends one use. May take long: the content is removed when nothing needs it."""
        with self._counting:
            self._uses[digest] -= 1
        self.drop(digest)

    @contextlib.contextmanager
    def kept(self, folder: Path) -> Iterator[Tree]:
        """The folder's content, as `keep`; used while the block runs."""
        tree = self.keep(folder)
        try:
            yield tree
        finally:
            self.release(tree.digest)

    def keep(self, folder: Path) -> Tree:
        """The folder's content, which stays until `release`, and after it where an image has it. Takes long.

        Raises:
            UserError: it can't be content, or changes all the time.
        """
        if folder == Path("/"):
            raise UserError("/ is the whole machine, which is no image's content.", "Push the folder of a program.", 2)
        with self._writing:
            for _ in range(_TRIES):
                with contextlib.suppress(_Changed, FileNotFoundError):
                    tree = self._attempt(folder)
                    self.use(tree.digest)
                    return tree
        raise UserError(
            f"{folder} changes while it is pushed.", "Wait until what writes into it has ended, and push it again.", 2
        )

    def drop(self, digest: str) -> None:
        """Removes the content if nothing needs it. May take long; at once where something does."""
        if self._needed(digest):
            return
        with self._writing:
            if not self._needed(digest) and self.has(digest):
                self._remove([self.path(digest)])

    def sweep(self) -> None:
        """Removes what a region that was killed left, and contents that no image has. Before the first push."""
        with self._writing:
            unfinished, trees = self.root / "unfinished", self.root / "trees"
            gone = [*unfinished.iterdir()] if unfinished.is_dir() else []
            found = [*trees.iterdir()] if trees.is_dir() else []
            gone += [tree for tree in found if not self._needed(f"sha256:{tree.name}")]
            if gone:
                self._remove(gone)

    def copy(self, digest: str, place: Path) -> None:
        """Makes the place, a copy of the content that may be written to. Takes long."""
        shutil.copytree(self.path(digest), place, symlinks=True)

    def _needed(self, digest: str) -> bool:
        with self._counting:
            return self._uses[digest] > 0 or self._referred(digest)

    def _attempt(self, folder: Path) -> Tree:
        index = self.root / "index" / hashlib.sha256(os.fsencode(folder)).hexdigest()
        known, entries = _load(index), folders.scan(folder, self.state)
        hashes, before = self._hashes(folder, entries, known), self.reads
        others = (entries.links, sorted(entries.folders))
        same = others == known.others and hashes == known.files
        digest = known.digest if same else _digest(entries, hashes)
        if not self.has(digest):
            self._build(folder, entries, hashes, digest)
        if not same:
            if (self.reads != before or hashes != known.files) and folders.scan(folder, self.state) != entries:
                raise _Changed
            _save(index, Known(hashes, others, digest))
        return Tree(digest, sum(one.size for one in entries.files.values()))

    def _hashes(self, folder: Path, entries: Entries, known: Known) -> dict[str, tuple[Seen, str, int]]:
        found: dict[str, tuple[Seen, str, int]] = {}
        for path, seen in entries.files.items():
            before = known.files.get(path)
            if before is not None and before[0] == seen and before[2] - seen.touched > _TICK:
                found[path] = before
            else:
                moment = time.time_ns()
                found[path] = (seen, self._read(folder / path, seen), moment)
        return found

    def _read(self, file: Path, seen: Seen) -> str:
        """The file's hash; its content is in `files` afterwards."""
        self.reads += 1
        made = self._unfinished()
        try:
            with file.open("rb", buffering=0) as source, made.open("xb", buffering=0) as target:
                if folders.seen(os.fstat(source.fileno())) != seen:
                    raise _Changed
                hashed = _copied(source.fileno(), target.fileno())
                if folders.seen(os.fstat(source.fileno())) != seen:
                    raise _Changed
                os.fchmod(target.fileno(), 0o755 if seen.executable else 0o644)
                os.utime(target.fileno(), ns=(seen.changed, seen.changed))
            place = self._file(hashed, seen.executable)
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                made.rename(place)
                self._new.append(place)
        except PermissionError as error:
            raise UserError(f"{file} may not be read.", "chmod it, or name it in a .dockerignore.", 2) from error
        finally:
            made.unlink(missing_ok=True)
        return hashed

    def _file(self, hashed: str, executable: bool) -> Path:
        return self.root / "files" / hashed[:2] / (f"{hashed}.x" if executable else hashed)

    def _build(self, folder: Path, entries: Entries, hashes: dict[str, tuple[Seen, str, int]], digest: str) -> None:
        made = self._unfinished()
        _folder(made)
        for path in sorted(entries.folders):
            _folder(made / path)
        for path, (seen, hashed, _) in hashes.items():
            place = self._file(hashed, seen.executable)
            if not place.exists() and self._read(folder / path, seen) != hashed:
                raise _Changed
            _link(place, made / path)
        for path, target in entries.links.items():
            (made / path).symlink_to(target)
        for path in entries.caches:
            with contextlib.suppress(OSError, shutil.Error):
                shutil.copytree(folder / path, made / path)
        self.path(digest).parent.mkdir(exist_ok=True)
        self._settle([made, *(made / path for path in entries.folders)])
        made.rename(self.path(digest))
        _sync(self.path(digest).parent, os.fsync)

    def _settle(self, made: list[Path]) -> None:
        """What was written is on disk on return: file by file, or with all else where that takes longer."""
        places = [*self._new, *{place.parent for place in self._new}, *made]
        self._new.clear()
        if len(places) > _FEW:
            _sync(self.root, syncfs)
            return
        for place in places:
            _sync(place, os.fsync)

    def _unfinished(self) -> Path:
        place = self.root / "unfinished"
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        return place / uuid.uuid4().hex

    def _remove(self, trees: list[Path]) -> None:
        """Trees, and then the files that no other tree has; what is left of it after a kill is swept."""
        for tree in trees:
            away = self._unfinished()
            tree.rename(away)
            shutil.rmtree(away) if away.is_dir() else away.unlink()
        for above, _, files in os.walk(self.root / "files"):
            for name in files:
                file = Path(above, name)
                if file.lstat().st_nlink == 1:
                    file.unlink()


class _Changed(Exception):
    """The folder is not what it was a moment ago."""


def _digest(entries: Entries, hashes: dict[str, tuple[Seen, str, int]]) -> str:
    lines = [["x" if seen.executable else "f", path, hashed] for path, (seen, hashed, _) in hashes.items()]
    lines += [["l", path, target] for path, target in entries.links.items()]
    lines += [["d", path, ""] for path in entries.folders]
    lines.sort(key=lambda line: line[1])
    return "sha256:" + hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def _copied(source: int, target: int) -> str:
    """Copies a file, without its bytes where the file system can, and says their hash: of the copy, which stays."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        hashed = hashlib.sha256()
        while block := os.read(source, _BLOCK):
            hashed.update(block)
            view = memoryview(block)
            while view:
                view = view[os.write(target, view) :]
        return hashed.hexdigest()
    with Path(f"/proc/self/fd/{target}").open("rb") as copy:
        return hashlib.file_digest(copy, "sha256").hexdigest()


def _folder(place: Path) -> None:
    """Whatever the region's umask is: programs of a task may have other users than the region."""
    place.mkdir()
    place.chmod(0o755)


def _link(place: Path, path: Path) -> None:
    try:
        path.hardlink_to(place)
    except OSError as error:
        if error.errno != errno.EMLINK:  # an empty file may be in a tree more often than a file can have names
            raise
        shutil.copy2(place, path)


def _sync(place: Path, how: Callable[[int], None]) -> None:
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        how(descriptor)
    finally:
        os.close(descriptor)


def syncfs(descriptor: int) -> None:
    """All that was written to the file system is on disk on return: syncfs(2)."""
    if _libc.syncfs(descriptor) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _load(index: Path) -> Known:
    try:
        return msgspec.msgpack.decode(index.read_bytes(), type=Known)
    except (OSError, msgspec.DecodeError):
        return Known()  # it only saves work


def _save(index: Path, known: Known) -> None:
    index.parent.mkdir(parents=True, exist_ok=True)
    made = index.with_suffix(".new")
    made.write_bytes(msgspec.msgpack.encode(known))
    made.replace(index)

"""What is kept of a folder that is pushed: by content, once, and no longer than something needs it."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.errors import UserError
from netflux.runtime import folder as folders
from netflux.runtime import ignore, trees
from netflux.runtime.trees import Trees


class Shelf(Trees):
    """Trees of which some are an image's."""

    def __init__(self, root: Path) -> None:
        self.images: set[str] = set()
        super().__init__(root, lambda digest: digest in self.images)

    def push(self, folder: Path) -> str:
        with self.kept(folder) as tree:
            self.images.add(tree.digest)
            return tree.digest

    def contents(self) -> list[str]:
        return sorted(one.name for one in (self.root / "trees").iterdir())

    def files(self) -> int:
        return sum(len(names) for _, _, names in os.walk(self.root / "files"))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "images")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "app"
    (made / "movies").mkdir(parents=True)
    (made / "movies" / "main.py").write_text("print('one')\n")
    (made / "movies" / "__init__.py").write_text("")
    (made / "run.sh").write_text("#!/bin/sh\n")
    (made / "run.sh").chmod(0o750)
    (made / "empty").mkdir()
    (made / "link").symlink_to("movies/main.py")
    return settled(made)


def settled(folder: Path) -> Path:
    """Returns when no file is so new that it would be read again."""
    deadline = time.monotonic() + 5
    newest = max(os.lstat(Path(above, name)).st_ctime_ns for above, _, names in os.walk(folder) for name in names)
    while time.time_ns() - newest <= 2 * trees._TICK and time.monotonic() < deadline:
        time.sleep(0.01)
    return folder


def test_the_same_content_has_the_same_digest_and_is_kept_once(shelf: Shelf, folder: Path, tmp_path: Path) -> None:
    first = shelf.push(folder)
    (folder / "movies" / "main.py").touch()
    other = tmp_path / "other"
    folder.rename(other)
    assert shelf.push(other) == first
    assert len(shelf.contents()) == 1


def test_what_is_kept_is_the_folder_as_it_was(shelf: Shelf, folder: Path) -> None:
    place = shelf.path(shelf.push(folder))
    (folder / "movies" / "main.py").write_text("print('two')\n")
    (folder / "empty").rmdir()
    assert (place / "movies" / "main.py").read_text() == "print('one')\n"
    assert (place / "empty").is_dir()
    assert str((place / "link").readlink()) == "movies/main.py"
    assert stat.S_IMODE((place / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((place / "movies" / "main.py").stat().st_mode) == 0o644


@pytest.mark.parametrize("change", ["content", "executable", "name", "link", "new folder"])
def test_every_change_of_content_is_another_digest(shelf: Shelf, folder: Path, change: str) -> None:
    first = shelf.push(folder)
    match change:
        case "content":
            (folder / "movies" / "main.py").write_text("print('two')\n")
        case "executable":
            (folder / "movies" / "main.py").chmod(0o755)
        case "name":
            (folder / "run.sh").rename(folder / "start.sh")
        case "link":
            (folder / "link").unlink()
            (folder / "link").symlink_to("run.sh")
        case "new folder":
            (folder / "more").mkdir()
    assert shelf.push(folder) != first
    assert len(shelf.contents()) == 2


def test_an_unchanged_folder_is_not_read_again_and_a_changed_file_costs_itself(shelf: Shelf, folder: Path) -> None:
    for number in range(50):
        (folder / f"module{number}.py").write_text(f"NUMBER = {number}\n")
    settled(folder)
    shelf.push(folder)
    read = shelf.reads
    assert read == 53
    again = Shelf(shelf.root)  # also after a restart
    again.images = shelf.images
    again.push(folder)
    assert again.reads == 0
    (folder / "module7.py").write_text("NUMBER = 8\n")
    settled(folder)
    again.push(folder)
    assert again.reads == 1


def test_a_change_that_stat_can_not_tell_from_the_last_one_is_seen(shelf: Shelf, folder: Path) -> None:
    file = folder / "movies" / "main.py"
    for number in range(30):
        file.write_text(f"print({number:03d})\n")
        place = shelf.path(shelf.push(folder))
        assert (place / "movies" / "main.py").read_text() == f"print({number:03d})\n"


def test_a_file_with_a_time_to_come_is_not_read_again(shelf: Shelf, folder: Path) -> None:
    os.utime(folder / "run.sh", (2**31, 2**31))
    settled(folder)
    shelf.push(folder)
    read = shelf.reads
    shelf.push(folder)
    assert shelf.reads == read


def test_an_older_file_with_the_same_time_and_size_is_seen(shelf: Shelf, folder: Path) -> None:
    file = folder / "movies" / "main.py"
    first, before = shelf.push(folder), file.stat()
    file.write_text("print('two')\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert shelf.push(folder) != first


def test_a_file_of_the_folder_is_never_a_file_of_the_store(shelf: Shelf, folder: Path) -> None:
    place = shelf.path(shelf.push(folder))
    with (folder / "movies" / "main.py").open("r+") as file:
        file.write("XXXXX")
    assert (place / "movies" / "main.py").read_text() == "print('one')\n"


def test_content_goes_when_no_image_has_it_and_nothing_uses_it(shelf: Shelf, folder: Path) -> None:
    first = shelf.push(folder)
    (folder / "movies" / "main.py").write_text("print('two')\n")
    second = shelf.push(folder)
    shelf.use(first)
    shelf.images = {second}
    shelf.drop(first)
    assert shelf.has(first)
    shelf.release(first)
    assert not shelf.has(first)
    assert shelf.has(second)
    assert shelf.files() == 3  # main.py as it is now, the empty __init__.py, run.sh
    shelf.images = set()
    shelf.drop(second)
    assert (shelf.contents(), shelf.files()) == ([], 0)
    assert shelf.push(folder) == second  # what was removed is read again, though the index knows it
    assert (shelf.path(second) / "run.sh").read_text() == "#!/bin/sh\n"


def test_a_push_that_came_to_nothing_leaves_nothing(shelf: Shelf, folder: Path) -> None:
    with pytest.raises(UserError), shelf.kept(folder):
        raise UserError("the repository is gone")
    assert (shelf.contents(), shelf.files()) == ([], 0)


def test_what_a_killed_region_left_is_swept(shelf: Shelf, folder: Path) -> None:
    digest = shelf.push(folder)
    (shelf.root / "unfinished" / "half").mkdir(parents=True)
    (shelf.root / "unfinished" / "half" / "file").write_text("x")
    (shelf.root / "unfinished" / "one").write_text("x")
    (shelf.root / "trees" / ("0" * 64)).mkdir()
    again = Shelf(shelf.root)
    again.images = {digest}
    again.sweep()
    assert again.contents() == [digest.removeprefix("sha256:")]
    assert not [*(shelf.root / "unfinished").iterdir()]
    assert again.files() == 3


def test_a_copy_is_a_file_of_its_own(shelf: Shelf, folder: Path, tmp_path: Path) -> None:
    digest, place = shelf.push(folder), tmp_path / "copy"
    shelf.copy(digest, place)
    (place / "movies" / "main.py").write_text("mine")
    assert (shelf.path(digest) / "movies" / "main.py").read_text() == "print('one')\n"
    assert str((place / "link").readlink()) == "movies/main.py"
    assert (place / "empty").is_dir()
    assert os.access(place / "run.sh", os.X_OK)


def test_what_can_not_be_content_is_refused_by_name(
    shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as listening, monkeypatch.context() as patch:
        patch.chdir(folder)  # a socket's whole path may be too long
        listening.bind("a.sock")
    with pytest.raises(UserError, match=r"a\.sock is a socket"):
        shelf.push(folder)
    (folder / "a.sock").unlink()
    os.mkfifo(folder / "queue")
    with pytest.raises(UserError, match="queue is a pipe"):
        shelf.push(folder)
    (folder / ".dockerignore").write_text("queue\n")
    shelf.push(folder)


def test_a_link_that_leads_out_is_refused_by_name(shelf: Shelf, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (folder / "out").symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match="out -> "):
        shelf.push(folder)


def test_a_folder_that_changes_all_the_time_is_refused(
    shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, copied = folder / "movies" / "main.py", trees._copied

    def busy(source: int, target: int) -> str:
        hashed = copied(source, target)
        file.write_text(str(time.time_ns()))
        return hashed

    monkeypatch.setattr(trees, "_copied", busy)
    with pytest.raises(UserError, match="changes while it is pushed"):
        shelf.push(folder)
    assert shelf.contents() == [] if (shelf.root / "trees").is_dir() else True


def test_a_file_that_appears_while_others_are_read_belongs_to_it(
    shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied, late = trees._copied, folder / "late.py"

    def busy(source: int, target: int) -> str:
        if not late.exists():
            late.write_text("late")
        return copied(source, target)

    monkeypatch.setattr(trees, "_copied", busy)
    assert (shelf.path(shelf.push(folder)) / "late.py").read_text() == "late"


def test_histories_caches_and_the_state_are_no_content(shelf: Shelf, folder: Path, tmp_path: Path) -> None:
    for name in (".git", "__pycache__", ".netflux", "movies/__pycache__"):
        (folder / name).mkdir()
        (folder / name / "file").write_text("x")
    first = shelf.push(folder)
    (folder / ".git" / "file").write_text("y")
    assert shelf.push(folder) == first
    state = folder / "cloud"
    state.mkdir()
    (state / "netflux.db").write_text("x")
    assert "cloud" in folders.scan(folder).folders
    assert "cloud" not in folders.scan(folder, state).folders


@pytest.mark.parametrize(
    ("text", "out", "kept"),
    [
        ("*.log\n", ["a.log"], ["b/a.log", "a.logs"]),
        ("**/*.log", ["a.log", "b/a.log", "b/c/a.log"], ["a.txt"]),
        ("docs\n", ["docs", "docs/a", "docs/a/b"], ["docs2", "a/docs"]),
        ("/docs/\n", ["docs/a"], ["a/docs"]),
        ("# comment\n\n  a  \n", ["a"], ["# comment", "b"]),
        ("docs\n!docs/keep.md", ["docs", "docs/a"], ["docs/keep.md"]),
        ("!docs/keep.md\ndocs", ["docs/keep.md"], []),
        ("a?c\n[xy]z", ["abc", "xz", "yz"], ["a/c", "zz", "ac"]),
        ("a.b+(c)", ["a.b+(c)"], ["aXb+(c)"]),
        ("**", ["a", "a/b"], []),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab"]),
        (r"a\*b", ["a*b"], ["axb"]),
    ],
)
def test_a_dockerignore_leaves_out_what_docker_does(text: str, out: list[str], kept: list[str]) -> None:
    found = ignore.read(text)
    assert [path for path in out if not found.leaves_out(path)] == []
    assert [path for path in kept if found.leaves_out(path)] == []


def test_compiled_modules_of_a_virtual_environment_come_along_and_do_not_count(shelf: Shelf, folder: Path) -> None:
    compiled = folder / ".venv" / "lib" / "__pycache__"
    compiled.mkdir(parents=True)
    (folder / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (folder / ".venv" / "lib" / "flask.py").write_text("")
    (compiled / "flask.pyc").write_text("compiled")
    first = shelf.push(folder)
    assert (shelf.path(first) / ".venv" / "lib" / "__pycache__" / "flask.pyc").read_text() == "compiled"
    (compiled / "other.pyc").write_text("compiled later")
    assert shelf.push(folder) == first


def test_what_is_taken_back_in_is_found_in_a_folder_that_is_left_out(shelf: Shelf, folder: Path) -> None:
    (folder / ".dockerignore").write_text("*\n!movies/main.py\n")
    place = shelf.path(shelf.push(folder))
    found = sorted(str(one.relative_to(place)) for one in place.rglob("*") if one.is_file())
    assert found == ["movies/main.py"]


@given(st.text(max_size=60))
def test_no_dockerignore_makes_a_push_fail_but_by_its_line(text: str) -> None:
    with contextlib.suppress(ignore.Unreadable):
        assert ignore.read(text).leaves_out("a/b") in (True, False)

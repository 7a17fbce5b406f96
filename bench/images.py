"""A folder of 300 MB is pushed again: `python -m bench.images`.

Beside it, in the same run and on the same folder, what a program pays that only looks at every file (`rsync --dry-run`,
or `du` where there is no rsync), and one that makes hard links of all of them (`cp -al`).
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from netflux.runtime.trees import Trees

FILES, SIZE = 3_000, 100_000
LIMIT = 0.3
"""Seconds for the push of an unchanged folder."""
RATIO = 1.5
"""The same, against `cp -al` of the folder."""
_TIMES = 7


def make(folder: Path) -> None:
    """3,000 files of 100,000 bytes in 60 folders."""
    for number in range(FILES):
        place = folder / f"package{number % 60}" / f"module{number}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(os.urandom(SIZE))


def seconds(do: Callable[[], object]) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def looking(folder: Path, beside: Path) -> list[str]:
    """A program that asks stat of every file."""
    if shutil.which("rsync"):
        return ["rsync", "--dry-run", "--archive", f"{folder}/", f"{beside}/"]
    return ["du", "--summarize", str(folder)]


def measure(root: Path) -> bool:
    """Prints the figures; whether they are within the limits."""
    folder, beside = root / "app", root / "beside"
    make(folder)
    time.sleep(0.2)  # younger files are read again, since their times say nothing yet
    images: set[str] = set()
    trees = Trees(root / "images", lambda digest: digest in images)

    def push() -> None:
        with trees.kept(folder) as tree:
            images.add(tree.digest)

    first = seconds(push)
    again = [seconds(push) for _ in range(_TIMES)]
    read = trees.reads
    changed = folder / "package7" / "module7.py"
    changed.write_bytes(os.urandom(SIZE))
    one = seconds(push)
    assert trees.reads - read == 1, "a changed file costs only itself"
    assert len(images) == 2, "changed content is another image"
    links, looked = [], []
    for number in range(_TIMES):
        links.append(seconds(lambda n=number: subprocess.run(["cp", "-al", folder, f"{beside}{n}"], check=True)))
        looked.append(seconds(lambda: subprocess.run(looking(folder, beside), check=True, stdout=subprocess.DEVNULL)))
    unchanged, linked = statistics.median(again), statistics.median(links)
    print(f"a folder of {FILES * SIZE / 1e6:.0f} MB in {FILES} files, medians of {_TIMES}")
    print(f"  first push          {first:7.3f} s")
    print(f"  pushed unchanged    {unchanged:7.3f} s   limit {LIMIT} s")
    print(f"  one file changed    {one:7.3f} s")
    print(f"  cp -al              {linked:7.3f} s   ratio {unchanged / linked:.2f}, limit {RATIO}")
    print(f"  {looking(folder, beside)[0]:<20}{statistics.median(looked):7.3f} s")
    return unchanged <= LIMIT and unchanged / linked <= RATIO


def main() -> None:
    """Measures in a directory of `argv`, or the system's for temporary files; exit code 1 over a limit."""
    with tempfile.TemporaryDirectory(prefix="netflux-images-", dir=sys.argv[1] if len(sys.argv) > 1 else None) as made:
        sys.exit(0 if measure(Path(made)) else 1)


if __name__ == "__main__":
    main()

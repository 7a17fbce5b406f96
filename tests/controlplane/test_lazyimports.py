"""Deferred packages: their parts are imported without them, and they complete themselves when they are asked."""

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = {
    "__init__.py": "print('complete')\nfrom heavy import sub\nVALUE = sub.PART + 1\n",
    "part.py": "PART = 1\n",
    "sub/__init__.py": "PART = 41\n",
}


@pytest.fixture
def heavy(tmp_path: Path) -> Path:
    for name, text in PACKAGE.items():
        path = tmp_path / "heavy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def run(where: Path, *lines: str) -> list[str]:
    """What a fresh interpreter prints that has deferred the package."""
    program = "\n".join(
        (
            "import sys",
            f"sys.path.insert(0, {str(where)!r})",
            "from netflux.controlplane.lazyimports import defer",
            *lines,
        )
    )
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()


def test_a_part_is_imported_without_the_package(heavy: Path) -> None:
    assert run(heavy, "defer('heavy')", "import heavy.part", "print(heavy.part.PART)") == ["1"]


def test_a_name_of_the_package_completes_it_once_in_the_same_module(heavy: Path) -> None:
    lines = (
        "defer('heavy')",
        "import heavy.part",
        "before = heavy",
        "print(heavy.VALUE)",
        "from heavy import VALUE",
        "print(sys.modules['heavy'] is before)",
    )
    assert run(heavy, *lines) == ["complete", "42", "True"]


def test_a_module_of_the_package_does_not_complete_it(heavy: Path) -> None:
    assert run(heavy, "defer('heavy')", "from heavy import part", "print(part.PART)") == ["1"]


def test_one_that_is_imported_already_stays_as_it_is(heavy: Path) -> None:
    assert run(heavy, "import heavy", "defer('heavy')", "print(heavy.VALUE)") == ["complete", "42"]


def test_a_name_that_is_nowhere_is_an_attribute_error(heavy: Path) -> None:
    lines = ("defer('heavy')", "import heavy", "try: heavy.NOTHING", "except AttributeError as e: print('none')")
    assert run(heavy, *lines) == ["complete", "none"]


def test_what_is_not_installed_is_said_at_once(heavy: Path) -> None:
    lines = ("try: defer('not_there')", "except ModuleNotFoundError as e: print(e.name)")
    assert run(heavy, *lines) == ["not_there"]


def test_moto_completed_by_parts_is_the_moto_that_an_import_gives() -> None:
    lines = (
        "import netflux.controlplane",
        "import moto.core.model",
        "assert 'boto3' not in sys.modules",
        "from netflux.controlplane.lazyimports import prepare_moto",
        "prepare_moto()",
        "import moto",
        "print(moto.mock_aws.__name__)",
    )
    assert run(Path(), *lines) == ["mock_aws"]

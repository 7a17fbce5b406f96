from pathlib import Path

import pytest

from netflux.cli import project
from netflux.errors import UserError


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "architecture").mkdir()
    (tmp_path / "architecture" / "netflux.yaml").write_text("Resources: {}")
    (tmp_path / "architecture" / "netflux.toml").write_text('template = "netflux.yaml"')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "argument",
    [None, ".", "architecture", "architecture/netflux.toml", "architecture/netflux.yaml"],
)
def test_a_project_is_found_by_any_of_its_names_and_keeps_its_state_in_its_root(
    checkout: Path, argument: str | None
) -> None:
    place = None if argument is None else Path(argument)
    found = project.find(place, False)
    assert found.config is not None
    assert found.config.template == checkout / "architecture" / "netflux.yaml"
    assert found.root == checkout
    assert project.state(None, place) == checkout / ".netflux"


def test_a_template_alone_is_a_stack_named_after_it(checkout: Path) -> None:
    (checkout / "my app_2.yaml").write_text("Resources: {}")
    found = project.find(checkout / "my app_2.yaml", False)
    assert found.config is not None
    assert found.config.stack == "my-app-2"
    assert found.config.images == ()


def test_the_state_is_found_from_a_folder_below(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".netflux").mkdir()
    (checkout / ".netflux" / "version").write_text("{}")
    (checkout / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(checkout / "deep" / "down")
    assert project.state(None) == checkout / ".netflux"


def test_an_option_wins(checkout: Path) -> None:
    assert project.state(Path("elsewhere")) == checkout / "elsewhere"


@pytest.mark.parametrize(
    ("argument", "empty", "words"),
    [
        ("deep", False, "neither netflux.toml nor architecture/netflux.toml"),
        ("gone.yaml", False, "gone.yaml does not exist"),
        (".", True, "contradict"),
    ],
)
def test_what_cannot_be_started_is_explained(checkout: Path, argument: str, empty: bool, words: str) -> None:
    (checkout / "deep").mkdir()
    with pytest.raises(UserError) as caught:
        project.find(Path(argument), empty)
    assert words in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2

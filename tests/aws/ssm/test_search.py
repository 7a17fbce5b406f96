"""Parameters are found by path, by filters and by labels."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.ssm.conftest import Store


@pytest.fixture
async def filled(store: Store) -> Store:
    await store.put("/a/one", Tags=[{"Key": "team", "Value": "red"}])
    await store.put("/a/b/two", Type="StringList", Tags=[{"Key": "team", "Value": "blue"}])
    await store.put("/a/b/c/three", Type="SecureString")
    await store.put("top", Tier="Advanced")
    await store.put("/ab/four")
    return store


@pytest.mark.parametrize(
    ("key", "option", "values", "names"),
    [
        ("Name", "", ["top", "/ab/four"], "top /ab/four"),
        ("Name", "Equals", ["/top"], "top"),
        ("Name", "BeginsWith", ["/a/b"], "/a/b/two /a/b/c/three"),
        ("Name", "Contains", ["o"], "/a/one /a/b/two top /ab/four"),
        ("Path", "", ["/a"], "/a/one"),
        ("Path", "OneLevel", ["/"], "top"),
        ("Path", "Recursive", ["/a/b/"], "/a/b/c/three /a/b/two"),
        ("Type", "Equals", ["StringList", "SecureString"], "/a/b/two /a/b/c/three"),
        ("Type", "BeginsWith", ["String"], "/a/one /a/b/two top /ab/four"),
        ("KeyId", "Equals", ["alias/aws/ssm"], "/a/b/c/three"),
        ("Tier", "Equals", ["Advanced"], "top"),
        ("DataType", "Equals", ["text"], "/a/one /a/b/two /a/b/c/three top /ab/four"),
        ("tag:team", "Equals", ["red"], "/a/one"),
        ("tag:team", "", [], "/a/one /a/b/two"),
        ("tag:none", "", [], ""),
    ],
)
async def test_filters_leave_what_matches(filled: Store, key: str, option: str, values: list[str], names: str) -> None:
    asked: dict[str, Any] = (
        {"Key": key} | ({"Option": option} if option else {}) | ({"Values": values} if values else {})
    )
    assert await filled.described(ParameterFilters=[asked]) == names.split()


async def test_all_filters_have_to_match(filled: Store) -> None:
    asked = [{"Key": "Path", "Option": "Recursive", "Values": ["/a"]}, {"Key": "Type", "Values": ["String"]}]
    assert await filled.described(ParameterFilters=asked) == ["/a/one"]


async def test_the_older_filters_compare_the_beginning_of_names(filled: Store) -> None:
    assert await filled.described(Filters=[{"Key": "Name", "Values": ["/a/b", "to"]}]) == [
        "/a/b/two", "/a/b/c/three", "top",
    ]  # fmt: skip
    assert await filled.described(Filters=[{"Key": "Type", "Values": ["StringList"]}]) == ["/a/b/two"]


@pytest.mark.parametrize(
    ("path", "deep", "names"),
    [
        ("/a", False, "/a/one"),
        ("/a/", True, "/a/b/c/three /a/b/two /a/one"),
        ("/a/b", False, "/a/b/two"),
        ("/", False, "top"),
        ("/", True, "/a/b/c/three /a/b/two /a/one /ab/four top"),
        ("/a/one", True, ""),
    ],
)
async def test_a_path_has_what_is_below_it(filled: Store, path: str, deep: bool, names: str) -> None:
    told = await filled("GetParametersByPath", Path=path, Recursive=deep)
    assert [one["Name"] for one in told["Parameters"]] == names.split()


async def test_pages_have_all_of_it_once(store: Store) -> None:
    for number in range(23):
        await store.put(f"/p/{number:02}")
    for operation, params in (
        ("GetParametersByPath", {"Path": "/p"}), ("DescribeParameters", {}),
    ):  # fmt: skip
        found: list[str] = []
        token: dict[str, str] = {}
        for _ in range(3):
            page = await store(operation, **params, **token)
            found += [one["Name"] for one in page["Parameters"]]
            token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
        assert not token
        assert found == [f"/p/{number:02}" for number in range(23)]


async def test_labels_move_between_versions_and_are_told_of_them(store: Store) -> None:
    for value in "abc":
        await store.put("/x/p", value, Overwrite=True)
    told = await store("LabelParameterVersion", Name="/x/p", Labels=["good", "1st", "AWS-x", "a b", "ssm.y", "_z"])
    assert told == {"InvalidLabels": ["1st", "AWS-x", "a b", "ssm.y"], "ParameterVersion": 3}
    await store("LabelParameterVersion", Name="/x/p", ParameterVersion=1, Labels=["good", "old"])

    async def labels() -> list[list[str]]:
        return [one["Labels"] for one in (await store("GetParameterHistory", Name="/x/p"))["Parameters"]]

    assert await labels() == [["good", "old"], [], ["_z"]]
    asked = [{"Key": "Label", "Values": ["good"]}]
    below = (await store("GetParametersByPath", Path="/x", ParameterFilters=asked))["Parameters"]
    assert [(one["Name"], one["Value"], one["Version"]) for one in below] == [("/x/p", "a", 1)]
    told = await store("UnlabelParameterVersion", Name="/x/p", ParameterVersion=1, Labels=["old", "_z"])
    assert told == {"RemovedLabels": ["old"], "InvalidLabels": ["_z"]}
    await store("UnlabelParameterVersion", Name="/x/p", ParameterVersion=3, Labels=["_z"])
    await store.restart()
    assert await labels() == [["good"], [], []]


async def test_a_new_version_has_no_labels_yet(store: Store) -> None:
    await store.put("p")
    await store("LabelParameterVersion", Name="p", Labels=["now"])
    await store.put("p", "w", Overwrite=True)
    assert (await store("GetParameter", Name="p:now"))["Parameter"]["Version"] == 1


async def test_tags_are_added_replaced_and_taken_off(store: Store) -> None:
    await store.put("p", Tags=[{"Key": "a", "Value": "1"}])
    named = {"ResourceType": "Parameter", "ResourceId": "p"}
    await store("AddTagsToResource", **named, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
    await store("RemoveTagsFromResource", **named, TagKeys=["none", "b"])
    await store.put("p", "w", Overwrite=True)
    assert (await store("ListTagsForResource", **named))["TagList"] == [{"Key": "a", "Value": "2"}]

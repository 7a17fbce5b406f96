import pytest

from netflux_database.migrations import Migration, MigrationError, migrations, pending, schemas

FIRST, SECOND = Migration(1, "first", "select 1"), Migration(2, "second", "select 2")


def test_the_package_holds_both_schemas_numbered_without_gaps():
    assert schemas() == ["customer", "movie"]
    for schema in schemas():
        assert [migration.version for migration in migrations(schema)] == [1, 2]


def test_only_what_is_not_applied_is_pending():
    assert pending([FIRST, SECOND], {}) == [FIRST, SECOND]
    assert pending([FIRST, SECOND], {1: FIRST.checksum}) == [SECOND]
    assert pending([FIRST, SECOND], {1: FIRST.checksum, 2: SECOND.checksum}) == []


def test_a_migration_changed_after_it_was_applied_is_refused():
    with pytest.raises(MigrationError, match=r"0001_first\.sql was changed"):
        pending([FIRST, SECOND], {1: "another"})


def test_an_older_task_leaves_a_newer_tasks_migrations_alone():
    assert pending([FIRST], {1: FIRST.checksum, 2: SECOND.checksum}) == []

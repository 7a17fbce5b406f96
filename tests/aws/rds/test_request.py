"""What RDS refuses, in its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netflux.aws.rds import request as asked
from netflux.aws.rds.api import RdsApi
from netflux.aws.rds.installation import Installation
from netflux.controlplane.operation import declaration
from netflux.controlplane.protocol.models import operation_model
from netflux.errors import AwsError, Unsupported

GOOD: dict[str, Any] = {
    "DBInstanceIdentifier": "netflux-db",
    "DBInstanceClass": "db.t4g.micro",
    "Engine": "postgres",
    "AllocatedStorage": 20,
    "MasterUsername": "postgres",
    "MasterUserPassword": "correct-horse",
}


def test_a_plain_instance_is_accepted() -> None:
    asked.check_create(GOOD)


def test_a_master_user_may_have_a_long_name() -> None:
    asked.check_create({**GOOD, "MasterUsername": "b" * 63})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"DBInstanceIdentifier": "1db"}, "InvalidParameterValue"),
        ({"DBInstanceIdentifier": "a--b"}, "InvalidParameterValue"),
        ({"DBInstanceIdentifier": "a-"}, "InvalidParameterValue"),
        ({"DBInstanceIdentifier": "a" * 64}, "InvalidParameterValue"),
        ({"MasterUsername": "rdsadmin"}, "InvalidParameterValue"),
        ({"MasterUsername": "a" * 64}, "InvalidParameterValue"),
        ({"MasterUserPassword": "with space"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "with/slash"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "with@sign"}, "InvalidParameterValue"),
        ({"MasterUserPassword": 'with"quote'}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"ManageMasterUserPassword": True}, "InvalidParameterCombination"),
        ({"Port": 80}, "InvalidParameterValue"),
        ({"BackupRetentionPeriod": 36}, "InvalidParameterValue"),
        ({"AllocatedStorage": None}, "MissingParameter"),
    ],
)
def test_invalid_members_are_refused_with_awss_code(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        asked.check_create({**GOOD, **changes})
    assert caught.value.code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"Engine": "mysql"},
        {"MultiAZ": True},
        {"EnableIAMDatabaseAuthentication": True},
        {"DBClusterIdentifier": "c"},
        {"TagSpecifications": [{"ResourceType": "auto-backup", "Tags": []}]},
        {"AdditionalStorageVolumes": [{"VolumeName": "rdsdbdata2"}]},
    ],
)
def test_what_is_not_here_is_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(Unsupported, match=next(iter(changes))):
        _declared({**GOOD, **changes})


@pytest.mark.parametrize("changes", [{"MultiAZ": False}, {"DBParameterGroupName": "default.postgres17"}])
def test_asking_for_the_default_is_no_asking(changes: dict[str, Any]) -> None:
    _declared({**GOOD, **changes})
    asked.check_create({**GOOD, **changes})


def _declared(request: dict[str, Any]) -> None:
    declared = declaration(RdsApi.create_db_instance)
    assert declared is not None
    declared.check("rds:CreateDBInstance", operation_model("rds", "CreateDBInstance").input_shape, request)


def test_engine_versions_are_those_of_this_machine() -> None:
    have = [Installation("17.10", Path()), Installation("15.18", Path())]
    assert asked.version_of("", have) == "17.10"
    assert asked.version_of("17", have) == "17.10"
    assert asked.version_of("15.18", have) == "15.18"
    with pytest.raises(AwsError, match="Cannot find version 16 for postgres"):
        asked.version_of("16", have)

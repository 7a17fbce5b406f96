"""Parameter groups of RDS: a template's parameters, and defaults for those that it no longer has."""

from __future__ import annotations

from netflux.aws.rds.api import RdsApi
from netflux.aws.rds.installation import installations
from netflux.aws.rds.instance import Instances
from netflux.clock import Clock
from tests.cloudformation.cloud import Cloud

_TEMPLATE = """
Resources:
  Group:
    Type: AWS::RDS::DBParameterGroup
    Properties:
      DBParameterGroupName: mine
      Family: postgres%s
      Description: d
"""


async def _values(cloud: Cloud) -> dict[str, str]:
    wanted = {"DBParameterGroupName": "mine", "Source": "user"}
    told = (await cloud.apis.call("rds", "DescribeDBParameters", wanted))["Parameters"]
    return {one["ParameterName"]: one["ParameterValue"] for one in told}


async def test_parameters_that_a_template_no_longer_has_get_their_defaults(cloud: Cloud) -> None:
    cloud.apis.register(RdsApi(Instances(cloud.documents), cloud.apis, installations(), Clock()))
    template = _TEMPLATE % installations()[0].major
    stack = await cloud.create(f"{template}      Parameters: {{work_mem: 8192, log_statement: ddl}}\n")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert await _values(cloud) == {"work_mem": "8192", "log_statement": "ddl"}
    stack = await cloud.update(f"{template}      Parameters: {{work_mem: 16384}}\n")
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert await _values(cloud) == {"work_mem": "16384"}
    await cloud.update(template)
    assert await _values(cloud) == {}

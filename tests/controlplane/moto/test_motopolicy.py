"""What moto may answer, and what would be a claim."""

import pytest

from netflux.controlplane.moto import motopolicy
from netflux.errors import AwsError, Unsupported
from tests.controlplane.plane import Plane

RECORDS = """
    kms:Encrypt kms:CreateKey dynamodb:PutItem
    eks:ListClusters lambda:ListFunctions wafv2:ListWebACLs elasticache:DescribeCacheClusters
"""
CLAIMS = """
    eks:CreateCluster elasticache:CreateCacheCluster
    lambda:Invoke wafv2:AssociateWebACL ssm:SendCommand autoscaling:SetDesiredCapacity athena:GetQueryResults
    states:StartExecution polly:SynthesizeSpeech sesv2:SendEmail apigateway:ImportRestApi s3control:ListTagsForResource
"""


@pytest.mark.parametrize("name", RECORDS.split())
def test_what_is_no_more_than_a_record_is_motos(name: str) -> None:
    motopolicy.check(*name.split(":"))


@pytest.mark.parametrize("name", CLAIMS.split())
def test_what_nobody_would_do_is_refused_by_name(name: str) -> None:
    with pytest.raises(Unsupported) as error:
        motopolicy.check(*name.split(":"))
    assert error.value.message.startswith(f"{name} is not supported by Netflux.")


async def test_no_instance_runs_that_is_not_there(plane: Plane) -> None:
    apis = await plane.start()
    with pytest.raises(AwsError, match="ec2:RunInstances is not supported"):
        await apis.call("ec2", "RunInstances", {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1})
    assert (await apis.call("ec2", "DescribeInstances", {}))["Reservations"] == []

"""Security groups around a load balancer on the loopback network, which can't enforce them between processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.elbv2.balancer.firewall import Firewall
from netflux.network.interface import InterfaceRequest
from tests.aws.elbv2.place import Place, forward
from tests.haproxy.targets import Target, until


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    found = await Place(tmp_path, loopback=True).start()
    await found.ground()
    yield found
    await found.stop()


async def security_group(place: Place, name: str) -> str:
    made = await place.apis.call("ec2", "CreateSecurityGroup", {
        "GroupName": name, "Description": name, "VpcId": place.vpc,
    })  # fmt: skip
    return str(made["GroupId"])


async def allow(place: Place, group: str, port: int, **source: Any) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
    await place.apis.call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": group, "IpPermissions": [rule]})


async def test_groups_decide_who_reaches_the_load_balancer_and_whom_it_reaches(place: Place) -> None:
    alb, app = await security_group(place, "alb-sg"), await security_group(place, "app-sg")
    group = await place.group("movies", UnhealthyThresholdCount=2)
    arn = (await place.balancer(SecurityGroups=[alb]))["LoadBalancerArn"]
    await place.listener(arn, forward(group))
    host = (await place.active(arn))["DNSName"]
    task = await place.network.attach(InterfaceRequest("ecs/task/1", place.subnets[0], [app], "task"))
    target = await Target("movie", task.local_address).start()
    place.targets.append(target)
    await place.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": task.vpc_address}])
    await place.becomes(group, task.vpc_address, "unhealthy")
    assert (await place.health(group))[task.vpc_address]["Reason"] == "Target.Timeout"
    assert target.requests == []

    await allow(place, app, 8080, UserIdGroupPairs=[{"GroupId": alb}])
    await place.becomes(group, task.vpc_address, "healthy")

    async def dropped() -> bool:
        try:
            await asyncio.wait_for(place.get(host), 1)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            return True
        return False

    await until(dropped)
    assert not any(request.line == "GET / HTTP/1.1" for request in target.requests)
    await allow(place, alb, 80, IpRanges=[{"CidrIp": "10.0.0.0/8"}])
    assert await dropped()
    await allow(place, alb, 80, IpRanges=[{"CidrIp": "0.0.0.0/0"}])

    async def answers() -> bool:
        return not await dropped() and (await place.get(host)).body == b"movie"

    await until(answers)


async def test_a_rule_for_a_prefix_list_lets_its_blocks_in(place: Place) -> None:
    alb = await security_group(place, "alb-sg")
    blocks = [{"Cidr": "10.0.0.0/8"}, {"Cidr": "127.0.0.0/8"}]
    params = {"PrefixListName": "here", "MaxEntries": 5, "AddressFamily": "IPv4", "Entries": blocks}
    made = await place.apis.call("ec2", "CreateManagedPrefixList", params)
    await allow(place, alb, 80, PrefixListIds=[{"PrefixListId": made["PrefixList"]["PrefixListId"]}])
    firewall = Firewall(place.documents, place.network)
    assert firewall.clients([alb], [80, 81]) == {80: ("10.0.0.0/8", "127.0.0.0/8"), 81: ()}

"""What is read again of EC2 when something has changed."""

from typing import Any

from netflux.network.described import READS, Reading


class Ec2:
    """Interfaces in one subnet; counts what it is asked for."""

    def __init__(self) -> None:
        self.interfaces: dict[str, str] = {}
        self.asked: list[tuple[str, int]] = []

    async def call(self, _service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        member = next(member for member, read in READS.items() if read == operation)
        if operation != "DescribeNetworkInterfaces":
            self.asked.append((operation, 0))
            return {member: _SUBNET.get(member, [])}
        wanted = params["Filters"][0]["Values"] if params else [*self.interfaces]
        found = [
            {"NetworkInterfaceId": key, "SubnetId": "subnet-1", "PrivateIpAddress": address}
            for key, address in self.interfaces.items()
            if key in wanted
        ]
        self.asked.append((operation, len(found)))
        return {member: found}


_SUBNET = {
    "Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}],
    "NetworkAcls": [
        {"NetworkAclId": "acl-1", "Entries": [], "Associations": [{"SubnetId": "subnet-1", "NetworkAclId": "acl-1"}]}
    ],
    "RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": [], "Associations": [{"Main": True}]}],
}


async def test_of_interfaces_only_those_are_read_again_that_a_call_names() -> None:
    ec2 = Ec2()
    ec2.interfaces = {f"eni-{number}": f"10.0.0.{number}" for number in range(4, 100)}
    reading = Reading(ec2.call)
    await reading.now()
    assert len(ec2.asked) == len(READS)
    ec2.asked.clear()

    ec2.interfaces["eni-new"] = "10.0.1.1"
    del ec2.interfaces["eni-7"]
    reading.changed("CreateNetworkInterface", ({}, {"NetworkInterface": {"NetworkInterfaceId": "eni-new"}}))
    reading.changed("DeleteNetworkInterface", ({"NetworkInterfaceId": "eni-7"}, {}))
    found = await reading.now()
    assert {key: one.address for key, one in found.interfaces.items()} == ec2.interfaces
    assert ec2.asked == [("DescribeNetworkInterfaces", 1)]


async def test_all_interfaces_are_read_again_after_a_call_of_which_nothing_is_known() -> None:
    ec2 = Ec2()
    ec2.interfaces = {"eni-1": "10.0.0.4"}
    reading = Reading(ec2.call)
    await reading.now()
    ec2.interfaces["eni-2"] = "10.0.0.5"
    reading.changed("CreateNetworkInterface")
    assert set((await reading.now()).interfaces) == {"eni-1", "eni-2"}


async def test_what_could_not_be_read_is_read_the_next_time() -> None:
    ec2 = Ec2()
    reading = Reading(ec2.call)
    await reading.now()
    ec2.interfaces["eni-1"] = "10.0.0.4"
    reading.changed("CreateNetworkInterface", ({}, {"NetworkInterface": {"NetworkInterfaceId": "eni-1"}}))

    async def broken(*_: Any) -> dict[str, Any]:
        raise ConnectionError

    whole, reading._call = reading._call, broken
    try:
        await reading.now()
    except ConnectionError:
        reading._call = whole
    assert set((await reading.now()).interfaces) == {"eni-1"}

"""A load balancer in memory whose target states a test sets; everything else about it is left out."""

from collections.abc import Callable

from netflux.errors import AwsError

GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/movies/0123456789abcdef"


class Balancer:
    """Handlers of `elbv2`."""

    service = "elbv2"
    whole = True

    def __init__(self) -> None:
        self.states: dict[tuple[str, int], str] = {}
        self.first_state = "healthy"
        self.delay = 0
        self.log: list[str] = []
        self.load_balancers = [GROUP.replace("targetgroup", "loadbalancer/app")]
        self.told: Callable[[], None] = lambda: None

    def set(self, address: str, state: str) -> None:
        for key in self.states:
            if key[0] == address:
                self.states[key] = state
        self.told()

    async def describe_target_groups(self, call, request):
        if request["TargetGroupArns"] != [GROUP]:
            raise AwsError("TargetGroupNotFound", "One or more target groups not found")
        group = {"TargetGroupArn": GROUP, "TargetType": "ip", "LoadBalancerArns": self.load_balancers}
        return {"TargetGroups": [group]}

    async def register_targets(self, call, request):
        for target in request["Targets"]:
            self.states[target["Id"], target["Port"]] = self.first_state
            self.log.append(f"register {target['Id']}")
        return {}

    async def deregister_targets(self, call, request):
        for target in request["Targets"]:
            self.log.append(f"deregister {target['Id']}")
            if self.delay:
                self.states[target["Id"], target["Port"]] = "draining"
            else:
                self.states.pop((target["Id"], target["Port"]), None)
        return {}

    async def describe_target_group_attributes(self, call, request):
        return {"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": str(self.delay)}]}

    async def describe_target_health(self, call, request):
        return {
            "TargetHealthDescriptions": [
                {
                    "Target": {"Id": address, "Port": port},
                    "TargetHealth": {
                        "State": state,
                        "Reason": "Target.Test",
                        "Description": "Health checks failed with these codes: [301]",
                    },
                }
                for (address, port), state in self.states.items()
            ]
        }

"""The walkthrough by hand, row by row, on an empty cloud; each row asserts what it must show, the negatives too."""

from __future__ import annotations

import ipaddress
import json
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.behaviours import bodies
from tests.behaviours.bodies import APP
from tests.behaviours.cloud import ROOT, Cloud, inside, wait_for
from tests.behaviours.hands import Hands, Refused

ZONES = ("us-east-1a", "us-east-1b")
HELLO = "<html><body><h1>Hello World</h1></body></html>"


class Walkthrough:
    """Holds what the earlier rows made, for the later ones."""

    def __init__(self, cloud: Cloud, hands: Hands, directory: Path) -> None:
        self.cloud, self.hands, self.directory = cloud, hands, directory
        self.subnets: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.targets: dict[str, str] = {}
        self.secrets: dict[str, str] = {}

    def row_1_the_vpc(self) -> None:
        ec2 = self._of("ec2")
        self.vpc = ec2("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        ec2("ModifyVpcAttribute", VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        names = ("public-1", "public-2", "private-1", "private-2", "private-3", "private-4")
        for number, name in enumerate(names, 1):
            made = ec2(
                "CreateSubnet",
                VpcId=self.vpc,
                CidrBlock=f"10.0.{number}.0/24",
                AvailabilityZone=ZONES[(number - 1) % 2],
            )
            self.subnets[name] = made["Subnet"]["SubnetId"]
        gateway = ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
        ec2("AttachInternetGateway", InternetGatewayId=gateway, VpcId=self.vpc)
        address = ec2("AllocateAddress", Domain="vpc")["AllocationId"]
        nat = ec2("CreateNatGateway", SubnetId=self.subnets["public-1"], AllocationId=address)
        nat_id = nat["NatGateway"]["NatGatewayId"]
        self.hands.wait("ec2", "nat_gateway_available", NatGatewayIds=[nat_id])
        for table, via in (("public", {"GatewayId": gateway}), ("private", {"NatGatewayId": nat_id})):
            made = ec2("CreateRouteTable", VpcId=self.vpc)["RouteTable"]["RouteTableId"]
            ec2("CreateRoute", RouteTableId=made, DestinationCidrBlock="0.0.0.0/0", **via)
            for name in self.subnets:
                if name.startswith(table):
                    ec2("AssociateRouteTable", RouteTableId=made, SubnetId=self.subnets[name])
        assert len(ec2("DescribeSubnets")["Subnets"]) >= 6

    def rows_2_to_4_security_groups(self) -> None:
        ec2 = self._of("ec2")
        for key, description in (
            ("alb", "Allow external traffic to ALB"),
            ("app", "Allow traffic from ALB to app"),
            ("db", "Allow traffic from backend apps"),
        ):
            made = ec2("CreateSecurityGroup", GroupName=f"{APP}-{key}-sg", Description=description, VpcId=self.vpc)
            self.groups[key] = made["GroupId"]
        self._allow("alb", 80, {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]})
        self._allow("app", 8080, {"UserIdGroupPairs": [{"GroupId": self.groups["alb"]}]})
        self._allow("app", 8080, {"UserIdGroupPairs": [{"GroupId": self.groups["app"]}]})
        self._allow("db", 5432, {"UserIdGroupPairs": [{"GroupId": self.groups["app"]}]})
        found = ec2("DescribeSecurityGroups", GroupIds=[self.groups["app"]])["SecurityGroups"][0]
        pairs = [pair for rule in found["IpPermissions"] for pair in rule["UserIdGroupPairs"]]
        assert {pair["GroupId"] for pair in pairs} == {self.groups["alb"], self.groups["app"]}

    def row_5_target_groups(self) -> None:
        elb = self._of("elbv2")
        for name in ("movie-service", "customer-service"):
            made = elb(
                "CreateTargetGroup", Name=f"{name}-containers", TargetType="ip", Protocol="HTTP", Port=8080,
                ProtocolVersion="HTTP1", VpcId=self.vpc, HealthCheckProtocol="HTTP", HealthCheckPath="/actuator/health",
                HealthyThresholdCount=3, UnhealthyThresholdCount=3, HealthCheckTimeoutSeconds=5,
                HealthCheckIntervalSeconds=30, Matcher={"HttpCode": "200"},
            )["TargetGroups"][0]  # fmt: skip
            self.targets[name] = made["TargetGroupArn"]
            elb(
                "ModifyTargetGroupAttributes", TargetGroupArn=made["TargetGroupArn"],
                Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}],
            )  # fmt: skip
            assert elb("DescribeTargetHealth", TargetGroupArn=made["TargetGroupArn"])["TargetHealthDescriptions"] == []

    def row_6_load_balancer(self) -> None:
        elb = self._of("elbv2")
        made = elb(
            "CreateLoadBalancer", Name=f"{APP}-alb", Scheme="internet-facing", Type="application",
            Subnets=[self.subnets["public-1"], self.subnets["public-2"]], SecurityGroups=[self.groups["alb"]],
        )["LoadBalancers"][0]  # fmt: skip
        self.balancer, self.dns = made["LoadBalancerArn"], made["DNSName"]
        self.hands.wait("elbv2", "load_balancer_available", LoadBalancerArns=[self.balancer])
        self.listener = elb(
            "CreateListener", LoadBalancerArn=self.balancer, Protocol="HTTP", Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.targets["movie-service"]}],
        )["Listeners"][0]["ListenerArn"]  # fmt: skip
        self._alb_answers("/api/test", 503)
        fixed = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": ":("}
        elb(
            "ModifyListener", ListenerArn=self.listener,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
        )  # fmt: skip
        answer = self._alb_answers("/api/test", 404)
        assert answer.text == ":("
        assert answer.headers["content-type"].startswith("text/plain")

    def row_7_listener_rules(self) -> None:
        for priority, pattern, name in (
            (500, "/api/movies*", "movie-service"),
            (501, "/api/customers/*", "customer-service"),
        ):
            self._rule(priority, pattern, self.targets[name])
        self._alb_answers("/api/movies", 503)
        self._alb_answers("/api/customers/1", 503)
        assert self._alb_answers("/api/customers", 404).text == ":("

    def a_target_that_is_not_there_is_never_healthy(self) -> None:
        elb, group = self._of("elbv2"), self.targets["movie-service"]
        nobody = {"Id": "10.0.3.250", "Port": 8080}
        elb("RegisterTargets", TargetGroupArn=group, Targets=[nobody])
        seen: list[str] = []

        def unhealthy() -> bool:
            health = elb("DescribeTargetHealth", TargetGroupArn=group)["TargetHealthDescriptions"][0]["TargetHealth"]
            seen.append(health["State"])
            return health["State"] == "unhealthy" and bool(health["Reason"] == "Target.Timeout")

        wait_for("the absent target is unhealthy by Target.Timeout", unhealthy, 60)
        assert set(seen) <= {"initial", "unhealthy"}
        elb("DeregisterTargets", TargetGroupArn=group, Targets=[nobody])
        wait_for(
            "the absent target is gone",
            lambda: not elb("DescribeTargetHealth", TargetGroupArn=group)["TargetHealthDescriptions"],
            60,
        )

    def row_8_bucket(self) -> None:
        s3, self.bucket = self._of("s3"), f"{APP}-bucket"
        s3("CreateBucket", Bucket=self.bucket)
        blocked = s3("GetPublicAccessBlock", Bucket=self.bucket)["PublicAccessBlockConfiguration"]
        assert all(blocked.values())
        page = self.directory / "index.html"
        page.write_text(HELLO)
        self._upload(page)
        for url in (
            f"http://{self.bucket}.s3.us-east-1.localhost/index.html",
            f"http://localhost/{self.bucket}/index.html",
        ):
            answer = self.cloud.ask("GET", url)
            assert (answer.status_code, "AccessDenied" in answer.text) == (403, True), url

    def row_9_cloudfront(self) -> None:
        cloudfront = self._of("cloudfront")
        control = cloudfront(
            "CreateOriginAccessControl",
            OriginAccessControlConfig={
                "Name": f"{APP}-oac",
                "SigningProtocol": "sigv4",
                "SigningBehavior": "always",
                "OriginAccessControlOriginType": "s3",
            },
        )["OriginAccessControl"]["Id"]
        config = bodies.distribution(self.bucket, control)
        made = cloudfront("CreateDistribution", DistributionConfig=config)["Distribution"]
        self.distribution, self.domain, self.distribution_arn = made["Id"], made["DomainName"], made["ARN"]
        self.hands.wait("cloudfront", "distribution_deployed", Id=self.distribution)
        assert self._edge("GET", "/").status_code == 403

    def row_10_bucket_policy(self) -> None:
        policy = bodies.bucket_policy(self.bucket, self.distribution_arn)
        self._of("s3")("PutBucketPolicy", Bucket=self.bucket, Policy=policy)
        self._invalidate("/*")
        first = self._edge("GET", "/")
        assert (first.status_code, first.text) == (200, HELLO)
        second = self._edge("GET", "/")
        assert second.headers["x-cache"] == "Hit from cloudfront"
        assert second.text == HELLO
        unsigned = self.cloud.ask("GET", f"http://{self.bucket}.s3.us-east-1.localhost/index.html")
        assert unsigned.status_code == 403

    def row_11_api_behavior(self) -> None:
        cloudfront = self._of("cloudfront")
        found = cloudfront("GetDistributionConfig", Id=self.distribution)
        config = found["DistributionConfig"]
        ports = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
        config["Origins"]["Items"].append({"Id": "alb", "DomainName": self.dns, "CustomOriginConfig": ports})
        config["Origins"]["Quantity"] = 2
        config["CacheBehaviors"] = {"Quantity": 1, "Items": [bodies.api_behavior()]}
        cloudfront("UpdateDistribution", Id=self.distribution, IfMatch=found["ETag"], DistributionConfig=config)
        self.hands.wait("cloudfront", "distribution_deployed", Id=self.distribution)
        answer = self._edge("GET", "/api/test")
        assert (answer.status_code, answer.text) == (404, ":(")
        redirect = self.cloud.ask("GET", f"http://{self.domain}/api/test")
        assert redirect.status_code == 301
        assert redirect.headers["location"] == f"https://{self.domain}:{self.cloud.port}/api/test"
        refused = self._edge("POST", "/", content=b"x")
        assert refused.status_code == 403
        assert "This distribution is not configured to allow the HTTP request method" in refused.text

    def row_13_secrets(self) -> None:
        manager = self._of("secretsmanager")
        for name in ("customer", "movie"):
            password = manager("GetRandomPassword", PasswordLength=24, ExcludePunctuation=True)["RandomPassword"]
            value = json.dumps({"username": name, "password": password})
            made = manager("CreateSecret", Name=f"/prod/{APP}/db/{name}", SecretString=value)
            self.secrets[name] = made["ARN"]

    def row_12_database(self) -> None:
        rds = self._of("rds")
        rds(
            "CreateDBSubnetGroup", DBSubnetGroupName=f"{APP}-db", DBSubnetGroupDescription="database subnets",
            SubnetIds=[self.subnets["private-3"], self.subnets["private-4"]],
        )  # fmt: skip
        made = rds(
            "CreateDBInstance", DBInstanceIdentifier=f"{APP}-db", Engine="postgres", DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20, MasterUsername="postgres", ManageMasterUserPassword=True,
            DBSubnetGroupName=f"{APP}-db", VpcSecurityGroupIds=[self.groups["db"]], PubliclyAccessible=False,
        )["DBInstance"]  # fmt: skip
        assert made["DBInstanceStatus"] == "creating"
        assert "Endpoint" not in made

        def available() -> dict[str, Any] | None:
            found: dict[str, Any] = rds("DescribeDBInstances", DBInstanceIdentifier=f"{APP}-db")["DBInstances"][0]
            return found if found["DBInstanceStatus"] == "available" else None

        instance = wait_for("the database is available", available, 60)
        self.endpoint = instance["Endpoint"]
        self.master = instance["MasterUserSecret"]["SecretArn"]
        value = self._of("secretsmanager")("GetSecretValue", SecretId=self.master)["SecretString"]
        self.master_login = json.loads(value)
        self._login("postgres", self.master_login)

    def row_14_repositories(self) -> None:
        for name in ("movie-service", "customer-service", "echo"):
            self._of("ecr")("CreateRepository", repositoryName=name)
        for name in ("movie-service", "customer-service"):
            module = name.replace("-", "_")
            self.cloud.command("push", str(ROOT / "app" / name), f"{name}:latest", "--", "python", "-m", module)
        here = str(Path(__file__).parent)
        self.cloud.command("push", here, "echo:latest", "--", "python", "echo_server.py")
        images = self._of("ecr")("DescribeImages", repositoryName="movie-service")["imageDetails"]
        assert [image["imageTags"] for image in images] == [["latest"]]

    def rows_15_and_16_cluster_and_task_definitions(self) -> None:
        ecs = self._of("ecs")
        self._of("servicediscovery")("CreateHttpNamespace", Name="prod")
        ecs("CreateCluster", clusterName="prod")
        for role in ("ecsTaskExecutionRole", f"{APP}-task-role"):
            self._of("iam")("CreateRole", RoleName=role, AssumeRolePolicyDocument=bodies.TRUST)
        executes = {"RoleName": "ecsTaskExecutionRole"}
        self._of("iam")("AttachRolePolicy", **executes, PolicyArn=bodies.EXECUTION_POLICY)
        secrets = {"PolicyName": "read-secrets", "PolicyDocument": bodies.READ_SECRETS}
        self._of("iam")("PutRolePolicy", **executes, **secrets)
        for name in ("movie-service", "customer-service"):
            self._of("logs")("CreateLogGroup", logGroupName=f"/ecs/{name}")
            sent = self._task_definition(name)
            registered = ecs("RegisterTaskDefinition", **sent)["taskDefinition"]
            described = ecs("DescribeTaskDefinition", taskDefinition=name)["taskDefinition"]
            for key, value in sent.items():
                _assert_contains(described[key], value, key)
            assert described["taskDefinitionArn"] == registered["taskDefinitionArn"]

    def row_17_services(self) -> None:
        ecs = self._of("ecs")
        for name in ("movie-service", "customer-service"):
            made = ecs("CreateService", **self._service(name))["service"]
            assert made["runningCount"] == 0
        for name in ("movie-service", "customer-service"):
            ecs("UpdateService", cluster="prod", service=name, desiredCount=2)
        self.hands.wait("ecs", "services_stable", cluster="prod", services=["movie-service", "customer-service"])
        for name in ("movie-service", "customer-service"):
            arns = ecs("ListTasks", cluster="prod", serviceName=name)["taskArns"]
            tasks = ecs("DescribeTasks", cluster="prod", tasks=arns)["tasks"]
            assert [task["lastStatus"] for task in tasks] == ["RUNNING", "RUNNING"]
            addresses = {_address(task) for task in tasks}
            assert len(addresses) == 2
            private = [ipaddress.ip_network("10.0.3.0/24"), ipaddress.ip_network("10.0.4.0/24")]
            assert all(any(ipaddress.ip_address(a) in network for network in private) for a in addresses)
            wait_for(f"both targets of {name} are healthy", lambda: self._health(name, addresses), 60)  # noqa: B023

    def rows_18_and_19_the_api(self) -> None:
        movies = self._edge("GET", "/api/movies").json()
        assert len(movies) == 20
        action = self._edge("GET", "/api/movies?genre=ACTION").json()
        assert {"Inception", "The Dark Knight", "The Matrix", "Gladiator"} <= {movie["title"] for movie in action}
        missing = self._edge("GET", "/api/movies/4711")
        assert missing.status_code == 404
        assert missing.headers["content-type"].startswith("application/problem+json")
        sam = self._edge("GET", "/api/customers/1").json()
        assert (sam["name"], sam["favoriteGenre"]) == ("Sam", "ACTION")
        assert {movie["genre"] for movie in sam["recommendedMovies"]} == {"ACTION"}
        changed = self._edge("PATCH", "/api/customers/1/genre", json={"favoriteGenre": "DRAMA"})
        assert changed.status_code in (200, 204)
        sam = self._edge("GET", "/api/customers/1").json()
        assert {movie["genre"] for movie in sam["recommendedMovies"]} == {"DRAMA"}

    def the_secrets_password_is_the_databases(self) -> None:
        for name in ("customer", "movie"):
            value = self._of("secretsmanager")("GetSecretValue", SecretId=f"/prod/{APP}/db/{name}")["SecretString"]
            self._login(name, json.loads(value))

    def a_request_reaches_the_target_whole(self) -> None:
        ecs, elb = self._of("ecs"), self._of("elbv2")
        self._of("logs")("CreateLogGroup", logGroupName="/ecs/echo")
        container = {
            "name": "echo",
            "image": bodies.image("echo"),
            "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
            "logConfiguration": bodies.awslogs("echo"),
        }
        ecs("RegisterTaskDefinition", **{**self._task_definition("echo"), "containerDefinitions": [container]})
        group = elb(
            "CreateTargetGroup", Name="echo", TargetType="ip", Protocol="HTTP", Port=8080, VpcId=self.vpc,
            HealthCheckPath="/",
        )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
        self.targets["echo"] = group
        self._rule(600, "/api/echo*", group)
        ecs("CreateService", **{**self._service("echo", connect=False), "desiredCount": 1})
        self.hands.wait("ecs", "services_stable", cluster="prod", services=["echo"])
        wait_for("echo answers", lambda: self._edge("GET", "/api/echo").status_code == 200, 60)
        body = b"\x00\x01body" * 5000
        answer = self._edge(
            "POST", "/api/echo/a%20b?q=1&q=2&empty=&x=%2F", content=body,
            headers={"Cookie": "a=1; b=2", "X-Own": "yes", "Authorization": "Bearer t"},
        )  # fmt: skip
        got = answer.json()
        headers = {name.lower(): value for name, value in got["headers"]}
        assert (got["method"], got["path"]) == ("POST", "/api/echo/a%20b?q=1&q=2&empty=&x=%2F")
        assert got["body"] == body.decode("latin-1")
        assert (headers["cookie"], headers["x-own"], headers["authorization"]) == ("a=1; b=2", "yes", "Bearer t")
        assert headers["host"].startswith(self.domain)
        assert headers["x-forwarded-for"].startswith("127.0.0.1, ")
        assert "x-amz-cf-id" in headers
        assert headers["x-amzn-trace-id"].startswith("Root=1-")
        ecs("DeleteService", cluster="prod", service="echo", force=True)

    def an_image_that_does_not_exist_never_runs(self) -> None:
        ecs = self._of("ecs")
        self._of("logs")("CreateLogGroup", logGroupName="/ecs/ghost")
        container = {"name": "ghost", "image": bodies.image("ghost"), "logConfiguration": bodies.awslogs("ghost")}
        ecs("RegisterTaskDefinition", **{**self._task_definition("ghost"), "containerDefinitions": [container]})
        service = {**self._service("ghost", connect=False), "desiredCount": 1}
        for needless in ("loadBalancers", "healthCheckGracePeriodSeconds"):
            service.pop(needless, None)
        ecs("CreateService", **service)

        def stopped() -> list[dict[str, Any]]:
            arns = ecs("ListTasks", cluster="prod", serviceName="ghost", desiredStatus="STOPPED")["taskArns"]
            return list(ecs("DescribeTasks", cluster="prod", tasks=arns)["tasks"]) if arns else []

        task = wait_for("a task of the absent image has stopped", stopped, 60)[0]
        assert task["stopCode"] == "TaskFailedToStart"
        assert "CannotPullContainerError" in task["stoppedReason"]
        assert ecs("DescribeServices", cluster="prod", services=["ghost"])["services"][0]["runningCount"] == 0
        ecs("DeleteService", cluster="prod", service="ghost", force=True)

    def unknown_things_are_refused_by_name(self) -> None:
        for service, operation, params, text in (
            ("rds", "DescribeDBInstances", {"DBInstanceIdentifier": "nobody"}, "DBInstanceNotFound"),
            ("ecs", "CreateService", {"serviceName": "x", "cluster": "nowhere"}, "ClusterNotFoundException"),
            ("cloudfront", "GetDistribution", {"Id": "E0000000000000"}, "NoSuchDistribution"),
            ("elbv2", "DescribeTargetHealth", {"TargetGroupArn": self.targets["movie-service"] + "x"}, "NotFound"),
        ):
            with pytest.raises(Refused, match=text):
                self._of(service)(operation, **params)

    def all_rows(self) -> None:
        """In the walkthrough's order; secrets before the database's tasks need them."""
        for row in (
            self.row_1_the_vpc, self.rows_2_to_4_security_groups, self.row_5_target_groups, self.row_6_load_balancer,
            self.row_7_listener_rules, self.a_target_that_is_not_there_is_never_healthy, self.row_8_bucket,
            self.row_9_cloudfront, self.row_10_bucket_policy, self.row_11_api_behavior, self.row_12_database,
            self.row_13_secrets, self.row_14_repositories, self.rows_15_and_16_cluster_and_task_definitions,
            self.row_17_services, self.rows_18_and_19_the_api, self.the_secrets_password_is_the_databases,
            self.a_request_reaches_the_target_whole, self.an_image_that_does_not_exist_never_runs,
            self.unknown_things_are_refused_by_name,
        ):  # fmt: skip
            began = time.monotonic()
            row()
            sys.stderr.write(f"  {row.__name__}: {time.monotonic() - began:.1f} s\n")

    def _of(self, service: str) -> Any:
        return lambda operation, **params: self.hands.call(service, operation, **params)

    def _allow(self, group: str, port: int, source: dict[str, Any]) -> None:
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
        self._of("ec2")("AuthorizeSecurityGroupIngress", GroupId=self.groups[group], IpPermissions=[permission])

    def _rule(self, priority: int, pattern: str, group: str) -> None:
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": [pattern]}}
        forward = {"Type": "forward", "TargetGroupArn": group}
        self._of("elbv2")(
            "CreateRule", ListenerArn=self.listener, Priority=priority, Conditions=[condition], Actions=[forward]
        )

    def _alb_answers(self, path: str, status: int) -> Any:
        def ask() -> Any:
            answer = self.cloud.ask("GET", f"http://{self.dns}{path}")
            return answer if answer.status_code == status else None

        return wait_for(f"the ALB answers {status} to {path}", ask, 20)

    def _edge(self, method: str, path: str, **how: Any) -> Any:
        return self.cloud.ask(method, f"https://{self.domain}{path}", **how)

    def _invalidate(self, path: str) -> None:
        batch = {"Paths": {"Quantity": 1, "Items": [path]}, "CallerReference": str(time.monotonic_ns())}
        made = self._of("cloudfront")("CreateInvalidation", DistributionId=self.distribution, InvalidationBatch=batch)
        self.hands.wait(
            "cloudfront", "invalidation_completed", DistributionId=self.distribution, Id=made["Invalidation"]["Id"]
        )

    def _upload(self, page: Path) -> None:
        client = self.cloud.boto3("s3")
        client.put_object(Bucket=self.bucket, Key=page.name, Body=page.read_bytes(), ContentType="text/html")

    def _login(self, database: str, login: dict[str, str]) -> None:
        status = json.loads(self.cloud.command("status", "--json").stdout)
        found = next(e for e in status["region"]["endpoints"] if e["name"] == self.endpoint["Address"])
        local = found["address"].partition(":")[0]
        with inside(self.cloud, local), psycopg.connect(
            host=local, port=self.endpoint["Port"], dbname=database, user=login["username"],
            password=login["password"], sslmode="require", connect_timeout=5,
        ) as connection:  # fmt: skip
            assert connection.execute("SELECT current_user").fetchone() == (login["username"],)

    def _task_definition(self, name: str) -> dict[str, Any]:
        own = self.secrets.get(name.removesuffix("-service"))
        return bodies.task_definition(name, bodies.Database(self.endpoint, self.master, own))

    def _service(self, name: str, *, connect: bool = True) -> dict[str, Any]:
        private = [self.subnets["private-1"], self.subnets["private-2"]]
        return bodies.service(name, private, self.groups["app"], self.targets.get(name), connect=connect)

    def _health(self, name: str, addresses: set[str]) -> bool:
        found = self._of("elbv2")("DescribeTargetHealth", TargetGroupArn=self.targets[name])["TargetHealthDescriptions"]
        healthy = {t["Target"]["Id"] for t in found if t["TargetHealth"]["State"] == "healthy"}
        return healthy == addresses


def _address(task: dict[str, Any]) -> str:
    details = task["attachments"][0]["details"]
    return str(next(detail["value"] for detail in details if detail["name"] == "privateIPv4Address"))


def _assert_contains(found: Any, sent: Any, where: str) -> None:
    """Every field that was sent is in what was found, with its value."""
    if isinstance(sent, dict):
        for key, value in sent.items():
            assert key in found, f"{where}.{key} was dropped"
            _assert_contains(found[key], value, f"{where}.{key}")
    elif isinstance(sent, list) and sent and isinstance(sent[0], dict):
        assert len(found) == len(sent), where
        for number, (one, other) in enumerate(zip(found, sent, strict=True)):
            _assert_contains(one, other, f"{where}[{number}]")
    else:
        assert str(found) == str(sent) or found == sent, f"{where}: {found!r} is not {sent!r}"

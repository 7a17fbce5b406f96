"""Namespaces, and the hosted zones behind those with DNS."""

from __future__ import annotations

from typing import Any

from netflux.aws.servicediscovery.store import NAMESPACE, OPERATION, TAGS, Json, Part, identity, matching, page, shown
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from netflux.resources.ec2.vpc import VPC

_SOA_TTL = 15  # seconds; API shape SOA, as namespaces have it that name none (seen)
_INTERNAL = ("operation", "vpc")


class Namespaces(Part):
    """Operations on namespaces. What AWS does a while later is done when the operation's id is told."""

    async def create_http_namespace(self, _call: Call, request: Json) -> Json:
        """A namespace for DiscoverInstances alone."""
        again = self._again(request, "HTTP", "")
        return again or {"OperationId": self._create(request, "HTTP", {"DnsProperties": {"SOA": {}}})}

    async def create_private_dns_namespace(self, _call: Call, request: Json) -> Json:
        """A namespace whose names the VPC's resolver answers, by a private hosted zone."""
        again = self._again(request, "DNS_PRIVATE", request["Vpc"])
        if again:
            return again
        if request["Vpc"] not in self.documents.table(VPC):
            raise AwsError("InvalidInput", f"The vpc ID '{request['Vpc']}' does not exist")
        vpc = {"VPC": {"VPCRegion": self.region, "VPCId": request["Vpc"]}}
        properties = await self._zone(request, vpc)
        return {"OperationId": self._create(request, "DNS_PRIVATE", properties)}

    async def create_public_dns_namespace(self, _call: Call, request: Json) -> Json:
        """A namespace with a public hosted zone, which nobody resolves: nothing of this machine is on the internet."""
        again = self._again(request, "DNS_PUBLIC", "")
        return again or {"OperationId": self._create(request, "DNS_PUBLIC", await self._zone(request, {}))}

    async def delete_namespace(self, _call: Call, request: Json) -> Json:
        """With its hosted zone. The operation fails while that has record sets of others."""
        found = self.the_namespace(request["Id"])
        if self.services(found["Id"]):
            raise AwsError("ResourceInUse", f"The namespace {found['Id']} still has services; delete them first.")
        targets = {"NAMESPACE": found["Id"]}
        zone = found["Properties"]["DnsProperties"].get("HostedZoneId")
        if zone:
            try:
                await self.apis.call("route53", "DeleteHostedZone", {"Id": zone})
            except AwsError as error:
                if error.code != "NoSuchHostedZone":
                    failure = {"ErrorCode": "INVALID_INPUT", "ErrorMessage": f"{zone}: {error.message}"}
                    return {"OperationId": self.operation("DELETE_NAMESPACE", targets, **failure)}
        with self.documents.transaction():
            self.documents.delete(NAMESPACE, found["Id"])
            self.documents.delete(TAGS, found["Arn"])
            return {"OperationId": self.operation("DELETE_NAMESPACE", targets)}

    async def get_namespace(self, _call: Call, request: Json) -> Json:
        """One namespace."""
        return {"Namespace": self._namespace(self.the_namespace(request["Id"]))}

    async def list_namespaces(self, _call: Call, request: Json) -> Json:
        """All namespaces that pass the filters."""
        places: dict[str, Any] = {
            "TYPE": lambda body: body["Type"],
            "NAME": lambda body: body["Name"],
            "HTTP_NAME": lambda body: body["Properties"]["HttpProperties"]["HttpName"],
            "RESOURCE_OWNER": lambda _: "SELF",
        }
        found = matching([body for _, body in self.documents.list(NAMESPACE)], request.get("Filters", ()), places)
        summaries = [self._namespace(body) for body in found]
        for one in summaries:
            one.pop("CreatorRequestId", None)
        return page(summaries, request, "Namespaces")

    async def update_http_namespace(self, _call: Call, request: Json) -> Json:
        """Changes the description."""
        return self._update(request)

    async def update_private_dns_namespace(self, _call: Call, request: Json) -> Json:
        """Changes the description and the TTL of the zone's SOA."""
        return await self._update_zone(request)

    async def update_public_dns_namespace(self, _call: Call, request: Json) -> Json:
        """Changes the description and the TTL of the zone's SOA."""
        return await self._update_zone(request)

    async def get_operation(self, _call: Call, request: Json) -> Json:
        """One operation; all have ended."""
        found = self.documents.get(OPERATION, request["OperationId"])
        if found is None:
            raise AwsError("OperationNotFound", f"{request['OperationId']}")
        return {"Operation": shown(found)}

    async def list_operations(self, _call: Call, request: Json) -> Json:
        """The latest operations that pass the filters."""
        places: dict[str, Any] = {
            "NAMESPACE_ID": lambda body: body["Targets"].get("NAMESPACE"),
            "SERVICE_ID": lambda body: body["Targets"].get("SERVICE"),
            "STATUS": lambda body: body["Status"],
            "TYPE": lambda body: body["Type"],
        }
        found = matching([body for _, body in self.documents.list(OPERATION)], request.get("Filters", ()), places)
        return page([{"Id": body["Id"], "Status": body["Status"]} for body in found], request, "Operations")

    def _again(self, request: Json, kind: str, vpc: str) -> Json | None:
        """The answer to a request that was accepted before; AwsError when the name is taken."""
        for _, body in self.documents.list(NAMESPACE):
            if (body["Name"], body["Type"], body["vpc"]) != (request["Name"], kind, vpc):
                continue
            token = request.get("CreatorRequestId")
            if token is not None and body["CreatorRequestId"] == token:
                return {"OperationId": body["operation"]}
            raise AwsError("NamespaceAlreadyExists", f"The namespace {request['Name']} already exists: {body['Id']}.")
        return None

    def _create(self, request: Json, kind: str, properties: Json) -> str:
        made = identity("ns", 16)
        arn = self.arn("namespace", made)
        with self.documents.transaction():
            operation = self.operation("CREATE_NAMESPACE", {"NAMESPACE": made})
            self.documents.put(NAMESPACE, made, {
                "Id": made, "Arn": arn, "Name": request["Name"], "Type": kind,
                "Description": request.get("Description"), "CreateDate": self.now(),
                "Properties": {**properties, "HttpProperties": {"HttpName": request["Name"]}},
                "CreatorRequestId": request.get("CreatorRequestId"), "operation": operation,
                "vpc": request.get("Vpc", ""),
            })  # fmt: skip
            self.tag(arn, request.get("Tags", ()))
        return operation

    async def _zone(self, request: Json, vpc: Json) -> Json:
        """Properties with the hosted zone, made."""
        ttl = request.get("Properties", {}).get("DnsProperties", {}).get("SOA", {}).get("TTL", _SOA_TTL)
        made = await self.apis.call("route53", "CreateHostedZone", {
            "Name": request["Name"], "CallerReference": identity("cloudmap", 16), **vpc,
            "HostedZoneConfig": {"Comment": "Created by AWS Cloud Map", "PrivateZone": bool(vpc)},
        })  # fmt: skip
        zone = made["HostedZone"]["Id"].rpartition("/")[2]
        await self._live(zone, request["Name"], ttl)
        return {"DnsProperties": {"HostedZoneId": zone, "SOA": {"TTL": ttl}}}

    async def _live(self, zone: str, name: str, ttl: int) -> None:
        """Gives the zone's SOA its TTL."""
        told = await self.apis.call("route53", "ListResourceRecordSets", {"HostedZoneId": zone})
        start = next(one for one in told["ResourceRecordSets"] if one["Type"] == "SOA")
        wanted = {"Name": name, "Type": "SOA", "TTL": ttl, "ResourceRecords": start["ResourceRecords"]}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": wanted}]}
        await self.apis.call("route53", "ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": batch})

    def _update(self, request: Json, **properties: Json) -> Json:
        found = self.the_namespace(request["Id"])
        change = request["Namespace"]
        if "Description" in change:
            found["Description"] = change["Description"]
        found["Properties"] |= properties
        with self.documents.transaction():
            self.documents.put(NAMESPACE, found["Id"], found)
            return {"OperationId": self.operation("UPDATE_NAMESPACE", {"NAMESPACE": found["Id"]})}

    async def _update_zone(self, request: Json) -> Json:
        start = request["Namespace"].get("Properties", {}).get("DnsProperties", {}).get("SOA")
        if start is None:
            return self._update(request)
        found = self.the_namespace(request["Id"])
        before = found["Properties"]["DnsProperties"]
        await self._live(before["HostedZoneId"], found["Name"], start["TTL"])
        return self._update(request, DnsProperties={**before, "SOA": {"TTL": start["TTL"]}})

    def _namespace(self, body: Json) -> Json:
        own = {"ResourceOwner": self.account, "ServiceCount": len(self.services(body["Id"]))}
        return shown(body, *_INTERNAL) | own

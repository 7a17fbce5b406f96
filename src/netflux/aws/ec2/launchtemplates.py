"""Launch templates: kept and told. Nothing is launched from them here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2.filters import Filters, Read, page
from netflux.aws.ec2.nouns import LAUNCH_TEMPLATES, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.instance import LaunchTemplate, LaunchTemplateVersion

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        CreateLaunchTemplateRequestTypeDef,
        CreateLaunchTemplateVersionRequestTypeDef,
        DeleteLaunchTemplateRequestTypeDef,
        DeleteLaunchTemplateVersionsRequestTypeDef,
        DescribeLaunchTemplatesRequestTypeDef,
        DescribeLaunchTemplateVersionsRequestTypeDef,
        ModifyLaunchTemplateRequestTypeDef,
    )

_DATA = (
    "LaunchTemplateData(KernelId EbsOptimized IamInstanceProfile(Arn Name) BlockDeviceMappings(DeviceName VirtualName "
    "Ebs(Encrypted DeleteOnTermination Iops KmsKeyId SnapshotId VolumeSize VolumeType Throughput "
    "VolumeInitializationRate EbsCardIndex) NoDevice) NetworkInterfaces(AssociateCarrierIpAddress "
    "AssociatePublicIpAddress DeleteOnTermination Description DeviceIndex Groups InterfaceType Ipv6AddressCount "
    "Ipv6Addresses(Ipv6Address) NetworkInterfaceId PrivateIpAddress PrivateIpAddresses(Primary PrivateIpAddress) "
    "SecondaryPrivateIpAddressCount SubnetId NetworkCardIndex Ipv4Prefixes(Ipv4Prefix) Ipv4PrefixCount "
    "Ipv6Prefixes(Ipv6Prefix) Ipv6PrefixCount PrimaryIpv6 EnaSrdSpecification(EnaSrdEnabled "
    "EnaSrdUdpSpecification(EnaSrdUdpEnabled)) ConnectionTrackingSpecification(TcpEstablishedTimeout UdpStreamTimeout "
    "UdpTimeout) EnaQueueCount) ImageId InstanceType KeyName Monitoring(Enabled MetricCategoryIds) "
    "Placement(AvailabilityZone AvailabilityZoneId Affinity GroupName HostId Tenancy SpreadDomain HostResourceGroupArn "
    "PartitionNumber GroupId) RamDiskId DisableApiTermination InstanceInitiatedShutdownBehavior UserData "
    "TagSpecifications(ResourceType Tags(Key Value)) ElasticGpuSpecifications(Type) ElasticInferenceAccelerators(Type "
    "Count) SecurityGroupIds SecurityGroups InstanceMarketOptions(MarketType SpotOptions(MaxPrice SpotInstanceType "
    "BlockDurationMinutes ValidUntil InstanceInterruptionBehavior)) CreditSpecification(CpuCredits) "
    "CpuOptions(CoreCount ThreadsPerCore AmdSevSnp NestedVirtualization) "
    "CapacityReservationSpecification(CapacityReservationPreference CapacityReservationTarget(CapacityReservationId "
    "CapacityReservationResourceGroupArn)) LicenseSpecifications(LicenseConfigurationArn) "
    "HibernationOptions(Configured) MetadataOptions(HttpTokens HttpPutResponseHopLimit HttpEndpoint HttpProtocolIpv6 "
    "InstanceMetadataTags) EnclaveOptions(Enabled) InstanceRequirements(VCpuCount(Min Max) MemoryMiB(Min Max) "
    "CpuManufacturers MemoryGiBPerVCpu(Min Max) ExcludedInstanceTypes InstanceGenerations "
    "SpotMaxPricePercentageOverLowestPrice OnDemandMaxPricePercentageOverLowestPrice BareMetal BurstablePerformance "
    "RequireHibernateSupport NetworkInterfaceCount(Min Max) LocalStorage LocalStorageTypes TotalLocalStorageGB(Min "
    "Max) BaselineEbsBandwidthMbps(Min Max) AcceleratorTypes AcceleratorCount(Min Max) AcceleratorManufacturers "
    "AcceleratorNames AcceleratorTotalMemoryMiB(Min Max) NetworkBandwidthGbps(Min Max) AllowedInstanceTypes "
    "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice BaselinePerformanceFactors(Cpu(References(InstanceFamily))) "
    "RequireEncryptionInTransit) PrivateDnsNameOptions(HostnameType EnableResourceNameDnsARecord "
    "EnableResourceNameDnsAAAARecord) MaintenanceOptions(AutoRecovery) DisableApiStop "
    "NetworkPerformanceOptions(BandwidthWeighting) SecondaryInterfaces(DeleteOnTermination DeviceIndex "
    "PrivateIpAddresses(PrivateIpAddress) PrivateIpAddressCount SecondarySubnetId InterfaceType NetworkCardIndex))"
)
_NAME = re.compile(r"[a-zA-Z0-9().\-/_]{3,128}")
_NO_OPERATORS = "Services of AWS's own make templates for others."
_RESOLVED = "An image's alias is a parameter of AWS's own, of which there are none here."
_LATEST, _DEFAULT = "$Latest", "$Default"
_ALL_OR_ONE = (
    "To describe the launch template data for all your launch templates, for <--versions> specify <$Latest>, "
    "<$Default>, or both, and omit <--launch-template-id>, <--launch-template-name>, and version numbers. To describe "
    "the launch template data for a specific launch template, specify <--launch-template-id> or "
    "<--launch-template-name>, and for <--versions> specify one or more of the following values: <$Latest>, "
    "<$Default>, or one or more version numbers."
).translate({ord("<"): "\u2018", ord(">"): "\u2019"})
"""What EC2 says of versions of no template, in its own quotation marks."""
_NOT_ALL = "At least one of the launch templates specified in the request does not exist."
_FILTERED = {
    "ebs-optimized": "EbsOptimized",
    "http-endpoint": "MetadataOptions.HttpEndpoint",
    "http-tokens": "MetadataOptions.HttpTokens",
    "host-resource-group-arn": "Placement.HostResourceGroupArn",
    "image-id": "ImageId",
    "instance-type": "InstanceType",
    "kernel-id": "KernelId",
    "ram-disk-id": "RamDiskId",
}
"""Members of the data that versions are filtered by."""


class LaunchTemplates(Part):
    """The operations."""

    @operation(
        f"ClientToken LaunchTemplateName VersionDescription {_DATA} TagSpecifications(ResourceType Tags(Key Value))",
        neutral=DRY_RUN,
        refused={"Operator": _NO_OPERATORS, "LaunchTemplateData.Operator": _NO_OPERATORS},
    )
    def create_launch_template(self, call: Call, request: CreateLaunchTemplateRequestTypeDef) -> dict[str, Any]:
        """Its first version is the default one ("Create a launch template", Amazon EC2 user guide)."""
        token = request.get("ClientToken") or ""
        if token:
            for known in self.tables.launch_templates.where("token", token):
                return {"LaunchTemplate": _shape(known)}
        name = request["LaunchTemplateName"]
        if not _NAME.fullmatch(name):
            raise AwsError(
                "InvalidLaunchTemplateName.MalformedException",
                f"The launch template name {name} is not valid. Use 3 to 128 letters, digits and ()./_-",
            )
        if self.tables.launch_templates.has("name", name):
            raise AwsError("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
        creator = identifiers.arn("iam", "root", call.account)
        template = LaunchTemplate(
            identifiers.hexadecimal("lt"), name, self.clock.now(), creator, client_token=token,
            tags=self.tags(call, request, LAUNCH_TEMPLATES),
        )  # fmt: skip
        self.tables.launch_templates.put(template)
        self._keep_version(template, 1, request, {})
        return {"LaunchTemplate": _shape(template)}

    def _keep_version(
        self, template: LaunchTemplate, number: int, request: Mapping[str, Any], source: Mapping[str, Any]
    ) -> LaunchTemplateVersion:
        data = {**source, **_kept(request["LaunchTemplateData"])}
        described = request.get("VersionDescription") or ""
        now = self.clock.now()
        version = LaunchTemplateVersion(template.id, number, described, now, template.created_by, data)
        self.tables.launch_template_versions.put(version)
        return version

    @operation(
        f"ClientToken LaunchTemplateId LaunchTemplateName SourceVersion VersionDescription {_DATA}",
        neutral=DRY_RUN,
        refused={"ResolveAlias": _RESOLVED, "LaunchTemplateData.Operator": _NO_OPERATORS},
    )
    def create_launch_template_version(
        self, _call: Call, request: CreateLaunchTemplateVersionRequestTypeDef
    ) -> dict[str, Any]:
        """With a source version, what the request leaves out is the source's."""
        template = self._template(request)
        source: Mapping[str, Any] = {}
        if request.get("SourceVersion"):
            source = self._version_of(template, request["SourceVersion"]).data
        changed = replace(template, latest_version=template.latest_version + 1)
        self.tables.launch_templates.put(changed)
        made = self._keep_version(changed, changed.latest_version, request, source)
        return {"LaunchTemplateVersion": _version_shape(changed, made)}

    @operation("ClientToken LaunchTemplateId LaunchTemplateName DefaultVersion", neutral=DRY_RUN)
    def modify_launch_template(self, _call: Call, request: ModifyLaunchTemplateRequestTypeDef) -> dict[str, Any]:
        """Another version is the default one."""
        if request.get("LaunchTemplateId") and request.get("LaunchTemplateName"):
            raise AwsError(
                "InvalidParameterCombination",
                "Either provide launch template ID or launch template name to modify the template.",
            )
        template = self._template(request)
        wanted = request.get("DefaultVersion")
        if not wanted:
            raise missing("defaultVersion")
        absent = f"The launch template version {wanted} is not found for the specified launch template."
        changed = replace(template, default_version=self._version_of(template, wanted, absent).number)
        self.tables.launch_templates.put(changed)
        return {"LaunchTemplate": _shape(changed)}

    @operation("LaunchTemplateId LaunchTemplateName", neutral=DRY_RUN)
    def delete_launch_template(self, _call: Call, request: DeleteLaunchTemplateRequestTypeDef) -> dict[str, Any]:
        """With its versions."""
        if not request.get("LaunchTemplateId") and not request.get("LaunchTemplateName"):
            raise missing("launch template ID or launch template name")
        template = self._template(request)
        versions = self.tables.launch_template_versions
        for version in versions.where("template", template.id):
            versions.delete(versions.schema.key(version))
        self.tables.launch_templates.delete(template.id)
        return {"LaunchTemplate": _shape(template)}

    @operation("LaunchTemplateId LaunchTemplateName Versions", neutral=DRY_RUN)
    def delete_launch_template_versions(
        self, _call: Call, request: DeleteLaunchTemplateVersionsRequestTypeDef
    ) -> dict[str, Any]:
        """All but the default one. What can't be deleted is told beside what was."""
        template, versions = self._template(request), self.tables.launch_template_versions
        deleted, left = [], []
        for number in request["Versions"]:
            told = {
                "LaunchTemplateId": template.id,
                "LaunchTemplateName": template.name,
                "VersionNumber": int(number) if number.isdigit() else 0,
            }
            found = versions.get(f"{template.id}/{number}")
            if found is None:
                error = {"Code": "launchTemplateVersionDoesNotExist", "Message": f"There is no version {number}."}
                left.append({**told, "ResponseError": error})
            elif found.number == template.default_version:
                message = f"Version {number} is the default version. Make another one the default first."
                left.append({**told, "ResponseError": {"Code": "unexpectedError", "Message": message}})
            else:
                versions.delete(versions.schema.key(found))
                deleted.append(told)
        return {
            "SuccessfullyDeletedLaunchTemplateVersions": deleted,
            "UnsuccessfullyDeletedLaunchTemplateVersions": left,
        }

    @operation(
        "LaunchTemplateIds LaunchTemplateNames Filters(Name Values) MaxResults NextToken",
        neutral={**DRY_RUN, "IncludeManagedResources": "All templates are told."},
    )
    def describe_launch_templates(self, _call: Call, request: DescribeLaunchTemplatesRequestTypeDef) -> dict[str, Any]:
        """Templates by ids, names and filters."""
        read: dict[str, Read] = {
            "create-time": lambda one: one.created.isoformat(),
            "launch-template-name": lambda one: one.name,
        }
        names = request.get("LaunchTemplateNames") or ()
        by_name = [self._template_named(name, _NOT_ALL).id for name in names]
        ids = [*(request.get("LaunchTemplateIds") or ()), *by_name]
        wanted = Filters[LaunchTemplate](read, lambda one: one.tags, {"launch-template-name": "name"})
        found = wanted.found(self.documents, LAUNCH_TEMPLATES, ids, request.get("Filters"))
        return page(request, [_shape(one) for one in found], "LaunchTemplates")

    @operation(
        "LaunchTemplateId LaunchTemplateName Versions MinVersion MaxVersion Filters(Name Values) MaxResults NextToken",
        neutral={**DRY_RUN, "IncludeManagedResources": "All templates are told."},
        refused={"ResolveAlias": _RESOLVED},
    )
    def describe_launch_template_versions(
        self, _call: Call, request: DescribeLaunchTemplateVersionsRequestTypeDef
    ) -> dict[str, Any]:
        """Of one template; or the latest or default versions of all."""
        wanted = request.get("Versions") or ()
        if request.get("LaunchTemplateId") or request.get("LaunchTemplateName"):
            found = self._versions(self._template(request), wanted)
        elif wanted and {*wanted} <= {_LATEST, _DEFAULT}:
            found = [one for template in self.tables.launch_templates for one in self._versions(template, wanted)]
        elif wanted:
            raise invalid(_ALL_OR_ONE)
        else:
            raise AwsError("MissingParameter", _ALL_OR_ONE)
        low, high = _number(request.get("MinVersion"), 1), _number(request.get("MaxVersion"), 10**9)
        found = [(template, one) for template, one in found if low <= one.number <= high]
        read: dict[str, Read] = {
            "create-time": lambda one: one[1].created.isoformat(),
            "is-default-version": lambda one: one[1].number == one[0].default_version,
            **{name: _of_data(member) for name, member in _FILTERED.items()},
        }
        passing = Filters[Any](read).passing(found, request.get("Filters"))
        return page(request, [_version_shape(*one) for one in passing], "LaunchTemplateVersions")

    def _versions(
        self, template: LaunchTemplate, wanted: Iterable[str]
    ) -> list[tuple[LaunchTemplate, LaunchTemplateVersion]]:
        given = [*wanted]
        if given:
            return [(template, self._version_of(template, number)) for number in given]
        return [(template, one) for one in self.tables.launch_template_versions.where("template", template.id)]

    def _template(self, request: Mapping[str, Any]) -> LaunchTemplate:
        identity, name = request.get("LaunchTemplateId"), request.get("LaunchTemplateName")
        if bool(identity) == bool(name):
            raise missing("launchTemplateId", "launchTemplateName")
        if identity:
            return LAUNCH_TEMPLATES.get(self.documents, identity)
        return self._template_named(
            str(name), f"The specified launch template, with template name {name}, does not exist."
        )

    def _template_named(self, name: str, otherwise: str) -> LaunchTemplate:
        for template in self.tables.launch_templates.where("name", name):
            return template
        raise AwsError("InvalidLaunchTemplateName.NotFoundException", otherwise)

    def _version_of(self, template: LaunchTemplate, told: str, absent: str = "") -> LaunchTemplateVersion:
        """AwsError where the template has no such version; `absent` is its text, if it has one of its own."""
        number = {_LATEST: str(template.latest_version), _DEFAULT: str(template.default_version)}.get(told, told)
        found = self.tables.launch_template_versions.get(f"{template.id}/{number}")
        if found is None:
            raise AwsError(
                "InvalidLaunchTemplateId.VersionNotFound",
                absent or f"Could not find the specified version {told} for the launch template with ID {template.id}.",
            )
        return found


def _of_data(path: str) -> Read:
    def read(one: tuple[LaunchTemplate, LaunchTemplateVersion]) -> str | int | bool | None:
        found: Any = one[1].data
        for member in path.split("."):
            found = found.get(member) if isinstance(found, dict) else None
        return found if isinstance(found, str | int | bool) else None

    return read


def _number(told: str | None, otherwise: int) -> int:
    return int(told) if told and told.isdigit() else otherwise


def _kept(value: Any) -> Any:
    """The data as JSON has it: moments as texts."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _kept(item) for key, item in value.items()}
    return [_kept(item) for item in value] if isinstance(value, list | tuple) else value


def _told(data: Mapping[str, Any]) -> dict[str, Any]:
    market = data.get("InstanceMarketOptions") or {}
    until = (market.get("SpotOptions") or {}).get("ValidUntil")
    if until is None:
        return dict(data)
    spot = {**market["SpotOptions"], "ValidUntil": datetime.fromisoformat(until)}
    return {**data, "InstanceMarketOptions": {**market, "SpotOptions": spot}}


def _shape(one: LaunchTemplate) -> dict[str, Any]:
    return {
        "LaunchTemplateId": one.id, "LaunchTemplateName": one.name, "CreateTime": one.created,
        "CreatedBy": one.created_by, "DefaultVersionNumber": one.default_version,
        "LatestVersionNumber": one.latest_version, "Operator": {"Managed": False}, "Tags": shown_tags(one.tags),
    }  # fmt: skip


def _version_shape(template: LaunchTemplate, one: LaunchTemplateVersion) -> dict[str, Any]:
    told = {
        "LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": one.number,
        "VersionDescription": one.description, "CreateTime": one.created, "CreatedBy": one.created_by,
        "DefaultVersion": one.number == template.default_version, "LaunchTemplateData": _told(one.data),
        "Operator": {"Managed": False},
    }  # fmt: skip
    return {name: value for name, value in told.items() if value != ""}

"""What is said of a function besides its configuration: its concurrency, its tags, what becomes of calls."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.awslambda.fleet import ACCOUNT_LIMIT, UNRESERVED
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.part import Part, invalid, missing, named
from netflux.aws.destinations import Destinations
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.errors import AwsError
from netflux.resources.awslambda.function import LATEST, Function
from netflux.resources.awslambda.qualified import EventRule, Qualified, key

Request = dict[str, Any]
_PAGE = 50
_MOST_TAGS = 50
_DESTINATIONS = "DestinationConfig(OnSuccess(Destination) OnFailure(Destination))"
_RULE = f"FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds {_DESTINATIONS}"


class SettingOperations(Part):
    """Handlers of settings."""

    qualified: Qualified
    host: Host
    destinations: Destinations

    @operation("FunctionName ReservedConcurrentExecutions")
    def put_function_concurrency(self, call: Call, request: Request) -> Request:
        """Concurrent calls that are kept for the function, and the most it gets; 0 lets none through."""
        function, wanted = self.function(request), request["ReservedConcurrentExecutions"]
        others = sum(count for name, count in self.kept.reserved().items() if name != function.name)
        if others + wanted > ACCOUNT_LIMIT - UNRESERVED:
            raise invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{UNRESERVED}]."
            )
        self.kept.functions.put(replace(function, reserved=wanted))
        return {"ReservedConcurrentExecutions": wanted}

    @operation("FunctionName")
    def get_function_concurrency(self, call: Call, request: Request) -> Request:
        """Nothing where the function shares with others."""
        reserved = self.function(request).reserved
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    @operation("FunctionName")
    def delete_function_concurrency(self, call: Call, request: Request) -> Request:
        """The function shares with others again."""
        self.kept.functions.put(replace(self.function(request), reserved=None))
        return {}

    @operation()
    def get_account_settings(self, call: Call, request: Request) -> Request:
        """The account's limits and what is used of them."""
        reserved = sum(self.kept.reserved().values())
        used = sum(version.code.size for version in self.kept.versions)
        return {
            "AccountLimit": {
                "TotalCodeSize": 80530636800,
                "CodeSizeUnzipped": 262144000,
                "CodeSizeZipped": 52428800,
                "ConcurrentExecutions": ACCOUNT_LIMIT,
                "UnreservedConcurrentExecutions": ACCOUNT_LIMIT - reserved,
            },
            "AccountUsage": {"TotalCodeSize": used, "FunctionCount": len(self.kept.functions)},
        }

    @operation("FunctionName")
    def get_function_code_signing_config(self, call: Call, request: Request) -> Request:
        """Code is not signed here."""
        return {"FunctionName": self.function(request).name}

    @operation("FunctionName Qualifier")
    def get_runtime_management_config(self, call: Call, request: Request) -> Request:
        """A runtime is this machine's interpreter, as it is now."""
        return {"UpdateRuntimeOn": "Auto", "FunctionArn": self.function(request).arn}

    @operation("Resource")
    def list_tags(self, call: Call, request: Request) -> Request:
        """A function's."""
        return {"Tags": dict(self._tagged(request).tags)}

    @operation("Resource Tags")
    def tag_resource(self, call: Call, request: Request) -> Request:
        """Adds tags, or replaces those of the same key."""
        function = self._tagged(request)
        tags = {**function.tags, **request["Tags"]}
        if len(tags) > _MOST_TAGS:
            raise invalid(f"A function has at most {_MOST_TAGS} tags; {len(tags)} were given.")
        self.kept.functions.put(replace(function, tags=tags))
        return {}

    @operation("Resource TagKeys")
    def untag_resource(self, call: Call, request: Request) -> Request:
        """Removes tags."""
        function = self._tagged(request)
        tags = {name: value for name, value in function.tags.items() if name not in request["TagKeys"]}
        self.kept.functions.put(replace(function, tags=tags))
        return {}

    def _tagged(self, request: Mapping[str, Any]) -> Function:
        found = self.kept.functions.get(named(self.kept, request["Resource"]).name)
        if found is None:
            raise missing(request["Resource"])
        return found

    @operation(_RULE)
    def put_function_event_invoke_config(self, call: Call, request: Request) -> Request:
        """What becomes of calls that nobody waits for, instead of what was said before."""
        function, qualifier = self._place(request)
        return self._put(EventRule(function, qualifier, self.host.clock.now()), request)

    @operation(_RULE)
    def update_function_event_invoke_config(self, call: Call, request: Request) -> Request:
        """The same, but what is not given stays."""
        return self._put(replace(self._found_rule(request), modified=self.host.clock.now()), request)

    @operation("FunctionName Qualifier")
    def get_function_event_invoke_config(self, call: Call, request: Request) -> Request:
        """What was said."""
        return self._rule(self._found_rule(request))

    @operation("FunctionName Qualifier")
    def delete_function_event_invoke_config(self, call: Call, request: Request) -> Request:
        """Two further attempts within six hours, and nobody is told."""
        found = self._found_rule(request)
        self.qualified.rules.delete(key(found.function, found.qualifier))
        return {}

    @operation("FunctionName Marker MaxItems")
    def list_function_event_invoke_configs(self, call: Call, request: Request) -> Request:
        """Of a function, its versions and aliases."""
        found = self.qualified.rules.where("function", self.function(request).name)
        size = min(_PAGE, request.get("MaxItems") or _PAGE)
        listed, following = page(found, request.get("Marker"), size, invalid("The marker is not one of an answer."))
        told = [self._rule(one) for one in listed]
        return {"FunctionEventInvokeConfigs": told} | ({"NextMarker": following} if following else {})

    def _place(self, request: Mapping[str, Any]) -> tuple[str, str]:
        function, qualifier = self.function(request), self.named(request).qualifier or LATEST
        there = self.kept.version(function.name, qualifier) or key(function.name, qualifier) in self.qualified.aliases
        if not there:
            raise missing(self.kept.arn(function.name, qualifier))
        return function.name, qualifier

    def _found_rule(self, request: Mapping[str, Any]) -> EventRule:
        place = self._place(request)
        found = self.qualified.rule(*place)
        if found is None:
            raise AwsError(
                "ResourceNotFoundException",
                f"The function {self.kept.arn(*place)} doesn't have an EventInvokeConfig",
                404,
            )
        return found

    def _put(self, rule: EventRule, request: Mapping[str, Any]) -> Request:
        if request.get("MaximumRetryAttempts") is not None:
            rule = replace(rule, attempts=request["MaximumRetryAttempts"])
        if request.get("MaximumEventAgeInSeconds") is not None:
            rule = replace(rule, age=request["MaximumEventAgeInSeconds"])
        given = request.get("DestinationConfig")
        if given is not None:
            success, failure = ((given.get(name) or {}).get("Destination") or "" for name in ("OnSuccess", "OnFailure"))
            for arn in filter(None, (success, failure)):
                self.check_destination(arn)
            rule = replace(rule, success=success, failure=failure)
        self.qualified.rules.put(rule)
        return self._rule(rule)

    def check_destination(self, arn: str) -> None:
        """AwsError where nobody takes events for the ARN."""
        if not self.destinations.takes(arn):
            raise invalid(
                f"The provided destination config DestinationConfig is invalid: nothing here takes events for {arn}."
            )

    def _rule(self, rule: EventRule) -> Request:
        found: Request = {
            "LastModified": rule.modified,
            "FunctionArn": self.kept.arn(rule.function, rule.qualifier),
            "DestinationConfig": {
                "OnSuccess": {"Destination": rule.success} if rule.success else {},
                "OnFailure": {"Destination": rule.failure} if rule.failure else {},
            },
        }
        if rule.attempts is not None:
            found["MaximumRetryAttempts"] = rule.attempts
        if rule.age is not None:
            found["MaximumEventAgeInSeconds"] = rule.age
        return found

"""Users' passwords, and what the account asks of them."""

from __future__ import annotations

import string
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors
from netflux.aws.iam.tables import Tables
from netflux.controlplane.authentication import passwords
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.iam.account import PasswordPolicy
from netflux.resources.iam.credentials import LoginProfile
from netflux.resources.iam.identity import User

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types

_SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
"""Non-alphanumeric characters that count ["UpdateAccountPasswordPolicy", IAM API Reference]."""
_DEFAULT_LENGTH = 8
"""Of the policy of an account that has set none: that, and three of the four kinds of characters
["Set an account password policy for IAM users", IAM User Guide]."""


class Logins:
    """Operations on login profiles and the account's password policy."""

    tables: Tables

    @operation("UserName Password PasswordResetRequired")
    def create_login_profile(self, call: Call, request: types.CreateLoginProfileRequestTypeDef) -> dict[str, Any]:
        """Refuses a second one, and a password that the account's policy does not take."""
        user = self.tables.user(call, request)
        if user.id in self.tables.logins:
            raise errors.exists(f"Login Profile for user {user.name} already exists.")
        if not request.get("Password"):
            raise AwsError("ValidationError", "The parameter Password must have a value.")
        self._check(request["Password"], user)
        now = self.tables.now()
        reset = bool(request.get("PasswordResetRequired"))
        login = LoginProfile(user.id, passwords.kept(request["Password"]), now, now, reset)
        self.tables.logins.put(login)
        return {"LoginProfile": _shown(login, user)}

    @operation("UserName")
    def get_login_profile(self, call: Call, request: types.GetLoginProfileRequestTypeDef) -> dict[str, Any]:
        """Whether the user has a password."""
        user = self.tables.user(call, request)
        return {"LoginProfile": _shown(self._login(user), user)}

    @operation("UserName Password PasswordResetRequired")
    def update_login_profile(self, call: Call, request: types.UpdateLoginProfileRequestTypeDef) -> dict[str, Any]:
        """Another password, or whether the user has to choose one."""
        user = self.tables.user(call, request)
        login = self._login(user)
        if request.get("Password"):
            login = self._changed(login, request["Password"], user)
        reset = request.get("PasswordResetRequired")
        self.tables.logins.put(replace(login, reset=login.reset if reset is None else reset))
        return {}

    @operation("UserName")
    def delete_login_profile(self, call: Call, request: types.DeleteLoginProfileRequestTypeDef) -> dict[str, Any]:
        """The user keeps access keys."""
        self.tables.logins.delete(self._login(self.tables.user(call, request)).user)
        return {}

    @operation("OldPassword NewPassword")
    def change_password(self, call: Call, request: types.ChangePasswordRequestTypeDef) -> dict[str, Any]:
        """Of who asks; only a user has a password."""
        user = self.tables.caller(call)
        if user is None:
            raise AwsError("InvalidUserType", "Only a user of IAM changes a password by this call.")
        login = self._login(user)
        if not passwords.matches(request["OldPassword"], login.password):
            raise AwsError("AccessDenied", "The old password was incorrect.", 403)
        policy = self.tables.password_policy.get("account")
        if policy is not None and not policy.users_change:
            raise AwsError("AccessDenied", "The account's password policy lets users not change passwords.", 403)
        self.tables.logins.put(replace(self._changed(login, request["NewPassword"], user), reset=False))
        return {}

    @operation(
        "MinimumPasswordLength RequireSymbols RequireNumbers RequireUppercaseCharacters RequireLowercaseCharacters "
        "AllowUsersToChangePassword MaxPasswordAge PasswordReusePrevention HardExpiry"
    )
    def update_account_password_policy(
        self, _call: Call, request: types.UpdateAccountPasswordPolicyRequestTypeDef
    ) -> dict[str, Any]:
        """What is not given is the default, not what it was before ("UpdateAccountPasswordPolicy")."""
        self.tables.password_policy.put(
            PasswordPolicy(
                minimum_length=request.get("MinimumPasswordLength") or 6,
                symbols=bool(request.get("RequireSymbols")),
                numbers=bool(request.get("RequireNumbers")),
                uppercase=bool(request.get("RequireUppercaseCharacters")),
                lowercase=bool(request.get("RequireLowercaseCharacters")),
                users_change=bool(request.get("AllowUsersToChangePassword")),
                max_age=request.get("MaxPasswordAge"),
                reuse=request.get("PasswordReusePrevention"),
                hard_expiry=request.get("HardExpiry"),
            )
        )
        return {}

    @operation()
    def get_account_password_policy(self, call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """Refuses where the account has set none."""
        policy = self._password_policy(call)
        optional = {
            "MaxPasswordAge": policy.max_age,
            "PasswordReusePrevention": policy.reuse,
            "HardExpiry": policy.hard_expiry,
        }
        shown = {
            "MinimumPasswordLength": policy.minimum_length,
            "RequireSymbols": policy.symbols,
            "RequireNumbers": policy.numbers,
            "RequireUppercaseCharacters": policy.uppercase,
            "RequireLowercaseCharacters": policy.lowercase,
            "AllowUsersToChangePassword": policy.users_change,
            "ExpirePasswords": bool(policy.max_age),
            **{name: value for name, value in optional.items() if value is not None},
        }
        return {"PasswordPolicy": shown}

    @operation()
    def delete_account_password_policy(self, call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """AWS's default policy is in force again."""
        self._password_policy(call)
        self.tables.password_policy.delete("account")
        return {}

    def _password_policy(self, call: Call) -> PasswordPolicy:
        found = self.tables.password_policy.get("account")
        if found is None:
            raise errors.missing(f"The Password Policy with domain name {call.account} cannot be found.")
        return found

    def _login(self, user: User) -> LoginProfile:
        found = self.tables.logins.get(user.id)
        if found is None:
            raise errors.missing(f"Login Profile for User {user.name} cannot be found.")
        return found

    def _changed(self, login: LoginProfile, password: str, user: User) -> LoginProfile:
        self._check(password, user)
        policy = self.tables.password_policy.get("account")
        earlier = (login.password, *login.earlier)
        if (
            policy is not None
            and policy.reuse
            and any(passwords.matches(password, each) for each in earlier[: policy.reuse])
        ):
            raise _violates("Password should not have been used before")
        return replace(login, password=passwords.kept(password), changed=self.tables.now(), earlier=earlier[:24])

    def _check(self, password: str, user: User) -> None:
        policy = self.tables.password_policy.get("account")
        length = policy.minimum_length if policy is not None else _DEFAULT_LENGTH
        if len(password) < length:
            raise _violates(f"Password should have a minimum length of {length}")
        kinds = {
            "one uppercase character": any(one in string.ascii_uppercase for one in password),
            "one lowercase character": any(one in string.ascii_lowercase for one in password),
            "one number": any(one in string.digits for one in password),
            "one of the following symbols: !@#$%^&*()_+-=[]{}|'": any(one in _SYMBOLS for one in password),
        }
        if policy is None:
            if sum(kinds.values()) < 3:
                raise _violates("Password should have three of: uppercase, lowercase, numbers, symbols")
            if password == user.name:
                raise _violates("Password should not be the user's name")
            return
        asked = (policy.uppercase, policy.lowercase, policy.numbers, policy.symbols)
        for needed, (what, there) in zip(asked, kinds.items(), strict=True):
            if needed and not there:
                raise _violates(f"Password should have at least {what}")


def _violates(what: str) -> AwsError:
    return AwsError("PasswordPolicyViolation", what)


def _shown(login: LoginProfile, user: User) -> dict[str, Any]:
    return {"UserName": user.name, "CreateDate": login.created, "PasswordResetRequired": login.reset}

"""The credential report: every user with what it signs in with, as CSV ("Generate credential reports")."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

from netflux.aws.iam.tables import Tables
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.iam.account import CredentialReport
from netflux.resources.iam.identity import User

_KEPT = timedelta(hours=4)
"""A report is made anew when the last one is older."""
_COLUMNS = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
    "password_next_rotation", "mfa_active", "access_key_1_active", "access_key_1_last_rotated",
    "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
    "access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date",
    "access_key_2_last_used_region", "access_key_2_last_used_service", "cert_1_active", "cert_1_last_rotated",
    "cert_2_active", "cert_2_last_rotated",
)  # fmt: skip
_NONE = "N/A"
_UNOBSERVED = "no_information"


class CredentialReports:
    """Operations on the credential report."""

    tables: Tables

    @operation()
    def generate_credential_report(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """It is there when the answer leaves; the next call says so, as on AWS."""
        reports, now = self.tables.credential_reports, self.tables.now()
        last = reports.get("account")
        if last is not None and now - last.made < _KEPT:
            return {"State": "COMPLETE"}
        reports.put(CredentialReport(self._written(), now))
        return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}

    @operation()
    def get_credential_report(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """The last one that was made."""
        report = self.tables.credential_reports.get("account")
        if report is None:
            raise AwsError("ReportNotPresent", "No report exists: generate one by GenerateCredentialReport.", 410)
        if self.tables.now() - report.made >= _KEPT:
            raise AwsError("ReportExpired", "The last report has expired: make one by GenerateCredentialReport.", 410)
        return {"Content": report.content.encode(), "ReportFormat": "text/csv", "GeneratedTime": report.made}

    def _written(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for user in self.tables.users.table:
            writer.writerow(self._row(user))
        return text.getvalue().rstrip("\n")

    def _row(self, user: User) -> list[str]:
        login = self.tables.logins.get(user.id)
        policy = self.tables.password_policy.get("account")
        rotation = _NONE
        if login is not None and policy is not None and policy.max_age:
            rotation = _date(login.changed + timedelta(days=policy.max_age))
        changed = _date(login.changed) if login is not None else _NONE
        row = [user.name, user.arn, _date(user.created), _told(login is not None)]
        row += [_UNOBSERVED if login is not None else _NONE, changed, rotation, "false"]
        keys = [(key.active, key.created) for key in self.tables.access_keys.where("user", user.id)]
        for active, made in [*keys, (False, None), (False, None)][:2]:
            row += [_told(active), _date(made), _NONE, _NONE, _NONE]
        certificates = [(one.active, one.uploaded) for one in self.tables.signing_certificates.where("user", user.id)]
        for active, made in [*certificates, (False, None), (False, None)][:2]:
            row += [_told(active), _date(made)]
        return row


def _told(truth: bool) -> str:
    return "true" if truth else "false"


def _date(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else _NONE

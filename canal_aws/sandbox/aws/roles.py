"""Sessions of instances' roles: the credentials that instance metadata hands out, and what they may do.

Whoever plays an instance's metadata service asks the embedded AWS

    POST /_canal/session {"region": "us-east-1", "instance": "i-0123456789abcdef0"}

and gets the document that IMDS serves under /latest/meta-data/iam/security-credentials/ROLE (Code, LastUpdated, Type,
AccessKeyId, SecretAccessKey, Token, Expiration), with the role's name in addition as "Role". HTTP 400, with the reason
in "error", where the instance is unknown or terminated, has no instance profile, or its profile no role. Asked again,
it answers the same session: unlike on AWS, where one lasts six hours, it ends with the instance.

A call that is signed with such a session is held to it: its signature is computed anew, and the role's policies must
allow the action on the resource (`permissions.py`, in hardening). Every other access key may do everything.
Sources: EC2 User Guide, "Retrieve security credentials from instance metadata"; IAM User Guide, "Policy evaluation logic".
"""

from __future__ import annotations

import datetime
import secrets
from dataclasses import dataclass, field
from typing import Any

from canal_aws.errors import CanalError

LIFETIME = datetime.timedelta(hours=6)
"""What a session's document says of its end."""
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class NoRole(CanalError):
    """The instance has no role, for the reason that the message gives."""


@dataclass(frozen=True)
class Session:
    """One role taken on by one instance."""

    role: str
    instance: str
    access_key: str
    secret_key: str
    token: str

    def arn(self, account_id: str) -> str:
        """Who a refusal names."""
        return f"arn:aws:sts::{account_id}:assumed-role/{self.role}/{self.instance}"

    def document(self) -> dict[str, str]:
        """As IMDS answers, and the role's name."""
        now = datetime.datetime.now(datetime.UTC)
        return {
            "Role": self.role,
            "Code": "Success",
            "LastUpdated": _iso(now),
            "Type": "AWS-HMAC",
            "AccessKeyId": self.access_key,
            "SecretAccessKey": self.secret_key,
            "Token": self.token,
            "Expiration": _iso(now + LIFETIME),
        }


@dataclass
class Sessions:
    """The sessions of one embedded AWS, by access key."""

    by_key: dict[str, Session] = field(default_factory=dict)

    def of(self, role: str, instance: str) -> Session:
        """The instance's session of a role, made at the first call."""
        for session in self.by_key.values():
            if (session.role, session.instance) == (role, instance):
                return session
        session = Session(
            role=role,
            instance=instance,
            # Temporary access key ids begin with ASIA and have 20 characters (IAM User Guide, "IAM identifiers").
            access_key="ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16)),
            secret_key=secrets.token_urlsafe(30),
            token="IQoJb3JpZ2luX2Vj" + secrets.token_urlsafe(180),
        )
        self.by_key[session.access_key] = session
        return session

    def end(self, instance: str) -> None:
        """A terminated instance's sessions are worth nothing any more."""
        for key in [key for key, session in self.by_key.items() if session.instance == instance]:
            del self.by_key[key]


def role_of(ec2: Any, iam: Any, instance_id: str) -> str:
    """The name of the role in an instance's profile; raises NoRole."""
    instance = next((each for each in ec2.all_instances() if each.id == instance_id), None)
    if instance is None or instance.state in ("shutting-down", "terminated"):
        raise NoRole(f"instance: {instance_id} does not exist in this Region, or is terminated")
    named = getattr(instance, "iam_instance_profile", None)
    if not named:
        raise NoRole(f"instance: {instance_id} has no instance profile; launch it with one")
    profile = next((each for each in iam.instance_profiles.values() if each.arn == named["Arn"]), None)
    if profile is None or not profile.roles:
        raise NoRole(f"instance: the profile {named['Arn']} of {instance_id} is gone or holds no role")
    return str(profile.roles[0].name)


def _iso(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

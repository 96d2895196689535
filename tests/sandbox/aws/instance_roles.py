"""An instance with a role, its session, and curl as a node's scripts call AWS with it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from .clients import TRUST, Aws


def instance_with_role(
    aws: Aws, subnet: str, *statements: dict[str, Any], role: str = "control-plane", path: str = "/"
) -> str:
    """Its id; the role's inline policy holds `statements`."""
    aws.iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST, Path=path)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    aws.iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=document)
    aws.iam.create_instance_profile(InstanceProfileName=role)
    aws.iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
    return str(aws.running(subnet, IamInstanceProfile={"Name": role})["InstanceId"])


def session_of(aws: Aws, instance: str) -> dict[str, str]:
    """The credentials as instance metadata would give them."""
    answer = requests.post(f"{aws.url}/_canal/session", json={"region": aws.region, "instance": instance}, timeout=5)
    answer.raise_for_status()
    found: dict[str, str] = answer.json()
    return found


@dataclass
class Curl:
    """Calls with a session's credentials, which go through a file and not through the arguments."""

    aws: Aws
    session: dict[str, str]
    folder: Path

    def call(self, service: str, path: str, *options: str) -> tuple[int, str]:
        """HTTP status and body."""
        config = self.folder / "curl.conf"
        config.write_text(
            f'user = "{self.session["AccessKeyId"]}:{self.session["SecretAccessKey"]}"\n'
            f'header = "x-amz-security-token: {self.session["Token"]}"\n'
        )
        signer = f"aws:amz:{self.aws.region}:{service}"
        command = ["curl", "-sS", "--config", str(config), "--aws-sigv4", signer, "-w", "\n%{http_code}", *options]
        done = subprocess.run([*command, self.aws.url + path], capture_output=True, text=True, timeout=20, check=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def ssm(self, action: str, **request: Any) -> tuple[int, dict[str, Any]]:
        """An SSM action."""
        status, body = self.call(
            "ssm",
            "/",
            *("-H", f"X-Amz-Target: AmazonSSM.{action}", "-H", "Content-Type: application/x-amz-json-1.1"),
            *("-d", json.dumps(request)),
        )
        return status, json.loads(body)

    def iam(self, action: str, **request: str) -> tuple[int, str]:
        """An IAM action."""
        fields = {"Action": action, "Version": "2010-05-08", **request}
        return self.call("iam", "/", *(part for name, value in fields.items() for part in ("-d", f"{name}={value}")))

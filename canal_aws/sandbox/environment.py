"""The environment that points Pulumi, its plugins and every AWS SDK at the sandbox, and away from everything else.

What the variables mean: AWS SDKs and Tools Reference Guide, "Environment variables"; Pulumi documentation,
"Environment variables".
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from canal_aws.sandbox.aws import DEFAULT_REGION
from canal_aws.sandbox.state import STATE_VARIABLE, StateFolder

#: Removed whether or not they are set: each one could lend an SDK credentials, an endpoint or a profile that is
#: not the sandbox's, or would outrank one of ours.
UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_CA_BUNDLE",
    "AWS_SDK_LOAD_CONFIG",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_STACK",
)
#: The embedded AWS, and the load balancers that internet-facing APIs answer on.
_LOOPBACK = "127.0.0.0/8,127.0.0.1,localhost"


def variables(
    folder: StateFolder, endpoint: str, toolchain_bin: Path, current: Mapping[str, str], proxy: str = ""
) -> dict[str, str]:
    """What to set so that plain `pulumi up` runs against the sandbox at `endpoint`.

    With the `proxy` into its VPCs private APIs are reached, and no other host by HTTPS.
    """
    ours = [str(folder.bin), str(toolchain_bin)]
    # Evaluated twice in one shell, the lines leave the same PATH as once.
    others = [entry for entry in current.get("PATH", os.defpath).split(os.pathsep) if entry not in ours]
    path = os.pathsep.join(ours + others)
    no_proxy = _with_loopback(current.get("NO_PROXY") or current.get("no_proxy") or "")
    return {
        STATE_VARIABLE: str(folder.root),
        "AWS_ENDPOINT_URL": endpoint,
        # Not keys of anybody: real ones start with AKIA or ASIA (IAM User Guide, "IAM identifiers").
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": DEFAULT_REGION,
        "AWS_DEFAULT_REGION": DEFAULT_REGION,
        "AWS_CONFIG_FILE": str(folder.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder.aws_credentials),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "PULUMI_HOME": str(folder.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{folder.backend}",
        "PULUMI_CONFIG_PASSPHRASE": folder.passphrase(),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # A plugin on the user's PATH would outrank those of this PULUMI_HOME.
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PATH": path,
        **({"HTTPS_PROXY": proxy, "https_proxy": proxy} if proxy else {}),
    }


def unset(current: Mapping[str, str], ours: Iterable[str]) -> tuple[str, ...]:
    """What to remove: the fixed names, and every other AWS_… that is set, such as AWS_ENDPOINT_URL_EC2."""
    kept = set(ours)
    foreign = (name for name in current if name.startswith("AWS_") and name not in kept)
    return tuple(sorted({*UNSET, *foreign} - kept))


def applied(ours: Mapping[str, str], current: Mapping[str, str]) -> dict[str, str]:
    """`current` as a process of the sandbox must see it: ours set, foreign ones gone."""
    gone = set(unset(current, ours))
    return {**{name: value for name, value in current.items() if name not in gone}, **ours}


def shell_lines(ours: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    """Lines for a POSIX shell's `eval`; removals first, so that nothing of ours is lost to one."""
    removals = [f"unset {name}" for name in unset(current, ours) if name.isidentifier()]
    return removals + [f"export {name}={shlex.quote(value)}" for name, value in ours.items()]


def _with_loopback(no_proxy: str) -> str:
    if no_proxy == "*":
        return no_proxy  # everything is direct already; "*" works only alone
    return ",".join(filter(None, (no_proxy, _LOOPBACK))) if _LOOPBACK not in no_proxy else no_proxy

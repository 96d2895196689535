"""What a new node needs to join: the SSM parameters and the bootstrap tokens, which a timer renews."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.doctor import repairs
from canal_aws.doctor.cluster import BootstrapTokens
from canal_aws.doctor.instances import Machines
from canal_aws.doctor.services import Parameters
from canal_aws.doctor.wanted import PARAMETER, Now, Wanted
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check

#: canal_aws/bootstrap/templates/publish.sh.j2 and publish.timer.j2: what a token and kubeadm's Secret with the control
#: plane's certificates live (the latter is kubeadm's own figure, in "kubeadm init phase upload-certs"), and how often
#: the timer renews both. In hours.
LIVES = {"join": 3, "control-plane-join": 2}
RENEWED_EVERY = 1
#: A turn may begin late and takes a while.
_SLACK = 0.25
#: The first version is the placeholder that the program wrote; whoever publishes makes another.
_PLACEHOLDER_VERSION = 1
_UNIT = "canal-aws-publish.service"


@check(
    "join-parameters", group="join", source="canal_aws/bootstrap/templates/publish.sh.j2; SSM API Reference, Parameter"
)
def join_parameters(wanted: Wanted, parameters: Parameters, machines: Machines, now: Now) -> Iterator[Finding]:
    """Each parameter is there and published, and join material is no older than what it is good for."""
    found = machines.by_name.get("control-plane-0")
    look = repairs.session(found.id if found else "control-plane-0's instance", _UNIT)
    for name, parameter in wanted.ids.get(PARAMETER, {}).items():
        seen = parameters.by_name.get(name)
        if seen is None:
            way_out = (
                "restore it from a copy, since no Secret of etcd can be read without it; " if "key" in name else ""
            )
            yield fails(f"parameter {parameter}: not there", f"{way_out}{repairs.UP}, and the control plane fills it")
            continue
        if seen.version == _PLACEHOLDER_VERSION:
            yield fails(f"parameter {parameter}: still the placeholder, so no node can join", look)
            continue
        age, lives = now.hours_since(seen.modified), LIVES.get(name)
        if lives is None or age <= RENEWED_EVERY + _SLACK:
            yield ok(f"parameter {parameter}: version {seen.version}, {age:.1f} h old")
        elif age > lives:
            yield fails(
                f"parameter {parameter}: {age:.1f} h old, what it holds lives {lives} h: no node can join", look
            )
        else:
            yield warning(f"parameter {parameter}: {age:.1f} h old, wanted anew every {RENEWED_EVERY} h", look)


@check("bootstrap-tokens", group="join", source="Kubernetes documentation, Authenticating with Bootstrap Tokens")
def bootstrap_tokens(tokens: BootstrapTokens, now: Now) -> Iterator[Finding]:
    """The cluster has a bootstrap token that has not ended."""
    living = [end for end in tokens.ends if end is None or end > now.at]
    if not living:
        yield fails(
            f"no bootstrap token is valid ({len(tokens.ends)} have ended): no node can join",
            "a timer makes one each hour on the first control-plane node that is Ready: `aws ssm start-session` there, "
            f"then `sudo systemctl start {_UNIT}`",
        )
        return
    last = max((end for end in living if end), default=None)
    yield ok(
        f"{len(living)} bootstrap tokens, valid until {last:%Y-%m-%d %H:%M} UTC" if last else "a token without an end"
    )

"""How long the cluster's certificates last."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.day_two.certificates import Ending
from canal_aws.doctor.cluster import AdministratorCertificate, ServerCertificates
from canal_aws.doctor.wanted import Now, Wanted
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check

#: As `canal-aws certificates` warns by default.
_WARNED_DAYS = 30
_SOURCE = "Kubernetes documentation, Certificate Management with kubeadm; canal_aws.day_two.certificates"


@check("server-certificates", group="certificates", source=_SOURCE)
def server_certificates(wanted: Wanted, certificates: ServerCertificates, now: Now) -> Iterator[Finding]:
    """Each API server's certificate lasts another 30 days."""
    for node in wanted.plan.of_role("control-plane"):
        ending = certificates.by_node.get(node.name)
        if ending is None:
            yield warning(
                f"{node.name}: its API server's certificate was not seen behind the load balancer",
                "see targets-healthy; `canal-aws certificates` looks again",
            )
        else:
            yield _graded(ending, now)


@check("administrator-certificate", group="certificates", source=_SOURCE)
def administrator_certificate(certificate: AdministratorCertificate, now: Now) -> Iterator[Finding]:
    """The kubeconfig of the stack's outputs lasts another 30 days."""
    if certificate.ending:
        yield _graded(certificate.ending, now)


def _graded(ending: Ending, now: Now) -> Finding:
    days = ending.days_left(now.at)
    if ending.at <= now.at:
        return fails(f"{ending.whose}: certificate ended on {ending.at:%Y-%m-%d}", _WAY_OUT)
    said = f"{ending.whose}: certificate ends in {days} days, on {ending.at:%Y-%m-%d}"
    return warning(said, _WAY_OUT) if days < _WARNED_DAYS else ok(said)


_WAY_OUT = (
    "`canal-aws certificates` prints what renews it, and then `pulumi up` takes the new kubeconfig into the stack"
)

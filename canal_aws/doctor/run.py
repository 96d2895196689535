"""A whole examination: AWS and Kubernetes asked at the same time, and every check on what they said."""

from __future__ import annotations

from typing import Any

from canal_aws.day_two import certificates
from canal_aws.day_two.live_stack import LiveStack
from canal_aws.doctor import cluster, instances, services, vpc
from canal_aws.doctor.cluster import Access
from canal_aws.doctor.wanted import Now, Wanted
from canal_aws.errors import CanalError
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.gathering import Source, gather
from canal_aws.preflight.registry import doctor_checks
from canal_aws.preflight.report import Report, evaluate
from canal_aws.stack.subject import Subject

_AWS = (*instances.SOURCES, *vpc.SOURCES, *services.SOURCES)


def examine(subject: Subject, asking: Asking, aws_only: bool = False) -> Report:
    """Every check; StackError for a stack that was never made, SettingsError for settings that cannot be read."""
    wanted = Wanted.of(subject)
    given: dict[type, Any] = {Wanted: wanted, Asking: asking, Now: Now(certificates.now())}
    absent: dict[type, str] = {}
    if not aws_only:
        try:
            given[Access] = Access(LiveStack(subject.state).kubeconfig)
        except CanalError as error:
            absent[Access] = str(error)
    facts = gather((*_AWS, *(() if aws_only else cluster.SOURCES)), given, absent)
    ours = doctor_checks()
    if aws_only:
        of_cluster = {Source.of(source).gives for source in cluster.SOURCES}
        ours = tuple(each for each in ours if not of_cluster.intersection(each.needs))
    return evaluate(ours, facts.known, facts.missing)

"""The text files of a node, as Jinja templates beside this module."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from canal_aws.bootstrap import kubeadm
from canal_aws.bootstrap.spec import BootstrapSpec


def render(name: str, spec: BootstrapSpec, **values: object) -> str:
    """The template `name`.j2 for a spec; `values` are what only some templates speak of."""
    return (
        _templates()
        .get_template(f"{name}.j2")
        .render(
            spec=spec,
            api_version=kubeadm.API_VERSION,
            control_plane=spec.is_control_plane,
            plans_pod_cidrs=spec.plans_pod_cidrs,
            placeholders=kubeadm.PLACEHOLDERS,
            **values,
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("canal_aws.bootstrap"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # `{#` opens comments elsewhere, and is how bash writes a length (${#name}).
        comment_start_string="<#",
        comment_end_string="#>",
    )

"""The places where moto is laxer than AWS, one concern a module; `install_all` puts them all around moto."""

from __future__ import annotations

from ..pipeline import Rules
from . import (
    classic_load_balancers,
    consoles,
    faults,
    iam,
    instances,
    interfaces,
    launch_templates,
    launches,
    load_balancers,
    nat_gateways,
    networks,
    offerings,
    paging,
    parameters,
    patterns,
    peerings,
    permissions,
    quota_requests,
    regions,
    routes,
    security_group_views,
    security_groups,
    seeding,
    service_quotas,
    sessions,
    simulation,
    spot_requests,
    tags,
    transit_gateways,
    user_data,
    volumes,
    zones,
)

# The order is that of their checks in one call: faults, Regions and permissions come first, a launch template is applied before the result is looked at, and a
# page is cut before it is shown.
MODULES = (
    faults,
    regions,
    permissions,
    sessions,
    patterns,
    seeding,
    paging,
    offerings,
    launch_templates,
    user_data,
    launches,
    tags,
    volumes,
    instances,
    spot_requests,
    networks,
    nat_gateways,
    interfaces,
    routes,
    security_groups,
    security_group_views,
    load_balancers,
    classic_load_balancers,
    parameters,
    peerings,
    service_quotas,
    quota_requests,
    transit_gateways,
    iam,
    simulation,
    zones,
    consoles,
)


def install_all(rules: Rules) -> None:
    """Install every hardening into `rules`."""
    for module in MODULES:
        module.install(rules)

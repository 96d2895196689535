"""KubeControllersConfiguration: what calico-kube-controllers does, and how often.

Fields and limits from Calico's config/crd/crd.projectcalico.org_kubecontrollersconfigurations.yaml at v3.32.1.
"""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition
from canal_aws.manifests.crds.schema import (
    STRING,
    SWITCH,
    array,
    enum,
    integer,
    mapping,
    structure,
    text,
)

_PERIODIC = structure({"reconcilerPeriod": STRING})
_TEMPLATE = structure(
    {
        "generateName": text(longest=253),
        "interfaceCIDRs": array(STRING, kind="set"),
        "interfacePattern": STRING,
        "labels": mapping(STRING),
        "nodeSelector": STRING,
    }
)
_HOST_ENDPOINT = structure({"autoCreate": SWITCH, "createDefaultHostEndpoint": STRING, "templates": array(_TEMPLATE)})
_CONTROLLERS = structure(
    {
        "loadBalancer": structure({"assignIPs": enum("AllServices", "RequestedServicesOnly", default="AllServices")}),
        "namespace": _PERIODIC,
        "node": structure(
            {
                "hostEndpoint": _HOST_ENDPOINT,
                "leakGracePeriod": STRING,
                "reconcilerPeriod": STRING,
                "syncLabels": SWITCH,
            }
        ),
        "policy": _PERIODIC,
        "policyMigration": structure({"enabled": {**SWITCH, "default": "Enabled"}}),
        "serviceAccount": _PERIODIC,
        "workloadEndpoint": _PERIODIC,
    }
)
# What is asked for and what runs have the same shape.
_CONFIGURATION = structure(
    {
        "controllers": _CONTROLLERS,
        "debugProfilePort": integer(0, 65535, form="int32"),
        "etcdV3CompactionPeriod": STRING,
        "healthChecks": {**SWITCH, "default": "Enabled"},
        "logSeverityScreen": enum("None", "Debug", "Info", "Warning", "Error", "Fatal", "Panic"),
        "prometheusMetricsPort": integer(0, 65535),
    },
    required=["controllers"],
)

KUBE_CONTROLLERS_CONFIGURATION = Definition(
    "KubeControllersConfiguration",
    "kubecontrollersconfigurations",
    {
        "properties": {
            "spec": _CONFIGURATION,
            "status": structure({"environmentVars": mapping(STRING), "runningConfig": _CONFIGURATION}),
        }
    },
    status=True,
)

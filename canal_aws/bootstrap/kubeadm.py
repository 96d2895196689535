"""kubeadm's configuration, kubeadm.k8s.io/v1beta4, as plain documents.

What only the node knows is a placeholder (@NODE_NAME@ …) that its scripts fill in from instance metadata.
Source of fields and types: k8s.io/kubernetes v1.36.3, cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from canal_aws.bootstrap.registration import OWN_LABELS, parse_taint
from canal_aws.bootstrap.spec import BootstrapSpec

API_VERSION = "kubeadm.k8s.io/v1beta4"
# kubeadm binds it unless told otherwise (v1beta4 localAPIEndpoint.bindPort).
API_PORT = 6443
#: What the API server reads besides kubeadm's own files: the audit policy, and the encryption key (mode 0600).
API_SERVER_FILES = "/etc/canal-aws/api-server"
#: audit.log and its older files.
AUDIT_LOGS = "/var/log/kubernetes"
#: FlexVolume's drivers where /usr cannot be written (Flatcar's documentation, "Getting started with Kubernetes").
VOLUME_PLUGINS = "/opt/libexec/kubernetes/kubelet-plugins/volume/exec"

# Filled in by the library's `fill`. None of them is a secret.
PLACEHOLDERS = ("NODE_NAME", "PRIVATE_IP", "INSTANCE_ID", "INSTANCE_TYPE", "AVAILABILITY_ZONE")

Document = dict[str, Any]


def init_documents(spec: BootstrapSpec) -> tuple[Document, ...]:
    """InitConfiguration, ClusterConfiguration and KubeletConfiguration of the first control-plane node."""
    return (_init_configuration(spec), _cluster_configuration(spec), _kubelet_configuration(spec))


def join_document(spec: BootstrapSpec) -> Document:
    """JoinConfiguration of a worker, without its secrets.

    A joining node of either role takes `nodeRegistration` and `timeouts` from its file, which is why these two stand
    last in their document, and adds discovery and certificate key from the SSM parameters.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": "JoinConfiguration",
        "nodeRegistration": _node_registration(spec),
        "timeouts": _timeouts(),
    }


def _init_configuration(spec: BootstrapSpec) -> Document:
    return {
        "apiVersion": API_VERSION,
        "kind": "InitConfiguration",
        # init always makes one token and nobody uses it, since join material is published apart: let it end soon.
        "bootstrapTokens": [{"ttl": "15m0s"}],
        "localAPIEndpoint": {"advertiseAddress": "@PRIVATE_IP@"},
        "nodeRegistration": _node_registration(spec),
        "timeouts": _timeouts(),
    }


def _cluster_configuration(spec: BootstrapSpec) -> Document:
    controller_manager = {
        "allocate-node-cidrs": str(spec.allocate_node_cidrs).lower(),
        "node-cidr-mask-size": str(spec.node_pod_cidr_mask),
    }
    if spec.external_cloud_provider:
        controller_manager["cloud-provider"] = "external"
    if spec.operating_system == "flatcar":
        # kubeadm mounts this folder and has it made, and Flatcar's /usr is read-only.
        controller_manager["flex-volume-plugin-dir"] = VOLUME_PLUGINS
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterConfiguration",
        "clusterName": spec.cluster_name,
        "kubernetesVersion": f"v{spec.kubernetes_version}",
        "controlPlaneEndpoint": f"{spec.api_endpoint}:{API_PORT}",
        # With RSA keys admin.conf is 5.6 KB and misses the 4,096 bytes of a standard SSM parameter.
        "encryptionAlgorithm": "ECDSA-P256",
        "networking": {"podSubnet": spec.pod_cidr, "serviceSubnet": spec.service_cidr},
        "apiServer": _api_server(spec),
        "controllerManager": {"extraArgs": _arguments(controller_manager)},
    }


def _api_server(spec: BootstrapSpec) -> Document:
    """Names of both load balancers; an audit log of who changed what; Secrets encrypted before etcd sees them.

    No cloud-provider: the API server has not known that flag since 1.33 and would end at it.
    """
    arguments = {
        "audit-policy-file": f"{API_SERVER_FILES}/audit-policy.yaml",
        "audit-log-path": f"{AUDIT_LOGS}/audit.log",
        # Ten files of 100 MB at most, and none older than a month.
        "audit-log-maxsize": "100",
        "audit-log-maxbackup": "10",
        "audit-log-maxage": "30",
    }
    if spec.encryption_key_parameter:
        arguments["encryption-provider-config"] = f"{API_SERVER_FILES}/encryption.yaml"
    return {
        "certSANs": [name for name in (spec.api_endpoint, spec.public_api_endpoint) if name],
        "extraArgs": _arguments(arguments),
        "extraVolumes": [
            _host_path("canal-aws", API_SERVER_FILES, pathType="Directory", readOnly=True),
            _host_path("audit-logs", AUDIT_LOGS, pathType="DirectoryOrCreate"),
        ],
    }


def _host_path(name: str, path: str, **more: object) -> Document:
    """A HostPathMount: the same path in the container as on the host."""
    return {"name": name, "hostPath": path, "mountPath": path, **more}


def _kubelet_configuration(spec: BootstrapSpec) -> Document:
    """The kubelets' own certificates for their servers stay self-signed (serverTLSBootstrap off).

    kubeadm's default: nothing approves such requests, and until somebody does, neither logs nor exec would work.
    """
    document = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
    }
    if spec.operating_system == "flatcar":
        document["volumePluginDir"] = VOLUME_PLUGINS
    return document


def _node_registration(spec: BootstrapSpec) -> Document:
    """What a cloud controller manager would set, set by the kubelet itself, since none need run; and the pool's own.

    NodeRestriction lets a kubelet set exactly these well-known labels on itself
    (k8s.io/kubelet, pkg/apis/well_known_labels.go).
    """
    own = ("@INSTANCE_TYPE@", spec.region, "@AVAILABILITY_ZONE@")
    labels = dict(zip(OWN_LABELS, own, strict=True)) | dict(spec.node_labels)
    arguments = {
        "node-ip": "@PRIVATE_IP@",
        "node-labels": ",".join(f"{key}={value}" for key, value in labels.items()),
        "provider-id": "aws:///@AVAILABILITY_ZONE@/@INSTANCE_ID@",
    }
    if spec.external_cloud_provider:
        # The kubelet taints its Node until the cloud controller manager has seen it.
        arguments["cloud-provider"] = "external"
    registration: Document = {"name": "@NODE_NAME@", "kubeletExtraArgs": _arguments(arguments)}
    if spec.taints:
        # An explicit list replaces kubeadm's own taint of control-plane nodes.
        own_taints = (parse_taint("node-role.kubernetes.io/control-plane:NoSchedule"),) if spec.is_control_plane else ()
        registration["taints"] = [asdict(taint) for taint in (*own_taints, *spec.taints)]
    return registration


def _arguments(values: dict[str, str]) -> list[Document]:
    """Command-line arguments as v1beta4 writes them: a list, since a flag may be given more than once."""
    return [{"name": name, "value": value} for name, value in values.items()]


def _timeouts() -> Document:
    """At least five minutes each: a new NLB takes that long until it has addresses and healthy targets.

    Of kubeadm's own limits the first four are shorter. `discovery` and `tlsBootstrap` are its five minutes, since a
    node whose token ended meanwhile should read a new one rather than go on.
    """
    longer = ("controlPlaneComponentHealthCheck", "etcdAPICall", "kubeletHealthCheck", "kubernetesAPICall")
    return dict.fromkeys(longer, "10m0s") | dict.fromkeys(("discovery", "tlsBootstrap"), "5m0s")

"""From the init instance's own user data to what its control plane is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from canal_aws.errors import CanalError
from canal_aws.sandbox.kubernetes import kubeadm, user_data
from canal_aws.sandbox.kubernetes.aws import Aws
from canal_aws.sandbox.kubernetes.cluster_shape import ClusterShape
from canal_aws.sandbox.kubernetes.instances import Instance
from canal_aws.sandbox.kubernetes.publication import PLACEHOLDER, written_by


class FoundedBefore(CanalError):
    """The kubeconfig parameter is not the placeholder: a node would join the cluster that wrote it, not found one."""


@dataclass(frozen=True)
class Founding:
    """`environment` is cluster.env, `config_text` kubeadm.yaml with the node's own values filled in."""

    environment: dict[str, str]
    config_text: str
    documents: dict[str, dict[str, Any]]
    shape: ClusterShape

    @classmethod
    def read(cls, aws: Aws, init: Instance) -> Founding:
        """Raises UserDataRefused with what is wrong; botocore's errors pass."""
        files = user_data.files_of(aws.user_data(init.region, init.id))
        environment = user_data.cluster_environment(files)
        text = user_data.kubeadm_text(files, init.placeholders())
        documents = user_data.kubeadm_documents(text)
        return cls(environment, text, documents, ClusterShape.of(documents))

    def validate(self, bin_dir: Path, folder: Path) -> Path:
        """Let the real kubeadm judge the configuration (KubeadmRefused); returns the file that holds it."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "kubeadm.yaml"
        path.write_text(self.config_text)
        kubeadm.validate(bin_dir, path)
        return path

    def may_found(self, aws: Aws, init: Instance) -> None:
        """What the node's bootstrap script asks first: init only while the parameter is still the placeholder.

        The same instance may do it again: that is this process started anew, whose cluster was lost.
        Raises FoundedBefore; ParameterMissing while the program has not made the parameter.
        """
        name = self.environment["KUBECONFIG_PARAMETER"]
        value = aws.parameter(self.environment["AWS_REGION"], name)
        if value.strip() == PLACEHOLDER or written_by(value) == init.id:
            return
        raise FoundedBefore(
            f"{init.id} ({init.node}) is the init node, but {name} holds the kubeconfig that "
            f"{written_by(value) or 'somebody'} wrote: it would join that cluster, which has no control plane any "
            f"more. Set {name} back to {PLACEHOLDER!r} to found a new one"
        )

    def version_note(self, running: str) -> str | None:
        """Says so where the sandbox's Kubernetes is of another minor version than the user data asks for."""
        asked = self.environment["KUBERNETES_VERSION"].removeprefix("v")
        if asked.split(".")[:2] == running.split(".")[:2]:
            return None
        return f"the user data asks for Kubernetes {asked}; the sandbox has one version and runs {running}"

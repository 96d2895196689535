"""Whether an instance's own user data would let it join: judged by the real kubeadm before it becomes a Node."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from canal_aws.sandbox.kubernetes import kubeadm, user_data
from canal_aws.sandbox.kubernetes.aws import Aws
from canal_aws.sandbox.kubernetes.cluster_shape import API_VERSION
from canal_aws.sandbox.kubernetes.instances import Instance
from canal_aws.sandbox.kubernetes.user_data import KUBEADM_YAML, UserDataRefused

# The form of what the node adds from the join parameter; kubeadm judges the form only, nothing is dialled.
_DISCOVERY = {
    "bootstrapToken": {
        "token": "abcdef.0123456789abcdef",
        "apiServerEndpoint": "127.0.0.1:6443",
        "unsafeSkipCAVerification": True,
    }
}


@dataclass
class Admission:
    """Each instance is asked about once, each user data is judged once. `note` is told what was refused."""

    aws: Aws
    bin_dir: Path
    folder: Path
    note: Callable[[str], None]
    _verdicts: dict[str, bool] = field(default_factory=dict)  # by instance
    _judged: dict[str, str | None] = field(default_factory=dict)  # by the user data's hash: what is wrong with it

    def founder(self, instance_id: str) -> None:
        """The instance whose configuration the cluster was founded with."""
        self._verdicts[instance_id] = True

    def admits(self, instance: Instance) -> bool:
        """False where the node would never join; botocore's errors pass."""
        if instance.id not in self._verdicts:
            content = self.aws.user_data(instance.region, instance.id)
            digest = hashlib.sha256(content).hexdigest()
            if digest not in self._judged:
                self._judged[digest] = self._wrong(content, instance)
            if wrong := self._judged[digest]:
                self.note(f"{instance.node} ({instance.id}) cannot join: {wrong}")
            self._verdicts[instance.id] = not self._judged[digest]
        return self._verdicts[instance.id]

    def _wrong(self, content: bytes, instance: Instance) -> str | None:
        try:
            files = user_data.files_of(content)
            user_data.cluster_environment(files)
            documents = user_data.kubeadm_documents(user_data.kubeadm_text(files, instance.placeholders()))
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / "join.yaml"
            path.write_text(yaml.safe_dump(join_document(documents)))
            kubeadm.validate(self.bin_dir, path)
        except (UserDataRefused, kubeadm.KubeadmRefused) as error:
            return str(error)
        return None


def join_document(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The JoinConfiguration that a node makes of its kubeadm.yaml: a worker's own, or a control-plane node's part."""
    if "JoinConfiguration" in documents:
        return {**documents["JoinConfiguration"], "discovery": _DISCOVERY}
    if "InitConfiguration" not in documents:
        raise UserDataRefused(f"{KUBEADM_YAML} has neither a JoinConfiguration nor an InitConfiguration document")
    init = documents["InitConfiguration"]
    return {
        "apiVersion": API_VERSION,
        "kind": "JoinConfiguration",
        "discovery": _DISCOVERY,
        "nodeRegistration": init.get("nodeRegistration") or {},
        "controlPlane": {"localAPIEndpoint": init.get("localAPIEndpoint") or {}},
    }

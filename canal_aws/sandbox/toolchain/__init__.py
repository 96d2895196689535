"""The real components that the sandbox runs: Pulumi's engine, a Kubernetes control plane, etcd, kwok.

`ensure()` gives their paths; `python -m canal_aws.sandbox.toolchain` prepares all of them and says where each is from.
"""

from canal_aws.sandbox.toolchain.prepare import Located, Toolchain, default_root, ensure

__all__ = ["Located", "Toolchain", "default_root", "ensure"]

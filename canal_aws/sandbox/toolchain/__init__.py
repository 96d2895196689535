"""The real components that the sandbox runs: Pulumi's engine, Kubernetes, etcd, kwok.

`ensure()` gives their paths; `python -m canal_aws.sandbox.toolchain` prepares them and says where each is from;
with `--tests` also what only the tests run: another minor's API server, Butane, Ignition's validator.
"""

from canal_aws.sandbox.toolchain.prepare import Located, Toolchain, default_root, ensure

__all__ = ["Located", "Toolchain", "default_root", "ensure"]

"""Stand-in for the kubelet: a unit of each machine, without a container runtime.

The TLS bootstrap (discovery of the cluster, CSR, its own certificate) is the real kubelet's, run with the flags of
kubeadm's unit until kubelet.conf is there; it ends at the missing runtime. Everything after that is done here with the
credentials it got: the Node, static pods, mirror pods, /healthz. Not modelled: probes, volumes other than hostPath,
pods that the scheduler places (kwok's), heartbeats (kwok's).
"""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Callable

from canal_aws.sandbox.machines.inside.api_client import ApiClient, ApiError, Kubeconfig
from canal_aws.sandbox.machines.inside.body import Body, end_group
from canal_aws.sandbox.machines.inside.healthz import Healthz
from canal_aws.sandbox.machines.inside.node_object import FLAGS_FILE, flags, mirror_pod, name_of, node
from canal_aws.sandbox.machines.inside.root import Root
from canal_aws.sandbox.machines.inside.static_pods import StaticPods
from canal_aws.sandbox.machines.instance import Instance

BOOTSTRAP_KUBECONFIG = "/etc/kubernetes/bootstrap-kubelet.conf"
KUBECONFIG = "/etc/kubernetes/kubelet.conf"
CONFIG = "/var/lib/kubelet/config.yaml"

_LOOK_SECONDS = 0.25
_RETRY_SECONDS = 1.0
_RESTART_SECONDS = 10.0
"""RestartSec of the kubelet package's unit: between two tries of the real one."""


class Kubelet:
    """One machine's. `serve` begins to answer /healthz."""

    def __init__(
        self,
        instance: Callable[[], Instance],
        body: Body,
        root: Root,
        pods: StaticPods,
        version: Callable[[], str],
        address_of: Callable[[str], str],
        serve: Callable[[], Healthz],
        out: Callable[[str], None],
        changed: Callable[[str], None],
    ) -> None:
        self.active = "inactive"
        self._instance = instance
        self._body = body
        self._root = root
        self._pods = pods
        self._version = version
        self._address_of = address_of
        self._serve = serve
        self._out = out
        self._changed = changed
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def start(self) -> threading.Event:
        done = threading.Event()
        done.set()
        with self._lock:
            if self.active != "active":
                self._stopping = threading.Event()
                self._to("active")
                # Static pods run before there are credentials: on a joining control-plane node they are the API that
                # the bootstrap then asks.
                self._threads = [
                    threading.Thread(target=work, args=(self._stopping,), name=name, daemon=True)
                    for name, work in (("static pods", self._run_pods), ("kubelet", self._run_node))
                ]
                for thread in self._threads:
                    thread.start()
        return done

    def stop(self) -> None:
        with self._lock:
            self._stopping.set()
            for thread in self._threads:
                thread.join()
            self._threads = []
            self._to("inactive")

    def _run_pods(self, stopping: threading.Event) -> None:
        """Static pods and /healthz, once kubeadm has written the kubelet's configuration."""
        healthz: Healthz | None = None
        while not stopping.wait(_LOOK_SECONDS):
            if not self._root.path(CONFIG).exists():
                continue
            try:
                healthz = healthz or self._serve()
                self._pods.sync()
            except OSError as error:
                self._out(f"kubelet: {error}")
        if healthz is not None:
            healthz.close()

    def _run_node(self, stopping: threading.Event) -> None:
        """Bootstrap, the Node, then mirror pods for as long as it runs."""
        registered: dict[str, object] | None = None
        client: ApiClient | None = None
        mirrored: dict[str, str] = {}
        said = ""
        while not stopping.wait(_LOOK_SECONDS if client is None else _RETRY_SECONDS):
            try:
                if client is None:
                    if not self._has_credentials(stopping):
                        continue
                    client = ApiClient(Kubeconfig(self._root, KUBECONFIG), self._address_of)
                if registered is None:
                    registered = self._register(client)
                self._mirror(client, registered, mirrored)
                said = ""
            except (ApiError, OSError, ValueError) as error:
                if str(error) != said:
                    said = str(error)
                    self._out(f"kubelet: {said}")
        if client is not None:
            client.close()

    def _has_credentials(self, stopping: threading.Event) -> bool:
        try:
            Kubeconfig(self._root, KUBECONFIG)
        except (OSError, ValueError):
            if self._root.path(BOOTSTRAP_KUBECONFIG).exists() and self._root.path(FLAGS_FILE).exists():
                self._bootstrap(stopping)
            return False
        return True

    def _bootstrap(self, stopping: threading.Event) -> None:
        """One run of the real kubelet; returns when it has its certificate, or has ended and its pause is over."""
        (given,) = shlex.split(self._root.path(FLAGS_FILE).read_text().partition("=")[2]) or ("",)
        # The package's unit (10-kubeadm.conf), then two flags of ours. With rotation on, the certificate is asked for
        # in the background, and the missing runtime would end the process before it came. And the host's control
        # groups, which it looks at before that, are not the machine's.
        argv = ["kubelet", f"--bootstrap-kubeconfig={BOOTSTRAP_KUBECONFIG}", f"--kubeconfig={KUBECONFIG}"]
        argv += [f"--config={CONFIG}", *given.split(), "--rotate-certificates=false", "--fail-cgroupv1=false"]
        log = self._root.path("/var/log/kubelet.log")
        with log.open("ab") as output:
            process = self._body.spawn(argv, {"GOMAXPROCS": "1"}, stdout=output)
        try:
            while process.poll() is None and not stopping.wait(0.05):
                try:
                    Kubeconfig(self._root, KUBECONFIG)
                    return
                except (OSError, ValueError):
                    continue
        finally:
            end_group(process, signal.SIGKILL)
            process.wait()
        try:
            Kubeconfig(self._root, KUBECONFIG)
        except (OSError, ValueError):
            last = log.read_text(errors="replace").strip().splitlines()[-1:] or [f"status {process.returncode}"]
            self._out(f"kubelet: TLS bootstrap failed, again in {_RESTART_SECONDS:.0f} s: {last[0]}")
            stopping.wait(_RESTART_SECONDS)

    def _register(self, client: ApiClient) -> dict[str, object]:
        """Creates the Node, or takes the one of this name and sets its labels, as a kubelet does."""
        hostname = self._hostname()
        given = flags(self._root)
        wanted = node(self._instance(), given, hostname, self._version())
        try:
            made = client.post("/api/v1/nodes", wanted)
        except ApiError as error:
            if error.status != 409:
                raise
            path = f"/api/v1/nodes/{name_of(given, hostname)}"
            metadata = {key: wanted["metadata"][key] for key in ("labels", "annotations")}
            made = client.merge(path, {"metadata": metadata})
            client.merge(f"{path}/status", {"status": {"addresses": wanted["status"]["addresses"]}})
        self._out(f"kubelet: registered the Node {made['metadata']['name']}")
        return dict(made)

    def _mirror(self, client: ApiClient, registered: dict[str, object], mirrored: dict[str, str]) -> None:
        """Makes the API show the static pods. `mirrored` is what it shows already: hashes by name of the Pod."""
        wanted = {}
        for pod in list(self._pods.pods.values()):
            made = mirror_pod(pod.manifest, pod.hash, registered)
            wanted[f"{made['metadata']['namespace']}/pods/{made['metadata']['name']}"] = (pod.hash, made)
        for path in [path for path, digest in mirrored.items() if wanted.get(path, ("",))[0] != digest]:
            _delete(client, f"/api/v1/namespaces/{path}")
            del mirrored[path]
        for path, (digest, made) in wanted.items():
            if path in mirrored:
                continue
            try:
                client.post(f"/api/v1/namespaces/{path.rpartition('/')[0]}", made)
            except ApiError as error:
                if error.status != 409:
                    raise
                # Of an earlier run, or of the machine that had the name before.
                _delete(client, f"/api/v1/namespaces/{path}")
                continue
            mirrored[path] = digest

    def _hostname(self) -> str:
        status, out, _ = self._body.run(["hostname"], {}, b"", 10.0)
        if status != 0:
            raise OSError("hostname failed")
        return out.decode().strip()

    def _to(self, active: str) -> None:
        self.active = active
        self._changed(active)


def _delete(client: ApiClient, path: str) -> None:
    try:
        client.delete(path)
    except ApiError as error:
        if error.status != 404:
            raise

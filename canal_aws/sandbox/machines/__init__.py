"""Machines that boot from their user data: a VPC in namespaces, and in it a machine for each instance.

    vpc = Vpc("organization/project/stack", IPv4Network("10.0.0.0/16"), folder, bin_dir, aws_endpoint).start()
    vpc.balance([LoadBalancer("api-1.elb.us-east-1.amazonaws.com", ports={6443: ("10.0.16.10", "10.0.32.10")})])
    machine = vpc.boot(instance, user_data)         # returns at once; the machine boots on its own
    machine.state, machine.units, machine.console   # what it is doing; `changed` is called after each change
    machine.terminate()                             # as EC2 ends an instance: nothing of it is left
    vpc.stop()

**What is real.** The user data is parsed as cloud-init or Ignition would (gzip included) and written into a root folder
of the machine's own; its units then run with the very scripts; kubeadm is the real one behind a wrapper that adds
`--skip-phases=preflight` to `init` and `join` (there is no container runtime to find); the static pods that it writes
run as processes with exactly the manifests' commands, each seeing only the volumes that its manifest mounts; a joining
node's TLS bootstrap is the real kubelet's. Each machine has a network, mount and UTS namespace with its real private
address, so nothing in kubeadm's files is rewritten.

**What is a stand-in** and refuses what it does not model: systemd (services, timers, the systemctl calls of scripts and
kubeadm), the kubelet after its bootstrap (static pods, mirror pods, the Node object, /healthz), EC2's metadata service
(169.254.169.254, IMDSv2 only), the VPC's resolver (169.254.169.253), load balancers (TCP forwarders), and the VPC's way
out, which leads to the embedded AWS and nowhere else. Three things make waits shorter than AWS's, none makes an answer
friendlier: a script's `sleep` also ends when the SSM parameter that its machine has read is written, a machine's
controller manager and scheduler start once its own API server is ready, and targets become healthy within a second. Not run: packages, the kernel's modules and settings, a container
runtime; the mark /var/lib/canal-aws/installed says so to the scripts. Node status and pods are kwok's, which the
machines do not start: a Node carries the annotation kwok.x-k8s.io/node=fake.

**One process a VPC** (`machines.inside`), first in a user, PID and mount namespace of its own, holds all of it in threads
and serves the owner through a pipe. It ends when the pipe does, so an owner that is killed leaves no process, mount,
namespace or folder: the machines' roots are on a tmpfs that only the VPC sees.

Vpc(name, cidr, folder, bin_dir, aws_endpoint, changed=…)
    folder: an existing one, over which the VPC mounts its tmpfs (in its namespace: on the host it stays as it is).
    bin_dir: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubeadm, kubectl, kubelet.
    aws_endpoint: "http://127.0.0.1:PORT" of the embedded AWS. In the machines' units AWS_ENDPOINT_URL_{SSM,EC2,S3} name
        the VPC's way out, which leads there.
    changed: called without arguments, from a thread of the Vpc's, after a machine's state, units or console changed.
  start() -> Vpc            raises NamespacesForbidden, ProgramMissing or VpcFailed, each with the way out
  boot(instance, user_data) -> Machine
                            user data that cloud-init or Ignition would refuse gives a machine in state "refused"
  machines                  dict: instance id -> Machine, those that are terminated no longer
  balance(load_balancers)   replaces what stands there; an internal one's name is known to the VPC's resolver only and
                            gets an address in the VPC, one with `host_address` listens on the host's loopback instead.
                            A target that does not accept a TCP connection is passed over, as an unhealthy one is
  proxy                     "http://127.0.0.1:PORT" of an HTTP CONNECT proxy that leads to this VPC's machines and
                            internal load balancers and refuses every other host
  knows(host) -> bool       whether the proxy would lead there: a name of an internal load balancer, or an address in
                            the VPC's CIDR
  pids                      dict: "machine/process" -> pid on the host, for status and for the memory's sum
  failure                   None, or why the VPC process ended by itself; its machines are gone then
  stop()                    ends all; also at the end of a `with` block

Instance(id, private_ip, instance_type, availability_zone, region, tags, role, credentials)
    What EC2's metadata service would tell: `tags` as DescribeInstances has them, "canal-aws:node" among them.
    role: the name of the instance profile's role; credentials: Credentials(access_key_id, secret_access_key, token).

Machine
  instance                  as given, or as `retag` changed it
  state                     "booting" (until its first-boot units have been started), "running", "refused" (by
                            cloud-init or Ignition), "stopped" (power_off), "terminated"
  reason                    why it was refused; ""
  units                     dict: unit name -> systemd's ActiveState: "active", "activating", "inactive" (a oneshot that
                            has succeeded), "failed"; the static pods' processes as "pod/<name>"
  console                   text so far: what GetConsoleOutput shows (the last 64 KiB); readable after terminate, too
  retag(tags)               the instance's tags changed: the metadata service answers with the new ones
  power_off(), power_on()   as StopInstances and StartInstances: the root folder stays, /run does not; `power_on` returns at
                            once, "booting"
  terminate()               kills every process of it, removes its root and its address; returns when that is done
  start_unit(name)          what a timer does when it elapses, for `canal-aws-publish.service` and the like
  run(*argv, input=b"", environment={}) -> subprocess.CompletedProcess[bytes]
                            a command as root of the machine, as an SSM session would; for tests and drills
"""

from __future__ import annotations

from canal_aws.sandbox.machines.errors import (
    MachineError,
    NamespacesForbidden,
    ProgramMissing,
    UserDataRefused,
    VpcFailed,
)
from canal_aws.sandbox.machines.instance import Credentials, Instance, LoadBalancer
from canal_aws.sandbox.machines.machine import Machine
from canal_aws.sandbox.machines.vpc import Vpc

__all__ = [
    "Credentials",
    "Instance",
    "LoadBalancer",
    "Machine",
    "MachineError",
    "NamespacesForbidden",
    "ProgramMissing",
    "UserDataRefused",
    "Vpc",
    "VpcFailed",
]

"""This project's program on Pulumi's mocks: what it registers, with which options, and what it says."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import json
import logging
import runpy
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.stack import run_pulumi_func
from pulumi.runtime.sync_await import _sync_await

from canal_aws.recovery.untracked import StateUnread

_MAIN = Path(__file__).parents[2] / "__main__.py"
_LOCK = threading.Lock()
ALLOWED_CIDR = "203.0.113.0/24"
KUBECONFIG = "# written-by: control-plane-0-id\napiVersion: v1\nkind: Config\n"


@dataclass(frozen=True)
class Registered:
    """One resource as the program registered it; `depends_on` and `deleted_with` are URNs, `timeouts` its own of create,
    update and delete, "" where the provider's hold."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    ignore_changes: tuple[str, ...]
    delete_before_replace: bool
    deleted_with: str
    retain_on_delete: bool
    depends_on: frozenset[str]
    timeouts: tuple[str, str, str]

    @property
    def id(self) -> str:
        """The id that the mocks give it."""
        return id_of(self.type, self.name)


def id_of(token: str, name: str) -> str:
    """The id of a resource on the mocks: its type's last word and its name."""
    return f"{token.rsplit(':', 1)[-1]}/{name}"


def arn_of(token: str, name: str) -> str:
    """The ARN of a resource on the mocks."""
    return f"arn:aws:service:us-east-1:424242424242:{id_of(token, name)}"


@dataclass
class Aws:
    """What AWS answers: zones of the Region, types with where they are offered and their CPU, images, the quota."""

    zones: tuple[str, ...] = ("us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d")
    offered: Mapping[str, tuple[str, ...]] | None = None
    quota: float | None = 500.0
    flatcar: bool = True
    calls: list[str] = field(default_factory=list)
    amis: list[Mapping[str, Any]] = field(default_factory=list)

    def answer(self, token: str, arguments: Mapping[str, Any]) -> Any:
        """The answer to one function of pulumi-aws."""
        self.calls.append(token)
        name = token.rsplit(":", 1)[1]
        if name == "getAvailabilityZones":
            assert arguments["state"] == "available"
            return {"names": list(self.zones)}
        if name == "getInstanceTypeOfferings":
            (wanted,) = arguments["filters"][0]["values"]
            return {"locations": list(self.zones if self.offered is None else self.offered.get(wanted, ()))}
        if name == "getInstanceType":
            arm = arguments["instanceType"].split(".")[0].endswith("g")
            return {"supportedArchitectures": ["arm64"] if arm else ["i386", "x86_64"]}
        if token == "aws:ssm/getParameter:getParameter":
            return {"value": "ami-" + ("arm64" if "/arm64/" in arguments["name"] else "amd64")}
        if name == "getAmi":
            if not self.flatcar:
                return {}, [("", "Your query returned no results. Please change your search criteria and try again.")]
            (cpu,) = next(each["values"] for each in arguments["filters"] if each["name"] == "architecture")
            self.amis.append(arguments)
            return {"id": f"ami-flatcar-{cpu}", "architecture": cpu, "rootDeviceName": "/dev/xvda"}
        if name == "getRegion":
            return {"region": "us-east-1"}
        if name == "getServiceQuota":
            assert arguments == {"serviceCode": "vpc", "quotaCode": "L-93826ACB"}
            if self.quota is None:
                # As a failure: a provider's error reaches the program so, and not as the mock's own exception.
                return {}, [("", "AccessDeniedException: not authorized to perform servicequotas:GetServiceQuota")]
            return {"value": self.quota}
        raise AssertionError(f"the program calls {token}, which is not expected of it")


class _Mocks(mocks.Mocks):
    def __init__(self, aws: Aws, last_state: Mapping[str, Any]) -> None:
        self._aws = aws
        self._last_state = last_state

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token == "pulumi:pulumi:readStackResourceOutputs":
            return {"outputs": dict(self._last_state)}
        return self._aws.answer(args.token, args.args)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        key = id_of(args.typ, args.name)
        computed = {
            "arn": arn_of(args.typ, args.name),
            "dnsName": f"{args.name}.elb.example",
            "primaryNetworkInterfaceId": f"eni/{args.name}",
        }
        return key, {"name": key, **computed, **args.inputs}


class _Recorder(mocks.MockMonitor):
    """Pulumi's mock monitor, keeping the options too."""

    def __init__(self, given: mocks.Mocks) -> None:
        super().__init__(given)
        self.registered: list[Registered] = []

    def RegisterResource(self, request: Any) -> Any:  # the SDK's name
        answer: Any = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        self.registered.append(
            Registered(
                type=request.type,
                name=request.name,
                urn=answer.urn,
                inputs=rpc.deserialize_properties(request.object),
                ignore_changes=tuple(request.ignoreChanges),
                delete_before_replace=request.deleteBeforeReplace,
                deleted_with=request.deletedWith,
                retain_on_delete=request.retainOnDelete,
                depends_on=frozenset(request.dependencies),
                timeouts=(
                    request.customTimeouts.create,
                    request.customTimeouts.update,
                    request.customTimeouts.delete,
                ),
            )
        )
        return answer


class _Collector(logging.Handler):
    def __init__(self, said: list[tuple[int, str]]) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append((record.levelno, record.getMessage()))


def _run_main() -> None:
    runpy.run_path(str(_MAIN), run_name="__main__")


@dataclass(frozen=True)
class Program:
    """Everything that one run of the program registered, and what it warned of."""

    registered: tuple[Registered, ...]
    warnings: tuple[str, ...]

    def of(self, type_ending: str) -> dict[str, Registered]:
        """Resources of one type (its token's last word) by logical name."""
        return {each.name: each for each in self.registered if each.type.rsplit(":", 1)[-1] == type_ending}

    def aws(self) -> Iterator[Registered]:
        """The resources in AWS."""
        return (each for each in self.registered if each.type.startswith("aws:"))

    def by_urn(self) -> dict[str, Registered]:
        """All of them by URN."""
        return {each.urn: each for each in self.registered}

    def last_state(self) -> dict[str, Any]:
        """What the engine's readStackResourceOutputs would tell the next run."""
        return {each.urn: {"type": each.type, "outputs": self._outputs(each)} for each in self.registered}

    def _outputs(self, resource: Registered) -> dict[str, Any]:
        """As AWS answers: an instance tells its zone, which the program never sets."""
        if not resource.type.endswith(":Instance"):
            return resource.inputs
        subnet = self.of("Subnet")[resource.inputs["subnetId"].rpartition("/")[2]]
        return {**resource.inputs, "availabilityZone": subnet.inputs["availabilityZone"]}


class Refused(Exception):
    """The program ended with this message, and `registered` is how many resources it had registered."""

    def __init__(self, message: str, registered: int) -> None:
        super().__init__(message)
        self.registered = registered


def run(
    config: Mapping[str, Any],
    aws: Aws | None = None,
    last_state: Mapping[str, Any] | None = None,
    canal: bool = False,
) -> Program:
    """One run of the program with this configuration; Refused where it raises pulumi.RunError.

    Without `canal` its objects, nearly half of all resources, are left out.
    """
    logger = logging.Logger("program")
    said: list[tuple[int, str]] = []
    logger.addHandler(_Collector(said))
    recorder = _Recorder(_Mocks(aws or Aws(), last_state or {}))

    def program() -> None:
        values = {f"canal-aws:{key}": _as_text(value) for key, value in config.items()}
        set_all_config({"aws:region": "us-east-1", **values})
        mocks.set_mocks(
            _Mocks(aws or Aws(), last_state or {}),
            project="canal-aws",
            stack="dev",
            preview=False,
            logger=logger,
            monitor=recorder,
            organization="organization",
        )
        _sync_await(run_pulumi_func(_run_main))

    # asyncio.run, in whichever test ran before, leaves the thread without the loop that the SDK takes.
    try:
        asyncio.get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())
    # One at a time, and in a context of its own: the SDK keeps the run's settings in context variables.
    with (
        _LOCK,
        mock.patch("infra.bootstrap.wait_for_kubeconfig", return_value=KUBECONFIG),
        mock.patch("infra.bootstrap.wait_for_api"),
        mock.patch("infra.bootstrap.client"),
        mock.patch("infra.reflectors.wait_for_nodes"),
        # Pulumi's mocks have no hooks.
        mock.patch("infra.reflectors._once_sessions_are_up", return_value=None),
        # It would ask `pulumi stack export`, and there is no stack: the mocks tell the last state.
        mock.patch("infra.last_state.state_of", side_effect=StateUnread("no `pulumi` on PATH")),
        mock.patch("infra.interrupted.refuse_interrupted"),
        # Where each registration stands in the source: a fifth of the run under pytest's deep stack, and nobody reads it.
        mock.patch("pulumi.runtime.resource._get_stack_trace", StackTrace),
        contextlib.nullcontext() if canal else mock.patch("infra.canal.build", return_value=()),
    ):
        try:
            contextvars.copy_context().run(program)
        except pulumi.RunError as error:
            raise Refused(str(error), len(recorder.registered)) from None
    return Program(
        tuple(each for each in recorder.registered if each.type != "pulumi:pulumi:Stack"),
        tuple(text for level, text in said if level == logging.WARNING),
    )


def _as_text(value: Any) -> str:
    """A value as the engine hands it to a program."""
    return value if isinstance(value, str) else json.dumps(value)


@functools.cache
def _cached(config: str, canal: bool) -> Program:
    return run(json.loads(config), canal=canal)


def build(canal: bool = False, **config: Any) -> Program:
    """The program's registrations for a configuration; run once for each. A public API admits TEST-NET-3."""
    if config.get("apiAccess") != "private":
        config.setdefault("apiAllowedCidrs", [ALLOWED_CIDR])
    return _cached(json.dumps(config, sort_keys=True), canal)

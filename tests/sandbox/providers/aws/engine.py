"""What the Pulumi engine asks of a provider, in plain values: check, diff, create, read, update, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from pulumi.provider.experimental import provider as rpc

from canal_aws.sandbox.providers.aws.provider import StandInAws
from canal_aws.sandbox.providers.values import plain_map, property_map


@dataclass
class Made:
    """One resource as the engine's state records it."""

    token: str
    name: str
    id: str
    inputs: dict[str, Any]
    state: dict[str, Any]


@dataclass
class Refused(Exception):
    """The failures of a check."""

    failures: dict[str, str] = field(default_factory=dict)


class Engine:
    """Drives one provider. Resources are named by token and logical name."""

    def __init__(self, endpoint: str, **environment: str) -> None:
        self.provider = StandInAws({"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1"} | environment)

    @staticmethod
    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(coroutine)

    @staticmethod
    def urn(token: str, name: str) -> str:
        return f"urn:pulumi:dev::canal::{token}::{name}"

    def configure(self, **arguments: Any) -> None:
        self.run(self.provider.configure(rpc.ConfigureRequest({}, property_map(arguments), True, True)))

    def check(
        self,
        token: str,
        name: str,
        news: dict[str, Any],
        olds: dict[str, Any] | None = None,
        seed: bytes = b"seed",
    ) -> dict[str, Any]:
        request = rpc.CheckRequest(self.urn(token, name), property_map(olds or {}), property_map(news), seed)
        answer = self.run(self.provider.check(request))
        if answer.failures:
            raise Refused({failure.property: failure.reason for failure in answer.failures})
        return plain_map(answer.inputs)

    def create(self, token: str, name: str, news: dict[str, Any], preview: bool = False) -> Made:
        inputs = self.check(token, name, news, seed=name.encode())
        request = rpc.CreateRequest(self.urn(token, name), property_map(inputs), 0, preview)
        answer = self.run(self.provider.create(request))
        return Made(token, name, answer.resource_id or "", inputs, plain_map(answer.properties))

    def diff(self, made: Made, news: dict[str, Any], ignore: tuple[str, ...] = ()) -> rpc.DiffResponse:
        """The diff of changed inputs; `news` is merged over the old ones, None removes."""
        inputs = self.check(made.token, made.name, merged(made.inputs, news), made.inputs)
        request = rpc.DiffRequest(
            self.urn(made.token, made.name), made.id, property_map(made.state), property_map(inputs), list(ignore)
        )
        answer: rpc.DiffResponse = self.run(self.provider.diff(request))
        return answer

    def update(self, made: Made, news: dict[str, Any], preview: bool = False) -> Made:
        inputs = self.check(made.token, made.name, merged(made.inputs, news), made.inputs)
        request = rpc.UpdateRequest(
            self.urn(made.token, made.name),
            made.id,
            property_map(made.state),
            property_map(inputs),
            0,
            [],
            preview,
        )
        answer = self.run(self.provider.update(request))
        return Made(made.token, made.name, made.id, inputs, plain_map(answer.properties))

    def read(self, made: Made) -> Made | None:
        return self._read(made.token, made.name, made.id, made.state, made.inputs)

    def imported(self, token: str, resource_id: str) -> Made | None:
        return self._read(token, "imported", resource_id, {}, {})

    def _read(
        self, token: str, name: str, resource_id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> Made | None:
        request = rpc.ReadRequest(self.urn(token, name), resource_id, property_map(state), property_map(inputs))
        answer = self.run(self.provider.read(request))
        if not answer.resource_id:
            return None
        return Made(token, name, answer.resource_id, plain_map(answer.inputs), plain_map(answer.properties))

    def delete(self, made: Made) -> None:
        request = rpc.DeleteRequest(self.urn(made.token, made.name), made.id, property_map(made.state), 0)
        self.run(self.provider.delete(request))

    def invoke(self, token: str, **arguments: Any) -> dict[str, Any]:
        answer = self.run(self.provider.invoke(rpc.InvokeRequest(token, property_map(arguments))))
        if answer.failures:
            raise Refused({failure.property: failure.reason for failure in answer.failures})
        return plain_map(answer.return_value)


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The program's inputs after a change: what the provider itself filled in is not among them."""
    filled_in = [*old.get("__defaults", ()), "__defaults"]
    both = {key: value for key, value in old.items() if key not in filled_in} | new
    return {key: value for key, value in both.items() if value is not None}

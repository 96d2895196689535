"""Server-side apply with strict field validation: what `kubectl apply --server-side --validate=strict` asks for."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import requests

from canal_aws.manifests import Manifest
from tests.manifests.api_server import ApiServer

DEADLINE = 20.0  # seconds until a CRD is served


class Refused(AssertionError):
    """The API server's refusal; `str` is its message."""


class KubeApi:
    """One user's way into an API server, by default the administrator's."""

    def __init__(self, server: ApiServer, user: str = "admin") -> None:
        self.kubeconfig_path = server.kubeconfig_path
        self._server = server.url
        self._session = server.session(user)

    def apply(self, item: Manifest, manager: str = "canal-aws") -> Manifest:
        """Apply the object and return what the server stored; Refused where it says no."""
        response = self._session.patch(
            self._server + self._path(item),
            params={"fieldManager": manager, "fieldValidation": "Strict", "force": "true"},
            json=item,
            headers={"Content-Type": "application/apply-patch+yaml"},
            timeout=10,
        )
        return _answer(response)

    def relinquish(self, item: Manifest) -> None:
        """Give up the fields that `apply` set: those that nobody else wants go away."""
        name_only = {
            "apiVersion": item["apiVersion"],
            "kind": item["kind"],
            "metadata": {"name": item["metadata"]["name"]},
        }
        self.apply(name_only)

    def get(self, item: Manifest) -> Manifest:
        return _answer(self._session.get(self._server + self._path(item), timeout=10))

    def delete(self, item: Manifest) -> None:
        _answer(self._session.delete(self._server + self._path(item), timeout=10))

    def apply_all(self, items: tuple[Manifest, ...]) -> list[Manifest]:
        """Apply in this order; what follows the CRDs once they are served."""
        definitions = [item for item in items if item["kind"] == "CustomResourceDefinition"]
        assert list(items[: len(definitions)]) == definitions, "the CRDs come first"
        stored = [self.apply(item) for item in definitions]
        for item in definitions:
            self._wait_established(item)
        return stored + [self.apply(item) for item in items[len(definitions) :]]

    def _wait_established(self, definition: Manifest) -> None:
        deadline = time.monotonic() + DEADLINE
        while True:
            # Null right after its creation.
            listed = self.get(definition).get("status", {}).get("conditions") or []
            conditions = {condition["type"]: condition for condition in listed}
            # NonStructuralSchema, where it is set, says what is wrong with a schema.
            assert "NonStructuralSchema" not in conditions, conditions["NonStructuralSchema"]["message"]
            if conditions.get("Established", {}).get("status") == "True":
                return
            assert time.monotonic() < deadline, f"{definition['metadata']['name']} is not served: {conditions}"
            time.sleep(0.05)

    def _path(self, item: Manifest) -> str:
        group = item["apiVersion"]
        root = f"/api/{group}" if group == "v1" else f"/apis/{group}"
        plural = self._plural(root, item["kind"])
        metadata = item["metadata"]
        inside = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
        return f"{root}{inside}/{plural}/{metadata['name']}"

    @cache  # noqa: B019 (one object for the whole run)
    def _plural(self, root: str, kind: str) -> str:
        deadline = time.monotonic() + DEADLINE
        while True:
            response = self._session.get(self._server + root, timeout=10)
            resources: list[dict[str, Any]] = response.json().get("resources", []) if response.ok else []
            names = [r["name"] for r in resources if r["kind"] == kind and "/" not in r["name"]]
            if names:
                return str(names[0])
            assert time.monotonic() < deadline, f"the server has no {kind} under {root}"
            time.sleep(0.05)


def missing(built: Any, kept: Any, path: str = "") -> list[str]:
    """Paths of what was sent and is not there: pruned, or changed."""
    if isinstance(built, dict) and isinstance(kept, dict):
        return [
            line
            for key, value in built.items()
            for line in (missing(value, kept[key], f"{path}.{key}") if key in kept else [f"{path}.{key}"])
        ]
    if isinstance(built, list) and isinstance(kept, list) and len(built) == len(kept):
        return [line for i, value in enumerate(built) for line in missing(value, kept[i], f"{path}[{i}]")]
    return [] if built == kept else [f"{path}: {built!r} became {kept!r}"]


def _answer(response: requests.Response) -> Manifest:
    body: Manifest = response.json()
    if not response.ok:
        raise Refused(body.get("message", response.text))
    return body

"""Where the API server keeps the objects of a kind, asked of the server itself and remembered."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from canal_aws.sandbox.providers.kubernetes.api import Api
from canal_aws.sandbox.providers.kubernetes.errors import ApiError, NoSuchKind


@dataclass(frozen=True)
class Resource:
    """A kind's place in the API, such as `/apis/apps/v1` and `daemonsets`."""

    root: str
    plural: str
    namespaced: bool

    def collection(self, namespace: str | None) -> str:
        if self.namespaced and namespace:
            return f"{self.root}/namespaces/{quote(namespace)}/{self.plural}"
        return f"{self.root}/{self.plural}"

    def item(self, namespace: str | None, name: str) -> str:
        return f"{self.collection(namespace)}/{quote(name)}"


class Discovery:
    """Answers are kept; a kind that is unknown, or that a new CustomResourceDefinition may have changed, is
    asked for anew. Safe for use by several threads, of which one asks at a time."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, Resource]] = {}

    def find(self, api_version: str, kind: str) -> Resource:
        """Raises NoSuchKind where the server does not serve it (yet)."""
        known = self._known.get(api_version, {}).get(kind)
        if known:
            return known
        with self._lock:
            known = self._known.get(api_version, {}).get(kind)
            if known is None:
                self._known[api_version] = self._ask(api_version)
                known = self._known[api_version].get(kind)
        if known is None:
            raise NoSuchKind(
                f"the API server serves no {api_version}/{kind}; is its CustomResourceDefinition among this "
                "resource's dependencies (`depends_on`)?"
            )
        return known

    def forget(self, group: str) -> None:
        """Ask anew for `group`, as after one of its CustomResourceDefinitions came, changed or went."""
        with self._lock:
            for api_version in [known for known in self._known if known.rpartition("/")[0] == group]:
                del self._known[api_version]

    def _ask(self, api_version: str) -> dict[str, Resource]:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            listed: list[dict[str, Any]] = self._api.get(root).get("resources") or []
        except ApiError as error:
            if error.status == 404:
                return {}
            raise
        return {
            entry["kind"]: Resource(root, entry["name"], bool(entry["namespaced"]))
            for entry in listed
            if "/" not in entry["name"]  # subresources, such as daemonsets/status
        }

"""Server-side apply: fields set for a manager, and a manager's fields given back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.kubernetes.api import APPLY, Api
from canal_aws.sandbox.providers.kubernetes.errors import ApiError

STRICT = {"fieldValidation": "Strict"}
DRY_RUN = {"dryRun": "All"}


def apply(
    api: Api, path: str, body: Mapping[str, Any], manager: str, force: bool = False, preview: bool = False
) -> dict[str, Any]:
    """The object at `path` with the fields of `body`, which are `manager`'s from now on."""
    query = {"fieldManager": manager, "force": str(force).lower(), **STRICT, **(DRY_RUN if preview else {})}
    return api.request("PATCH", path, query=query, body=body, content_type=APPLY)


def relinquish(api: Api, path: str, manager: str) -> None:
    """`manager` sets nothing any more: what was its alone leaves the object, what others set too stays.

    The official provider applies an object without any field (provider/pkg/provider/ssa.go, `Relinquish`); with the uid
    here, lest an object that went meanwhile be created anew.
    """
    try:
        live = api.get(path)
        metadata = {key: live["metadata"][key] for key in ("name", "namespace", "uid") if key in live["metadata"]}
        body = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
        apply(api, path, body, manager)
    except ApiError as error:
        if error.status != 404:
            raise

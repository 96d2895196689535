"""Which Nodes kwok keeps alive: those whose machine runs."""

from __future__ import annotations

from typing import Any, cast

from canal_aws.sandbox.fleet.admin import Admin
from canal_aws.sandbox.fleet.kwok import ANNOTATION, mark_the_living


class MemoryAdmin:
    """Nodes by name with their annotations."""

    def __init__(self, **nodes: bool) -> None:
        self.annotations = {name: {ANNOTATION: "fake"} if faked else {} for name, faked in nodes.items()}

    def nodes(self) -> dict[str, dict[str, str]]:
        return {name: dict(annotated) for name, annotated in self.annotations.items()}

    def annotate(self, node: str, annotation: str, value: str | None) -> None:
        if value is None:
            del self.annotations[node][annotation]
        else:
            self.annotations[node][annotation] = value

    @property
    def kept_alive(self) -> set[str]:
        return {name for name, annotated in self.annotations.items() if annotated}


def mark(admin: MemoryAdmin, **living: bool) -> tuple[list[str], bool]:
    return mark_the_living(cast(Admin, cast(Any, admin)), living)


def test_a_node_without_a_running_machine_is_nobodys_and_comes_back_with_it() -> None:
    admin = MemoryAdmin(a=True, b=True, foreign=False)
    assert mark(admin, a=True, b=False) == (["a", "b", "foreign"], True)
    assert admin.kept_alive == {"a"}
    assert mark(admin, a=True, b=False) == (["a", "b", "foreign"], False)
    assert mark(admin, a=True, b=True) == (["a", "b", "foreign"], True)
    assert admin.kept_alive == {"a", "b"}


def test_nodes_that_no_instance_plans_are_left_alone() -> None:
    admin = MemoryAdmin(a=False, b=True)
    assert mark(admin) == (["a", "b"], False)
    assert admin.kept_alive == {"b"}

"""What the tables are made of: properties, resource types and functions, as data with sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from canal_aws.sandbox.providers.aws.operation import Operation

Kind = Literal["required", "optional", "optional-computed", "computed", "write-only"]
"""`optional-computed`: where the program says nothing, AWS decides and a difference is none.
`write-only` is required too: sent to AWS, never read and never among the outputs."""

Shape = Literal["string", "bool", "int", "number", "strings", "string-set", "map", "object", "objects", "any"]

OnChange = Literal["update", "replace"]

Inputs = Mapping[str, Any]
State = dict[str, Any]


@dataclass(frozen=True)
class Property:
    """One property of a resource type.

    `on_change` says what a changed input does; for computed ones it has no meaning. `default` is what the
    official provider fills in where the program says nothing. `values` limits what is modelled here.
    `fields` are the properties of an `object` or of each of `objects`. `same` compares two values that
    the official provider takes for equal, such as two spellings of one policy. `source` names the
    documentation or the file that the line follows.
    """

    kind: Kind
    shape: Shape = "string"
    on_change: OnChange = "replace"
    default: Any = None
    values: tuple[Any, ...] = ()
    fields: Mapping[str, Property] = field(default_factory=dict)
    same: Callable[[Any, Any], bool] | None = None
    source: str = ""

    @property
    def is_input(self) -> bool:
        return self.kind != "computed"


@dataclass(frozen=True)
class Autoname:
    """How a name is made where the program gives none: `<logical name>-<7 hex digits>`."""

    max_length: int
    property: str = "name"


@dataclass(frozen=True)
class ResourceType:
    """One resource type: its table, and the four things that are done with it.

    `create` returns the state and must call `operation.created(id, …)` as soon as the resource exists.
    `read` returns None where the resource is gone. `update` gets the changed properties' names.
    `label` is what error lines call it, as the official provider does. `one_of` are groups of properties of
    which exactly one must be given; `recomputed` those that any update may change, unknown in its preview;
    `called` names a resource in an error line before it has an id (its logical name otherwise);
    `also_replaces` names updated properties that need a replacement because of their values;
    `deletes_first` is for types of which AWS takes no two at once. `refuses` gives the reason for properties that the official provider knows and this one must not take.
    """

    token: str
    label: str
    properties: Mapping[str, Property]
    create: Callable[[Operation, Inputs], State]
    read: Callable[[Operation, str, State], State | None]
    delete: Callable[[Operation, str, State], None]
    update: Callable[[Operation, str, State, Inputs, frozenset[str]], State] | None = None
    check: Callable[[Inputs], list[tuple[str, str]]] | None = None
    autoname: Autoname | None = None
    one_of: tuple[tuple[str, ...], ...] = ()
    called: Callable[[Inputs], str] | None = None
    also_replaces: Callable[[State, Inputs], set[str]] | None = None
    deletes_first: bool = False
    recomputed: tuple[str, ...] = ()
    refuses: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class FunctionType:
    """One function (invoke): its arguments, its results' names and what computes them."""

    token: str
    arguments: Mapping[str, Property]
    results: tuple[str, ...]
    call: Callable[[Operation, Inputs], State]
    source: str = ""


def tags(source: str) -> dict[str, Property]:
    """The properties of every taggable type. Default tags of the provider are refused, so `tagsAll`
    equals `tags`."""
    return {
        "tags": Property("optional", "map", "update", source=source),
        "tagsAll": Property("computed", "map", source=source),
    }


def region() -> dict[str, Property]:
    """The per-resource Region of pulumi-aws 7; taken only where it equals the provider's own."""
    return {
        "region": Property(
            "optional-computed",
            source="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/enhanced-region-support",
        )
    }

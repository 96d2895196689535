"""Speed: remembers where moto's serialiser finds each member of an answer.

For every member of every object moto works out anew under which names it could stand and which of some sixty
transformations fits its path: five milliseconds for one instance. Both depend only on the kind of object
and the member's shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.core import responses
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.core.utils import get_value

MISSING = object()


class QuickPicker(XFormedAttributePicker):  # type: ignore[misc]
    """moto's picker with a memory; it finds the same values."""

    # Shapes live as long as the service model that moto caches; they are kept here so that no id is used twice.
    names: dict[tuple[type, int, str], tuple[tuple[str, ...], Any]] = {}  # noqa: RUF012
    transforms: dict[tuple[int, str, str], Callable[[Any], Any] | None] = {}  # noqa: RUF012

    def __call__(self, context: AttributePickerContext) -> Any:
        obj, key = context.obj, context.key
        known = self.names.get((type(obj), id(context.shape), key))
        if known is None:
            known = (tuple(dict.fromkeys(self.get_possible_keys(context))), context.shape)
            self.names[type(obj), id(context.shape), key] = known
        value = self._find(obj, known[0])
        path = (id(self.response_transformers), context.key_path, key)
        if path not in self.transforms:
            self.transforms[path] = self._transform(f"{context.key_path}.{key}")
        transform = self.transforms[path]
        return value if transform is None else transform(value)

    def _find(self, obj: Any, names: tuple[str, ...]) -> Any:
        if isinstance(obj, dict):
            return next((obj[name] for name in names if name in obj), None)
        for name in names:
            value = get_value(obj, name, MISSING)
            if value is not MISSING:
                return value
        return None

    def _transform(self, path: str) -> Callable[[Any], Any] | None:
        for suffix, transform in self.response_transformers.items():
            if path.endswith(suffix):
                found: Callable[[Any], Any] = transform
                return found
        return None


@contextmanager
def quick_picker() -> Iterator[None]:
    """Let moto's serialiser use the quick picker until the context ends."""
    original = responses.XFormedAttributePicker
    responses.XFormedAttributePicker = QuickPicker
    try:
        yield
    finally:
        responses.XFormedAttributePicker = original
        QuickPicker.names.clear()
        QuickPicker.transforms.clear()

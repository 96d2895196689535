"""The tables against the SDK of pulumi-aws: no property, output or function that it does not know."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Mapping
from typing import Any

import pytest

from canal_aws.sandbox.providers.aws.catalogue import functions, resource_types
from canal_aws.sandbox.providers.aws.schema import Property


def sdk_names(described: type) -> set[str]:
    """The official (camel-case) names of a class's properties."""
    return {
        getattr(found.fget, "_pulumi_name", name)
        for name, found in inspect.getmembers(described, lambda member: isinstance(member, property))
    }


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def module_of(token: str) -> Any:
    name = token.split(":")[1].partition("/")[0]
    return importlib.import_module("pulumi_aws" if name == "index" else f"pulumi_aws.{name}")


@pytest.mark.parametrize("token", resource_types())
def test_every_property_is_the_sdks(token: str) -> None:
    described = getattr(module_of(token), token.rpartition(":")[2])
    assert described.pulumi_type == token
    table = resource_types()[token].properties
    assert set(table) <= sdk_names(described)
    module, name = importlib.import_module(described.__module__), described.__name__
    # Where a nested type has that name already, the SDK calls the arguments InitArgs.
    arguments = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
    assert {name for name, known in table.items() if known.is_input} <= sdk_names(arguments)


@pytest.mark.parametrize("token", resource_types())
def test_every_line_names_its_source(token: str) -> None:
    def check(properties: Mapping[str, Property]) -> None:
        for name, known in properties.items():
            assert known.source, name
            check(known.fields)

    check(resource_types()[token].properties)
    assert resource_types()[token].source


@pytest.mark.parametrize("token", resource_types())
def test_nested_properties_are_the_sdks(token: str) -> None:
    inputs = importlib.import_module(f"{module_of(token).__name__}._inputs")
    kind = token.rpartition(":")[2]

    def check(prefix: str, properties: Mapping[str, Property]) -> None:
        for name, known in properties.items():
            if not known.fields:
                continue
            singular = name[:-1] if known.shape == "objects" else name
            described = getattr(inputs, f"{prefix}{singular[0].upper()}{singular[1:]}Args")
            assert set(known.fields) <= {camel(found) for found in sdk_names(described)}
            check(f"{prefix}{singular[0].upper()}{singular[1:]}", known.fields)

    check(kind, resource_types()[token].properties)


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


@pytest.mark.parametrize("token", functions())
def test_every_function_is_the_sdks(token: str) -> None:
    module, name = module_of(token), token.rpartition(":")[2]
    source = inspect.getsource(getattr(module, snake(name)))
    assert f"'{token}'" in source
    arguments = set(re.findall(r"__args__\['(\w+)'\]", source))
    function = functions()[token]
    assert set(function.arguments) <= arguments
    results = sdk_names(getattr(module, f"{name[0].upper()}{name[1:]}Result"))
    assert set(function.results) <= results
    assert all(known.source for known in function.arguments.values())


def test_the_sdk_is_the_release_that_is_stood_in_for() -> None:
    from importlib.metadata import version

    from canal_aws.sandbox.providers.aws import VERSION

    assert version("pulumi-aws") == VERSION

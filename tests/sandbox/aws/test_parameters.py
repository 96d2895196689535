"""SSM parameters on the embedded AWS: sizes, tiers, secrecy."""

from __future__ import annotations

from typing import Any

import pytest

from .clients import Aws, refused

NAME = "/canal-aws/demo/kubeconfig"


def _put(aws: Aws, value: str, **more: Any) -> Any:
    return aws.ssm.put_parameter(**{"Name": NAME, "Value": value, "Type": "SecureString", **more})


@pytest.mark.hardening
def test_a_standard_parameter_ends_at_4096_bytes(aws: Aws) -> None:
    _put(aws, "x" * 4096)
    with refused("ValidationException", "Standard tier parameters support a maximum parameter value of 4096"):
        _put(aws, "x" * 4097, Overwrite=True)


@pytest.mark.hardening
def test_an_advanced_parameter_ends_at_8192_bytes(aws: Aws) -> None:
    _put(aws, "x" * 8192, Tier="Advanced")
    with refused("ValidationException", "8192"):
        _put(aws, "x" * 8193, Overwrite=True)


@pytest.mark.hardening
def test_an_advanced_parameter_does_not_become_a_standard_one(aws: Aws) -> None:
    _put(aws, "x", Tier="Advanced")
    with refused("ValidationException", "can't downgrade"):
        _put(aws, "x", Tier="Standard", Overwrite=True)


@pytest.mark.hardening
def test_a_secure_string_is_not_read_without_decryption(aws: Aws) -> None:
    _put(aws, "apiVersion: v1")
    assert "apiVersion" not in aws.ssm.get_parameter(Name=NAME)["Parameter"]["Value"]
    assert "apiVersion" not in aws.ssm.get_parameters(Names=[NAME])["Parameters"][0]["Value"]
    opened = aws.ssm.get_parameter(Name=NAME, WithDecryption=True)["Parameter"]
    assert (opened["Value"], opened["Type"], opened["Version"]) == ("apiVersion: v1", "SecureString", 1)


def test_only_overwrite_overwrites(aws: Aws) -> None:
    _put(aws, "first")
    with refused("ParameterAlreadyExists"):
        _put(aws, "second")
    assert _put(aws, "second", Overwrite=True)["Version"] == 2
    assert aws.ssm.get_parameter(Name=NAME, WithDecryption=True)["Parameter"]["Value"] == "second"
    aws.ssm.delete_parameter(Name=NAME)
    with refused("ParameterNotFound"):
        aws.ssm.get_parameter(Name=NAME)

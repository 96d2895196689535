"""The parser that judges the documents' own command lines does refuse what the command line would."""

from __future__ import annotations

import pytest

from tests.docs.command_lines import CommandRefused, canal_aws_lines, parse


def test_commands_are_found_wherever_a_line_has_them() -> None:
    text = """
    canal-aws manifests native-routes --link-mtu 9001 > canal.yaml   # comment
    eval "$(.venv/bin/canal-aws sandbox env)" && .venv/bin/canal-aws sandbox stop; pulumi up
    canal-aws manifests calico-ipip \\
      --pod-cidr 10.0.0.0/8 | kubectl apply -f -
    """
    assert list(canal_aws_lines(text)) == [
        "manifests native-routes --link-mtu 9001",
        "sandbox stop",
        "sandbox env",
        "manifests calico-ipip --pod-cidr 10.0.0.0/8",
    ]


@pytest.mark.parametrize("line", ["manifests ARCH [--pod-cidr 10.0.0.0/8]", "sandbox", "demo [ARCH…]", "architectures"])
def test_what_exists_is_accepted(line: str) -> None:
    parse(line)


@pytest.mark.parametrize(
    "line", ["manifest ARCH", "manifests ARCH --mtu 1", "sandbox begin", "manifests ARCH --link-mtu x"]
)
def test_what_does_not_exist_is_refused(line: str) -> None:
    with pytest.raises(CommandRefused):
        parse(line)

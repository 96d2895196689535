"""The provider's own configuration, its kubeconfig, and a cluster that does not answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from canal_aws.sandbox.providers.kubernetes.api import Api
from canal_aws.sandbox.providers.kubernetes.cluster import Cluster
from canal_aws.sandbox.providers.kubernetes.config import Config, diff, failures
from canal_aws.sandbox.providers.kubernetes.errors import ClusterUnreachable
from canal_aws.sandbox.providers.kubernetes.operations import Operations
from canal_aws.sandbox.providers.kubernetes.request import Request
from canal_aws.sandbox.providers.values import UNKNOWN
from tests.sandbox.providers.kubernetes.samples import changed, kind, samples


def kubeconfig(server: str = "https://127.0.0.1:6443", token: str = "t", **cluster: Any) -> str:
    return yaml.safe_dump(
        {
            "current-context": "one",
            "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
            "users": [{"name": "u", "user": {"token": token}}],
        }
    )


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def operations(config: Config) -> Operations:
    def reach() -> Cluster:
        access = config.access()
        return Cluster(Api(access), access.namespace, threading.Event())

    return Operations(config, reach)


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({}, "kubeconfig"),
        ({"kubeconfig": ""}, "kubeconfig"),
        ({"kubeconfig": "x", "renderYamlToDirectory": "x"}, "renderYamlToDirectory"),
        ({"kubeconfig": "x", "skipUpdateUnreachable": "true"}, "skipUpdateUnreachable"),
        ({"kubeconfig": "x", "enableServerSideApply": "false"}, "enableServerSideApply"),
    ],
)
def test_configuration_that_is_refused(given: dict[str, Any], at: str) -> None:
    assert [key for key, _ in failures(given, {})] == [at]


def test_configuration_that_is_taken() -> None:
    given = {"kubeconfig": UNKNOWN, "deleteUnreachable": True, "enableServerSideApply": "true", "version": "4.34.2"}
    assert failures(given, {}) == []
    config = Config.from_properties(given, {"PULUMI_K8S_ENABLE_PATCH_FORCE": "true"})
    assert (config.kubeconfig, config.delete_unreachable, config.patch_force, config.upsert) == (
        None,
        True,
        True,
        False,
    )


def test_the_flag_outranks_the_environment() -> None:
    environment = {"PULUMI_K8S_DELETE_UNREACHABLE": "true"}
    assert Config.from_properties({}, environment).delete_unreachable
    assert not Config.from_properties({"deleteUnreachable": "false"}, environment).delete_unreachable


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(token="other")}, []),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig("https://127.0.0.1:7443")}, ["kubeconfig"]),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
        (
            {"kubeconfig": kubeconfig(), "clusterIdentifier": "a"},
            {"kubeconfig": kubeconfig("https://127.0.0.1:7443"), "clusterIdentifier": "a"},
            [],
        ),
        ({"clusterIdentifier": "a"}, {"clusterIdentifier": "b"}, ["clusterIdentifier"]),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(), "deleteUnreachable": "true"}, []),
    ],
)
def test_another_cluster_replaces_the_provider(old: dict[str, Any], new: dict[str, Any], replaces: list[str]) -> None:
    changed_keys, replacing = diff(old, new)
    assert replacing == replaces
    assert changed_keys == [key for key in sorted(new) if old.get(key) != new[key]]


def test_kubeconfig_by_path(tmp_path: Path) -> None:
    path = tmp_path / "admin.conf"
    path.write_text(kubeconfig())
    assert Config(kubeconfig=str(path)).access().server == "https://127.0.0.1:6443"


def _exec_plugin() -> str:
    document = yaml.safe_load(kubeconfig())
    document["users"][0]["user"] = {"exec": {"command": "aws"}}
    return yaml.safe_dump(document)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/no/such/file", "/no/such/file cannot be read"),
        ("a: [\nSECRET", r"^kubeconfig: not YAML \(ParserError\)$"),
        ("just\ntext", "neither a kubeconfig nor the path of one"),
        ("{}", "no current-context"),
        (kubeconfig().replace("name: c\n", "name: d\n"), "no cluster named 'c'"),
        (_exec_plugin(), "user uses exec, which the stand-in"),
        (kubeconfig(**{"proxy-url": "http://x"}), "cluster uses proxy-url"),
        (kubeconfig(**{"certificate-authority-data": "%"}), "certificate-authority-data is not base64"),
    ],
)
def test_kubeconfig_that_leads_nowhere(text: str, said: str) -> None:
    with pytest.raises(ClusterUnreachable, match=said):
        Config(kubeconfig=text).access()


def test_certificates_leave_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    document = yaml.safe_load(kubeconfig())
    document["users"][0]["user"] = {"client-certificate-data": "eA==", "client-key-data": "eA=="}
    with pytest.raises(ClusterUnreachable, match="no PEM pair"):
        Api(Config(kubeconfig=yaml.safe_dump(document)).access())
    assert list(tmp_path.iterdir()) == []


ITEM = samples("unreachable")["ConfigMap"]
STATE = changed(ITEM, "metadata.uid", "1-2-3")

CALLS: dict[str, Callable[[Operations], Any]] = {
    "create": lambda target: target.create(Request(kind(ITEM), ITEM)),
    "update": lambda target: target.update(Request(kind(ITEM), ITEM), STATE),
    "read": lambda target: target.read(Request(kind(ITEM), ITEM), "default/x", STATE),
    "delete": lambda target: target.delete(Request(kind(ITEM), ITEM), "default/x", STATE),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_cluster_that_does_not_answer_fails_by_default(name: str) -> None:
    unreachable = Config(kubeconfig=kubeconfig(f"https://127.0.0.1:{closed_port()}"))
    with pytest.raises(ClusterUnreachable, match=r"does not answer: .*refused") as seen:
        CALLS[name](operations(unreachable))
    assert ("PULUMI_K8S_DELETE_UNREACHABLE=true" in str(seen.value)) is (name in ("read", "delete"))


def test_delete_unreachable_forgets_the_object() -> None:
    config = Config(kubeconfig=kubeconfig(f"https://127.0.0.1:{closed_port()}"), delete_unreachable=True)
    assert CALLS["read"](operations(config)) is None
    CALLS["delete"](operations(config))


@pytest.mark.parametrize("text", [None, kubeconfig(f"https://127.0.0.1:{closed_port()}")])
def test_previews_work_without_an_api(text: str | None) -> None:
    target = operations(Config(kubeconfig=text))
    assert target.create(Request(kind(ITEM), ITEM, preview=True)) == ("", ITEM)
    assert target.update(Request(kind(ITEM), ITEM, preview=True), STATE) == ITEM


def test_previews_with_values_not_known_yet_ask_nobody() -> None:
    item = changed(ITEM, "data.veth_mtu", UNKNOWN)
    assert operations(Config(kubeconfig=None)).create(Request(kind(item), item, preview=True)) == ("", item)

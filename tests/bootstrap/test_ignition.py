from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canal_aws.bootstrap import BootstrapError, butane, ignition
from canal_aws.bootstrap.node_files import NodeFile, Unit
from tests.bootstrap.ignition_reader import content, replaced


@given(st.text(max_size=200))
def test_a_data_url_holds_any_text_in_characters_that_urls_may_have(text: str) -> None:
    url = ignition.data_url(text)
    # What Ignition's own parser refuses (github.com/vincent-petithory/dataurl, isURLCharRune), and what begins a
    # fragment or a query elsewhere.
    assert not set(' <>#"{}|\\^[]`?') & set(url)
    assert url.isascii()
    assert url.isprintable()
    assert content({"source": url}) == text.encode()


def test_packing_is_the_same_each_time_and_keeps_all() -> None:
    config = {"ignition": {"version": "3.4.0"}, "storage": {"files": [{"path": "/a"}]}}
    packed = ignition.packed(config)
    assert packed == ignition.packed(json.loads(json.dumps(config)))
    assert replaced(packed) == config


def test_every_entry_that_butane_writes_compiles() -> None:
    document = butane.document(
        files=[
            butane.written(NodeFile("/etc/a", "a\n", "0600"), overwrite=True),
            butane.fetched("/opt/b", "https://example.com/b"),
        ],
        links=[butane.linked("/etc/c", "/dev/null", overwrite=True)],
        units=[butane.unit(Unit("d.service", "[Unit]\n", enabled=True)), butane.masked("e.timer")],
    )
    assert butane.to_ignition(document) == {
        "ignition": {"version": "3.4.0"},
        "storage": {
            "files": [
                {"path": "/etc/a", "overwrite": True, "mode": 0o600, "contents": {"source": "data:,a%0A"}},
                {"path": "/opt/b", "contents": {"source": "https://example.com/b"}},
            ],
            "links": [{"path": "/etc/c", "target": "/dev/null", "overwrite": True}],
        },
        "systemd": {
            "units": [
                {"name": "d.service", "enabled": True, "contents": "[Unit]\n"},
                {"name": "e.timer", "mask": True},
            ]
        },
    }


@pytest.mark.parametrize(
    ("field", "document"),
    [
        ("passwd", {"passwd": {}}),
        ("filesystems", {"storage": {"filesystems": []}}),
        ("append", {"storage": {"files": [{"path": "/a", "append": []}]}}),
        ("local", {"storage": {"files": [{"path": "/a", "contents": {"local": "a"}}]}}),
        ("dropins", {"systemd": {"units": [{"name": "a.service", "dropins": []}]}}),
    ],
)
def test_what_is_not_compiled_is_refused_and_never_dropped(field: str, document: dict[str, object]) -> None:
    with pytest.raises(BootstrapError, match=f"Butane's {field} is not compiled"):
        butane.to_ignition({"variant": "flatcar", "version": "1.1.0", **document})


def test_another_variant_is_refused() -> None:
    with pytest.raises(BootstrapError, match=r"fcos 1\.5\.0 is not compiled"):
        butane.to_ignition({"variant": "fcos", "version": "1.5.0"})

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from canal_aws.sandbox.toolchain import build, cache, ensure
from canal_aws.sandbox.toolchain.cache import Cache
from canal_aws.sandbox.toolchain.errors import BuildFailedError, DiskFullError, ToolchainError
from canal_aws.sandbox.toolchain.pins import all_tools, names_for
from tests.sandbox.toolchain.conftest import Machine


@pytest.fixture(autouse=True)
def _only_builds(machine: Machine) -> None:
    machine.forbid_downloads()
    machine.go()


class Told:
    def __init__(self) -> None:
        self.steps: list[str] = []

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[None]:
        self.steps.append(text)
        yield


def test_a_cold_machine_gets_every_tool_from_one_build_a_set(machine: Machine) -> None:
    told = Told()
    toolchain = ensure(progress=told)
    assert list(toolchain.tools) == names_for("sandbox")
    assert {tool.source for tool in toolchain.tools.values()} == {"built"}
    assert len(machine.builds()) == 4
    assert [step.split(" (about")[0] for step in told.steps][1] == (
        "building Kubernetes 1.36.3: kube-apiserver, kube-controller-manager, kube-scheduler, kubeadm, kubectl, kubelet"
    )
    for name in toolchain.tools:
        assert (toolchain.bin_dir / name).resolve() == toolchain.path(name)
    assert not toolchain.brings_language_host
    assert not machine.cache.work.exists(), "Go's caches and half-made things are gone"


def test_what_only_tests_run_is_not_built_for_the_sandbox(machine: Machine) -> None:
    assert set(names_for("tests")) - set(ensure().tools) == {"kube-apiserver-1.35", "butane", "ignition-validate"}
    machine.go_answers("k8s.io/kubernetes/cmd/kube-apiserver", "kube-apiserver", "Kubernetes v1.35.4")
    previous = ensure(["kube-apiserver-1.35"])
    assert previous.tools["kube-apiserver-1.35"].version == "1.35.4"
    assert previous.path("kube-apiserver-1.35") != ensure().path("kube-apiserver")


def test_nothing_is_started_or_locked_when_everything_is_there(machine: Machine) -> None:
    first = ensure(["etcd", "kwok"])
    machine.cache.lock.unlink()
    told = Told()
    assert ensure(["etcd", "kwok"], told) == first
    assert told.steps == []
    assert len(machine.builds()) == 2
    assert not machine.cache.lock.exists()


def test_go_sees_our_settings_and_not_the_users(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"GOOS": "plan9", "GOFLAGS": "-mod=mod", "CGO_CFLAGS": "-O0", "GOPROXY": "mirror"}.items():
        monkeypatch.setenv(name, value)
    ensure(["etcd"])
    [(words, seen)] = machine.builds()
    assert "-mod=readonly" in seen["GOFLAGS"]
    assert "-trimpath" in seen["GOFLAGS"]
    assert (seen["GOTOOLCHAIN"], seen["GOWORK"], seen["CGO_ENABLED"]) == ("local", "off", "0")
    assert seen["GOPROXY"] == "mirror"
    assert not {"GOOS", "CGO_CFLAGS"} & set(seen)
    for variable in ("GOMODCACHE", "GOCACHE", "GOTMPDIR", "GOPATH"):
        assert Path(seen[variable]).is_relative_to(machine.cache.work)
    assert words[-1] == "go.etcd.io/etcd/server/v3"


def test_a_users_go_caches_are_used_and_left_alone(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "mine"))
    ensure(["etcd"])
    assert machine.builds()[0][1]["GOMODCACHE"] == str(tmp_path / "mine")
    assert (tmp_path / "mine").is_dir()


@pytest.mark.parametrize("damage", ["truncated", "removed", "manifest cut"])
def test_a_damaged_piece_is_rebuilt_and_only_that(machine: Machine, damage: str) -> None:
    etcd = ensure(["etcd", "kwok"]).path("etcd")
    manifest = etcd.with_name("manifest.json")
    if damage == "truncated":
        etcd.write_bytes(etcd.read_bytes()[:5])
    elif damage == "removed":
        etcd.unlink()
    else:
        manifest.write_text(manifest.read_text()[:40])
    assert ensure(["etcd", "kwok"]).path("etcd").read_text().endswith("echo v3.6.16\n")
    assert [words[-1] for words, _ in machine.builds()][2:] == ["go.etcd.io/etcd/server/v3"]


def test_checkouts_that_build_a_version_differently_keep_their_own(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = ensure(["etcd"])
    with monkeypatch.context() as another_checkout:
        another_checkout.setattr(cache, "recipe", lambda tool: f"{tool.name} otherwise".encode().hex())
        theirs = ensure(["etcd"])
        assert theirs.path("etcd") != ours.path("etcd")
        assert theirs.bin_dir != ours.bin_dir
        assert len(machine.builds()) == 2
    assert ensure(["etcd"]) == ours
    assert len(machine.builds()) == 2


def test_a_disk_that_runs_full_under_go_is_said_plainly_and_the_next_run_works(machine: Machine) -> None:
    machine.go_fails("go: downloading x\nwrite $WORK/b001/_pkg_.a: no space left on device")
    with pytest.raises(DiskFullError) as full:
        ensure(["etcd"])
    assert str(machine.cache.root) in str(full.value)
    assert "0.9 GB free" in str(full.value)
    assert not list(machine.cache.work.glob("*")), "what is ours was given back"
    (machine.control / "fail").unlink()
    assert ensure(["etcd"]).path("etcd").exists()


def test_a_disk_that_runs_full_under_us_is_said_plainly_and_the_next_run_works(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Cache, "put", full)
        with pytest.raises(DiskFullError, match="XDG_CACHE_HOME"):
            ensure(["etcd"])
    assert ensure(["etcd"]).path("etcd").exists()


def test_a_disk_that_is_too_small_is_refused_before_the_build(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "free_bytes", lambda _: 10**9)
    with pytest.raises(DiskFullError, match=r"needs 4\.\d GB free there .* 1\.0 GB are"):
        ensure()
    assert machine.builds() == []


def test_a_cache_that_cannot_be_written_is_said_plainly(machine: Machine) -> None:
    machine.cache.given_up.unlink()
    machine.cache.root.rmdir()
    machine.cache.root.write_text("a file where the folder should be")
    with pytest.raises(ToolchainError, match=r"cannot be written: .* XDG_CACHE_HOME"):
        ensure(["etcd"])


def test_a_failed_build_shows_gos_last_lines_and_not_its_downloads(machine: Machine) -> None:
    machine.go_fails("go: downloading example.org/a v1\nx.go:1: undefined: y")
    with pytest.raises(BuildFailedError) as failed:
        ensure(["kwok"])
    assert "x.go:1: undefined: y" in str(failed.value)
    assert "downloading" not in str(failed.value)
    assert (machine.cache.work / "go-modules").is_dir(), "the next run goes on from there"
    assert machine.half_made() == []


def test_an_unreachable_module_proxy_is_named(machine: Machine) -> None:
    machine.go_fails('Get "https://mirror.invalid/x": dial tcp: lookup mirror.invalid: no such host')
    with pytest.raises(BuildFailedError, match=r"module proxy cannot be reached.*GOPROXY"):
        ensure(["kwok"])


def test_a_result_that_answers_another_version_is_not_kept(machine: Machine) -> None:
    machine.go_answers("sigs.k8s.io/kwok/cmd/kwok", "kwok", "v0.6.0")
    with pytest.raises(BuildFailedError, match=r"answers '0\.6\.0', not 0\.7\.0"):
        ensure(["kwok"])
    assert machine.cache.find(all_tools()["kwok"]) is None


def test_unknown_names_are_refused_with_the_known_ones(machine: Machine) -> None:
    with pytest.raises(ToolchainError, match=r"no such tool: kubelete\. There are pulumi,"):
        ensure(["etcd", "kubelete"])
    with pytest.raises(ToolchainError, match="'kwok' is not in this toolchain: it has etcd"):
        ensure(["etcd"]).path("kwok")


def test_a_tool_on_path_is_linked_and_not_built(machine: Machine) -> None:
    path = machine.answering("pulumi", "v3.400.0")
    toolchain = ensure(["pulumi"])
    assert (toolchain.path("pulumi"), toolchain.tools["pulumi"].source) == (path, "PATH")
    assert (toolchain.bin_dir / "pulumi").resolve() == path
    assert machine.builds() == []
    (path.parent / "pulumi-language-python").write_text("")
    assert toolchain.brings_language_host

"""The demo's view of the checkout: everything of it, and nothing written into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from canal_aws.sandbox.demo import project


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "infra").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "Pulumi.yaml").write_text("name: canal-aws\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text("import infra\n")
    return folder


def test_stack_settings_land_in_the_view_alone(checkout: Path, tmp_path: Path) -> None:
    before = sorted(path.name for path in checkout.iterdir())
    view = project.view(checkout, tmp_path / "view")
    (view / "Pulumi.demo.yaml").write_text("encryptionsalt: v1\n")

    assert (view / "__main__.py").read_text() == "import infra\n"
    assert (view / "infra").is_dir()
    assert not (view / "Pulumi.dev.yaml").exists()
    assert not (view / ".git").exists()
    assert sorted(path.name for path in checkout.iterdir()) == before


def test_a_view_can_be_made_again(checkout: Path, tmp_path: Path) -> None:
    project.view(checkout, tmp_path / "view")
    (checkout / "new.py").touch()
    assert (project.view(checkout, tmp_path / "view") / "new.py").exists()


def test_the_current_folder_comes_first(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    assert project.find() == checkout


def test_another_project_is_not_taken_for_this_one(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "Pulumi.yaml").write_text("name: something-else\n")
    monkeypatch.chdir(checkout)
    monkeypatch.setattr(project.canal_aws, "__file__", str(tmp_path / "site-packages/canal_aws/__init__.py"))
    with pytest.raises(project.ProjectNotFound, match=r"looked for Pulumi.yaml in .*checkout"):
        project.find()

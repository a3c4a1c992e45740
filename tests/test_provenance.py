"""What a run was made with."""

import shutil
import subprocess

import pytest

from summarizer import __version__
from summarizer.evaluation import provenance


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of its own with one commit, taken for the program's."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    monkeypatch.setattr(provenance, "_ROOT", tmp_path)
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "summarizer").mkdir()
    (tmp_path / "summarizer" / "code.py").write_text("one\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "One"]):
        identity = ["-c", "user.name=Any", "-c", "user.email=any@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)
    return tmp_path


def test_the_commit_and_whether_what_decides_results_differs_from_it(checkout):
    clean = provenance.commit()
    assert clean is not None and len(clean.sha) >= 40 and not clean.dirty
    (checkout / "notes.txt").write_text("These decide nothing.")
    assert provenance.commit() == clean
    (checkout / "summarizer" / "more.py").write_text("two\n")
    assert provenance.commit() == provenance.Commit(clean.sha, dirty=True)


def test_a_folder_in_another_checkout_has_no_commit(checkout, monkeypatch):
    monkeypatch.setattr(provenance, "_ROOT", checkout / "summarizer")
    assert provenance.commit() is None


def test_versions_and_machine():
    assert provenance.versions()["summarizer"] == __version__
    assert {"python", "pydantic", "instructor", "openai"} <= provenance.versions().keys()
    assert set(provenance.machine()) == {"cpu", "cores", "system"}

"""The figures in the documents are what their commands print."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def check(root):
    command = [sys.executable, str(root / "evals" / "documents.py"), "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_figure_that_was_changed_by_hand_is_found(tmp_path):
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "documents.py").write_bytes((ROOT / "evals" / "documents.py").read_bytes())
    (tmp_path / "docs").mkdir()
    for document in ("evals/README.md", "docs/benchmarks.md", "docs/security.md"):
        (tmp_path / document).write_text("Nothing.")
    readme = tmp_path / "README.md"
    readme.write_text("<!-- $ summarizer --version -->\nsummarizer 99\n<!-- end -->\n")
    assert check(tmp_path).returncode == 1
    update = subprocess.run([sys.executable, str(tmp_path / "evals" / "documents.py")], check=False)
    assert update.returncode == 0
    assert "summarizer 99" not in readme.read_text()
    assert check(tmp_path).returncode == 0

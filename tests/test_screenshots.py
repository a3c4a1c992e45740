"""The README's pictures are made by a command."""

import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_pictures_are_made_and_show_something(tmp_path):
    command = [sys.executable, str(ROOT / "docs" / "screenshots.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("report", "digest"):
        picture = (tmp_path / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        # An empty page of this size has some 5 kB.
        assert struct.unpack(">II", picture[16:24]) == (1360, 860) and len(picture) > 50_000
        assert (ROOT / "docs" / f"{name}.png").is_file()

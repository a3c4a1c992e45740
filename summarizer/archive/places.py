"""Where the archive is when nobody says."""

from __future__ import annotations

from pathlib import Path

_FILE = "archive.sqlite"


def default_path() -> Path:
    """`archive.sqlite` in the user's data folder for the program."""
    from platformdirs import user_data_path

    return user_data_path("summarizer", appauthor=False) / _FILE

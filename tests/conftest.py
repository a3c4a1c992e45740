"""For all tests: no deadline a loaded machine could miss, and a cache folder of their own."""

import pytest
from hypothesis import settings

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("SUMMARIZER_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))

"""What is installed: locks with hashes that fit the project, and a bill of materials that names all of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from summarizer.llm.weights import known_models

ROOT = Path(__file__).parent.parent
LOCKS = sorted(ROOT.glob("requirements*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

sys.path.insert(0, str(ROOT / "docs"))
from sbom import bill, locked  # noqa: E402


def required(*extras: str) -> list[Requirement]:
    """The project's own requirements, and those of extras, with the extras that these stand for."""
    found = [Requirement(one) for one in PROJECT["dependencies"]] if not extras else []
    for extra in extras:
        for one in map(Requirement, PROJECT["optional-dependencies"][extra]):
            found += required(*sorted(one.extras)) if one.name == PROJECT["name"] else [one]
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_requirement_of_a_lock_has_hashes_and_no_address(lock: Path) -> None:
    packages = locked(lock)
    assert packages and all(one.hashes for one in packages)
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text and "@" not in text
    assert not re.search(r"^\s*-(?!-hash=sha256:[0-9a-f]{64}\b)", text, re.MULTILINE), "an option besides hashes"


@pytest.mark.parametrize(
    "line",
    ["a==1", "a>=1 --hash=sha256:" + "0" * 64, "a==1 --hash=md5:" + "0" * 32, "a==1.* --hash=sha256:" + "0" * 64,
     "a @ https://example.org/a.whl --hash=sha256:" + "0" * 64],
)  # fmt: skip
def test_a_lock_that_pins_too_little_is_seen(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.lock").write_text(f"{line}\n")
    with pytest.raises(ValueError, match=r"no exact version|no hash"):
        locked(tmp_path / "a.lock")


@pytest.mark.parametrize(
    ("name", "extras"), [("requirements.lock", ((), ("local",))), ("requirements-dev.lock", ((), ("dev",)))]
)
def test_the_locks_fit_the_project(name: str, extras: tuple[tuple[str, ...], ...]) -> None:
    versions: dict[str, set[str]] = {}
    for one in locked(ROOT / name):
        versions.setdefault(one.name, set()).add(one.version)
    for requirement in (one for some in extras for one in required(*some)):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement} is not in {name}: make the lock anew"
        assert all(requirement.specifier.contains(version, prereleases=True) for version in found), requirement


def test_the_bill_names_every_package_and_the_model() -> None:
    made = bill()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made)) is None
    components = {(one["type"], one["name"], one.get("version")): one for one in made["components"]}
    for one in locked(ROOT / "requirements.lock"):
        listed = components["library", one.name, one.version]["hashes"]
        assert {entry["content"] for entry in listed} >= set(one.hashes)
    for model in known_models().values():
        entry = components["machine-learning-model", model.name, None]
        assert entry["hashes"] == [{"alg": "SHA-256", "content": model.sha256}]
        assert entry["licenses"] == [{"license": {"id": model.licence}}]
        assert {"name": "summarizer:size_bytes", "value": str(model.size_bytes)} in entry["properties"]
        assert len(entry["components"]) == len(model.parts)
    assert len(components) == len(made["components"]) == len(locked(ROOT / "requirements.lock")) + len(known_models())


def test_the_bill_is_the_same_each_time_and_names_no_host() -> None:
    made = [subprocess.run([sys.executable, ROOT / "docs" / "sbom.py"], capture_output=True, check=True) for _ in "ab"]
    assert made[0].stdout == made[1].stdout
    assert b"://" not in made[0].stdout and str(ROOT).encode() not in made[0].stdout

"""A CycloneDX bill of materials: all that `requirements.lock` installs, and the embedded model's file.

    python docs/sbom.py > sbom.cdx.json      (extra dev)

The same lock and catalogue always give the same bytes: nothing in it is of the machine or the moment. No address is in
it: packages are named by purl, and known by the hashes of the files that the lock allows. Each component has as many
hashes as there are files (wheels for several systems, the sources), of which one is installed.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from summarizer.llm.weights import ModelFile, known_models

ROOT = Path(__file__).parent.parent
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_ANY_HASH = re.compile(r"--hash=\S+")


@dataclass(frozen=True)
class Locked:
    """One package of a lock. `marker` says on which systems it is installed; `hashes` are SHA-256."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]


def locked(path: Path) -> list[Locked]:
    """The packages of a lock.

    Raises:
        ValueError: a requirement has no exact version, no hash, or one that isn't SHA-256.
    """
    found = []
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        requirement = Requirement(_ANY_HASH.sub("", line).strip())
        versions = [one.version for one in requirement.specifier if one.operator == "=="]
        hashes = tuple(_HASH.findall(line))
        if len(versions) != 1 or "*" in versions[0] or len(requirement.specifier) != 1:
            raise ValueError(f"{line[:80]}: no exact version")
        if not hashes or len(hashes) != len(_ANY_HASH.findall(line)):
            raise ValueError(f"{line[:80]}: no hash, or another than SHA-256")
        marker = str(requirement.marker) if requirement.marker else None
        found.append(Locked(canonicalize_name(requirement.name), versions[0], marker, hashes))
    return found


def bill(lock: Path = ROOT / "requirements.lock") -> dict[str, Any]:
    """The bill of materials as JSON."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = [_package(one) for one in locked(lock)]
    models = [_model(model) for model in known_models().values()]
    root = f"pkg:pypi/{project['name']}@{project['version']}"
    content = {
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": project["name"],
                "version": project["version"],
                "purl": root,
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": [*packages, *models],
        "dependencies": [{"ref": root, "dependsOn": sorted(one["bom-ref"] for one in (*packages, *models))}],
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    head = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
    }
    return head | content


def _package(one: Locked) -> dict[str, Any]:
    # The same package may be locked twice, for different systems.
    reference = f"pkg:pypi/{one.name}@{one.version}"
    component = {
        "type": "library",
        "bom-ref": reference,
        "name": one.name,
        "version": one.version,
        "purl": reference,
        "hashes": _hashes(*one.hashes),
    }
    return component | ({"properties": [_property("marker", one.marker)]} if one.marker else {})


def _model(model: ModelFile) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{model.name}",
        "name": model.name,
        "hashes": _hashes(model.sha256),
        "licenses": [{"license": {"id": model.licence}}],
        "properties": [
            _property("file", model.file_name),
            _property("size_bytes", str(model.size_bytes)),
            _property("repository", model.hub_repo),
        ],
        "components": [
            {
                "type": "data",
                "bom-ref": f"model:{model.name}/{part.name}",
                "name": part.name,
                "version": part.version,
                "purl": f"pkg:pypi/{part.name}@{part.version}",
                "hashes": _hashes(part.sha256),
                "properties": [_property("size_bytes", str(part.size_bytes))],
            }
            for part in model.parts
        ],
    }


def _hashes(*values: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": value} for value in values]


def _property(name: str, value: str | None) -> dict[str, str]:
    return {"name": f"summarizer:{name}", "value": value or ""}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill(), indent=1) + "\n")

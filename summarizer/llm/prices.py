"""What tokens cost, where that is known for sure. An unknown price stays unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from summarizer.resources import data

_MILLION = 1_000_000
_SNAPSHOT = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, as listed on the day `as_of`. Discounts for cached input are not known
    to it, so that a cost is an upper bound. `batch_share` is what the Batch API takes of the price."""

    input_usd: float
    output_usd: float
    as_of: str = ""
    source: str = ""
    batch_share: float = 1.0

    def batched(self) -> Price:
        """The price through the Batch API."""
        return replace(
            self,
            input_usd=self.input_usd * self.batch_share,
            output_usd=self.output_usd * self.batch_share,
            batch_share=1.0,
        )

    def cost_usd(self, input_tokens: int, output_tokens: int) -> float:
        """What so many tokens cost, in US dollars."""
        return (input_tokens * self.input_usd + output_tokens * self.output_usd) / _MILLION


FREE = Price(0.0, 0.0)
"""The price of a model in this process."""


def price_of(provider: str, model_id: str) -> Price | None:
    """The listed price of a provider's model, or of the model that `model_id` is a dated snapshot of."""
    listed = data("prices.yaml")["providers"].get(provider)
    if listed is None:
        return None
    models = listed["models"]
    entry = models.get(model_id) or models.get(_SNAPSHOT.sub("", model_id))
    if entry is None:
        return None
    return Price(
        float(entry[0]),
        float(entry[1]),
        str(listed["as_of"]),
        str(listed["source"]),
        float(listed.get("batch_share", 1.0)),
    )

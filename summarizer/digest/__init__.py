"""The view across articles: who stands where, who moved, who says the same, who contradicts."""

from summarizer.digest.building import digest
from summarizer.digest.models import Digest

__all__ = ["Digest", "digest"]

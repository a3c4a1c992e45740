"""Sentences of an article with exact offsets, and the chunks that a model is asked about."""

from summarizer.sentences.chunks import Chunk, chunk, context_of, halve
from summarizer.sentences.splitting import split

__all__ = ["Chunk", "chunk", "context_of", "halve", "split"]

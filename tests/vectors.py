"""Vectors as the embedded model's, for tests of what is judged by them."""

from summarizer.extraction.probing import probe


def towards(language, question, label, strength):
    """A vector that the probe reads as this label, with `strength` as its largest number."""
    head = probe(language).heads[question]
    weights = head.weights[head.labels.index(label)]
    largest = max(map(abs, weights))
    return bytes(round(strength * weight / largest) & 0xFF for weight in weights)

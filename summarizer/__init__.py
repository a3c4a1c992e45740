"""Who said what about security guarantees: claims from news articles, each tied to the article's words."""

__version__ = "0.1.0"

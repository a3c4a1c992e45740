"""What in an article hides from its readers or speaks to a machine is kept from the models, and told to the user.

An article's writer may want a claim to vanish, or one to appear. The models see a *plain* text, without invisible
characters, letters in disguise, terminal sequences, and without the words that are meant for a model. Offsets of
what they find are those of the article again when a report is finished.
"""

from summarizer.screening.finding import find_suspicions
from summarizer.screening.letters import Suspicion
from summarizer.screening.screened import Screened, screen
from summarizer.screening.telling import kept_from_model

__all__ = ["Screened", "Suspicion", "find_suspicions", "kept_from_model", "screen"]

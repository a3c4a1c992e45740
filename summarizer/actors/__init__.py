"""Government actors: countries, the EU, NATO and the UN are one actor whatever they are called.

"Großbritannien", "London", "Downing Street" and "die britische Regierung" all mean `GB`. Country names
come from the CLDR (through babel); seats of government, demonyms and adjectives, German and English,
from `data/actors.yaml`. Codes are ISO 3166 alpha-2 for countries (`XK` for Kosovo), `EU`, `UN` and `NATO`
for the organisations. Brussels is the EU's seat here, not Belgium's.
"""

from summarizer.actors.finding import (
    Kind,
    Mention,
    actor_of,
    countries_in,
    country_name,
    country_of,
    demonym_country,
    find_actors,
    kind_of,
)

__all__ = [
    "Kind",
    "Mention",
    "actor_of",
    "countries_in",
    "country_name",
    "country_of",
    "demonym_country",
    "find_actors",
    "kind_of",
]

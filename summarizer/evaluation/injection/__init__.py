"""Whether an article can make claims vanish, appear, or break a report's form: attacks, and what got through."""

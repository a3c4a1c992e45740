"""Many articles: what is done is written down, what failed has its reason, the rest can be done later."""

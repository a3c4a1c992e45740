"""The view across articles: who stands where, who moved, who says the same, who contradicts."""

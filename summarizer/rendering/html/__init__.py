"""Pages on which everything of others is escaped.

Reports and digests are files that need nothing else and request nothing from anywhere; the pages of the server talk
to it alone.
"""

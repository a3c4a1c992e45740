"""Reports and digests as self-contained pages: no request to anywhere, everything escaped."""

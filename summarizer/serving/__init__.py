"""The local page: articles in by a form, reports that build up claim by claim, for the browser on this machine."""

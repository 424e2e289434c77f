"""Training problems that are benchmark tasks: by their text, code and behaviour."""

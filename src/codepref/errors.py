"""The one exception a user is meant to read."""


class UserError(Exception):
    """Something the user can mend: bad input, a missing tool, a wrong setting.

    The message names the file, line or key, what was expected, and how to mend it. Command lines
    print it without a traceback and end with exit code 2 (see ``codepref.cli.run``).
    """

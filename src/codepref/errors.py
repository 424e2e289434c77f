"""The one exception a user is meant to read."""

import re


class UserError(Exception):
    """Something the user can mend: bad input, a missing tool, a wrong setting.

    The message names the file, line or key, what was expected, and how to mend it. Command lines
    print it without a traceback and end with exit code 2 (see ``codepref.cli.run``).
    """


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of Python or torch says that memory is short, on a GPU or not."""
    return isinstance(error, MemoryError) or bool(
        re.search(r"out of memory|allocate memory", str(error))
    )

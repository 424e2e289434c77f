"""The one exception a user is meant to read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Something the user can put right: bad input, a missing tool, a wrong setting.

    The message names the file, line or key, what was expected, and how to put it right. Command
    lines print it without a traceback and end with exit code 2 (see ``codepref.cli.run``).
    """


# Only what means too little of it: CUDA's "illegal memory access" is another fault.
_SHORT_OF_MEMORY = re.compile(
    r"out of memory|allocate memory|not enough \w+ memory|no available memory"
    r"|available (?:KV cache )?memory \(|(?:available|free) memory on (?:node|device)",
    re.IGNORECASE,
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of Python, torch or vLLM says that memory is short."""
    return isinstance(error, MemoryError) or bool(_SHORT_OF_MEMORY.search(str(error)))


@contextmanager
def explain_out_of_memory(advice: str) -> Iterator[None]:
    """Turn running out of memory in a ``with`` block into a UserError with advice."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(f"out of memory {advice}") from error

"""A whole program as ``__main__``: Python itself starts it and ends it, as it does any file.

What Python does at the end of a process (waiting for threads, ``atexit``, clearing modules so that
``__del__`` runs and unflushed files are written) is not imitated. Only what follows, when nothing
of the program is left and Python frees its own memory, is left out where the exit status is known
to be 0: in a forked process it would copy every page, which takes longer than most programs.
"""

import builtins
import contextlib
import ctypes
import functools
import importlib.machinery
import io
import linecache
import os
import sys
import types
from collections.abc import Callable
from typing import Any

_BLOCK_BYTES = 4096  # of a buffered stream, as Python chooses it for a pipe or a file
_FRAMES_BELOW = 3  # levels of recursion between Python's start and the program, which has none
_preloaded: dict[str, types.ModuleType] = {}
_flush_c_streams = ctypes.PyDLL(None).fflush
_succeeded = False


def open_streams() -> None:
    """Make the standard streams anew, as Python does, over descriptors that each child replaces."""
    for number, (name, mode, errors) in enumerate(
        (
            ("stdin", "r", "surrogateescape"),
            ("stdout", "w", "surrogateescape"),
            ("stderr", "w", "backslashreplace"),
        )
    ):
        buffer = open(number, f"{mode}b", _BLOCK_BYTES, closefd=False)  # noqa: SIM115
        buffer.raw.name = f"<{name}>"  # type: ignore[attr-defined]
        stream = io.TextIOWrapper(buffer, "utf-8", errors, "\n", line_buffering=name == "stderr")
        stream.mode = mode  # type: ignore[misc]  # programs with their own fast input look at it
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def keep_modules() -> None:
    """Note which modules are loaded: the ends of programs leave them as they are."""
    _preloaded.update(sys.modules)
    for name in ("sys", "builtins"):
        del _preloaded[name]
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(globals()))


def path_of_program() -> str:
    """Return the name under which a program is compiled."""
    return f"{os.getcwd()}/main.py"  # noqa: PTH109


def prepare(
    source: str, program: types.CodeType, recursion: int, exit_status_counts: bool
) -> Callable[[], None]:
    """Make ``__main__`` what Python makes it for the program's file; return what runs it there."""
    path = program.co_filename
    # A new module: what exists since before the fork is left alone by the garbage collector. It
    # comes last, as if the modules loaded before it were Python's own.
    del sys.modules["__main__"]
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    names = vars(module)
    names.update(
        __loader__=importlib.machinery.SourceFileLoader("__main__", path),
        __annotations__={},
        __builtins__=builtins,
        __file__=path,
        __cached__=None,
    )
    sys.argv = ["main.py"]
    sys.excepthook = _print_exception
    vars(sys)["__interactivehook__"] = _Ending()
    linecache.cache[path] = (lambda: source,)
    sys.setrecursionlimit(recursion + _FRAMES_BELOW)
    return functools.partial(_run, program, names, exit_status_counts)


def _run(program: types.CodeType, names: dict[str, Any], exit_status_counts: bool) -> None:
    """Run a program; what it raises is for Python to deal with."""
    global _succeeded
    try:
        exec(program, names)
    except SystemExit as error:
        _succeeded = error.code is None or (type(error.code) is int and error.code == 0)
        if exit_status_counts:
            raise
    _succeeded = True


def _print_exception(kind: Any, error: Any, trace: Any) -> None:
    """Print an exception without the two levels of the traceback that are ours."""
    for _ in range(2):
        if trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
    if isinstance(error, BaseException):
        error.__traceback__ = trace
    sys.__excepthook__(kind, error, trace)


class _Ending:
    """Dies when Python, all threads and ``atexit`` functions done, begins to clear modules."""

    def __del__(self) -> None:
        # One way or another, the modules loaded before the fork are not cleared: they stay alive.
        ours = {
            name: module
            for name, module in sys.modules.items()
            if module is not _preloaded.get(name)
        }
        sys.modules.clear()
        sys.modules.update(ours)
        if _succeeded and _flushed():
            sys.last_of_all = _Exit()  # type: ignore[attr-defined]


def _flushed() -> bool:
    """Return whether Python could write out ``sys.stdout`` (if not, the exit status is 120)."""
    with contextlib.suppress(BaseException):
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
        return True
    return False


class _Exit:
    """Dies when ``sys`` is cleared, behind the modules and all that the program put anywhere."""

    def __del__(self, leave: Any = os._exit, flush: Any = _flush_c_streams) -> None:
        flush(None)
        leave(0)

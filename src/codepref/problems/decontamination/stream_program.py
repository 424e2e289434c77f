"""A program that reads standard input as a function of its input: many inputs in one process."""

# Descriptors 0 and 1 are files, so that `input()`, `sys.stdin.buffer`, `open(0)` and `os.read(0)`
# all find the text. A run ends as Python ends a program, as far as answers depend on it: threads
# are waited for and `atexit` functions run.
_RUNNER = """
import atexit, io, os, sys, tempfile, threading, types

_CODE = compile({source!r}, "main.py", "exec", dont_inherit=True)
_INPUT, _OUTPUT = tempfile.TemporaryFile(buffering=0), os.dup(1)


def _stream(number, mode):
    file = open(number, mode + "b", closefd=False)
    stream = io.TextIOWrapper(file, "utf-8", "surrogateescape", "\\n")
    stream.mode = mode  # programs with their own fast input look at it
    return stream


def run(text):
    for file, number in ((_INPUT.fileno(), 0), (_OUTPUT, 1)):
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        os.dup2(file, number)
    os.write(0, text.encode())
    os.lseek(0, 0, os.SEEK_SET)
    sys.stdin, output = _stream(0, "r"), _stream(1, "w")
    sys.stdout = output
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        exec(_CODE, main.__dict__)
    except SystemExit:
        pass
    except Exception:
        return None  # most often the text is not in the program's form: to describe that is slow
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    for stream in (output, sys.stdout):
        if not getattr(stream, "closed", False):
            stream.flush()
    return os.pread(_OUTPUT, os.fstat(_OUTPUT).st_size, 0).decode("utf-8", "replace")
"""

RUN = "run"  # the function: text in; text out, or None if the program failed


def as_function(source: str) -> str:
    """Return Python source of a function ``run`` of a program's standard input to its output."""
    return _RUNNER.format(source=source)

"""Programs whose output or exit status depends on how Python starts and ends a process.

Each is run by the executor and by the real interpreter, which is right: see ``test_endings.py``.
"""

PROGRAMS = {
    # Files over descriptor 1
    "open_one_unflushed": "out = open(1, 'w')\nout.write('answer')",
    "open_one_kept_by_a_function": "out = open(1, 'w')\ndef put(x):\n    out.write(x)\nput('a')",
    "open_one_in_a_cycle": "class A: pass\na = A()\na.me = a\na.out = open(1, 'w')\n"
    "a.out.write('answer')\ndel a",
    "open_one_not_closing": "open(1, 'w', closefd=False).write('a')\nprint('b')",
    "open_one_closing_before_print": "print('lost')\nopen(1, 'w').write('kept')",
    "open_one_binary": "out = open(1, 'wb')\nout.write(b'answer')",
    "fdopen": "import os\nout = os.fdopen(1, 'w')\nprint('answer', file=out)",
    "fdopen_and_print": "import os\nout = os.fdopen(1, 'w')\nprint('a', file=out)\nprint('b')",
    "dev_stdout": "out = open('/dev/stdout', 'w')\nout.write('answer')",
    "dev_fd": "out = open('/dev/fd/1', 'w')\nout.write('answer')",
    "open_zero_left_open": "f = open(0)\nprint(f.read())",
    "stdin_buffer": "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))",
    "stdin_closed": "import sys\nsys.stdin.close()\nprint('closed')",
    "carriage_returns": "import sys\nprint(repr(sys.stdin.readline()), repr(input()))",
    "os_write_between_prints": "import os\nprint('a')\nos.write(1, b'b')\nprint('c')",
    "os_write_after_much": "import os\nfor _ in range(700): print('0123456789')\nos.write(1, b'!')",
    "dup_of_stdout": "import os\nos.dup2(os.dup(1), 1)\nprint('answer')",
    "descriptor_one_closed": "import os\nprint('lost')\nos.close(1)",
    "os_exit_after_print": "import os\nprint('lost')\nos._exit(0)",
    "os_exit_status": "import os\nprint('lost', flush=True)\nos._exit(7)",
    "c_printf": "import ctypes\nprint('a')\nctypes.CDLL(None).puts(b'from C')",
    "mmap_and_array": "import array\nprint(array.array('i', [1, 2]))",
    # sys.stdout
    "printed_before_replacing": "import io, sys\nprint('answer')\nsys.stdout = io.StringIO()\n"
    "print('lost')",
    "stdout_closed": "import sys\nprint('answer')\nsys.stdout.close()",
    "stdout_closed_then_print": "import sys\nprint('a')\nsys.stdout.close()\nprint('b')",
    "with_stdout": "import sys\nwith sys.stdout as out:\n    out.write('answer')",
    "stdout_is_none": "import sys\nprint('a')\nsys.stdout = None\nprint('lost')",
    "stdout_deleted": "import sys\nprint('a')\ndel sys.stdout",
    "stdout_detached": "import sys\nprint('a')\nraw = sys.stdout.detach()\nraw.write(b'b')",
    "stdout_detached_rewrapped": "import io, sys\nprint('a')\n"
    "sys.stdout = io.TextIOWrapper(sys.stdout.detach(), 'ascii')\nprint('b')",
    "stdout_rewrapped_both": "import io, sys\nprint('a')\n"
    "sys.stdout = io.TextIOWrapper(sys.stdout.buffer)\nprint('b')",
    "stdout_is_a_file": "import sys\nprint('a')\nsys.stdout = open('/dev/null', 'w')\nprint('b')",
    "stdout_is_a_file_on_one": "import sys\nsys.stdout = open(1, 'w')\nprint('answer')",
    "stdout_is_buffered": "import io, sys\nsys.stdout = io.BytesIO()\nwrite = sys.stdout.write\n"
    "write(b'x')\nsys.__stdout__.write(sys.stdout.getvalue().decode())",
    "stdout_reconfigured": "import sys\n"
    "sys.stdout.reconfigure(line_buffering=True, newline='\\r\\n')\n"
    "print('a')\nprint('b')",
    "stdout_encoding": "import sys\n"
    "print(sys.stdout.encoding, sys.stdout.errors, sys.stdin.errors)\n"
    "print('\\udc80é')",
    "original_stdout": "import io, sys\nsys.stdout = io.StringIO()\nprint('lost')\n"
    "print('kept', file=sys.__stdout__)",
    "redirect_stdout": "import contextlib, io\nout = io.StringIO()\n"
    "with contextlib.redirect_stdout(out):\n    print('inside')\nprint(out.getvalue().upper())",
    "stdout_class_with_flush": "import sys\nclass Out:\n    def __init__(self): self.parts = []\n"
    "    def write(self, text): self.parts.append(text)\n"
    "    def flush(self): sys.__stdout__.write(''.join(self.parts)); self.parts = []\n"
    "sys.stdout = Out()\nprint('answer')",
    "stdout_flush_fails": "import sys\nclass Out:\n    def write(self, text): pass\n"
    "    def flush(self): raise OSError('no')\nsys.stdout = Out()\nprint('lost')",
    "stream_attributes": "import sys\nfor s in (sys.stdin, sys.stdout, sys.stderr):\n"
    "    print(s.name, s.mode, s.fileno(), s.line_buffering, s.isatty(), type(s.buffer).__name__,\n"
    "          s.newlines, s.write_through)",
    # Objects' ends
    "del_of_a_global": "class A:\n    def __del__(self): print('deleted')\na = A()\nprint('end')",
    "del_of_a_cycle": "class A:\n    def __del__(self): print('deleted')\na = A()\na.me = a\ndel a",
    "del_in_order": "class A:\n    def __init__(self, n): self.n = n\n"
    "    def __del__(self): print('deleted', self.n)\n_b = A(1)\na = A(2)\nc = [A(3), A(4)]",
    "del_uses_globals": "import sys\nname = 'x'\nclass A:\n"
    "    def __del__(self): sys.stdout.write(f'{name}\\n')\na = A()",
    "del_raises": "class A:\n    def __del__(self): raise ValueError('ignored')\na = A()\n"
    "print('ok')",
    "del_exits": "import sys\nclass A:\n    def __del__(self): sys.exit(3)\na = A()\nprint('ok')",
    "del_of_an_attribute_of_sys": "import sys\nclass A:\n    def __del__(self, p=print): p('sys')\n"
    "sys.mine = A()",
    "del_of_an_attribute_of_a_module": "import random\nclass A:\n"
    "    def __del__(self, p=print): p('module')\na = A()\nrandom.mine = 1",
    "del_of_a_builtin": "import builtins\nclass A:\n    def __del__(self, p=print): p('builtin')\n"
    "builtins.mine = A()",
    "del_prints_while_file_open": "out = open(1, 'w', closefd=False)\nclass A:\n"
    "    def __del__(self): out.write('deleted')\na = A()",
    "weakref_finalize": "import weakref\nclass A: pass\na = A()\n"
    "weakref.finalize(a, print, 'final')",
    "generator_finally": "def g():\n    try: yield 1\n    finally: print('finally')\n"
    "it = g()\nnext(it)",
    "late_import": "class A:\n    def __del__(self):\n        import decimal\n"
    "        print(decimal.Decimal(1))\na = A()\nimport fractions\nprint(fractions.Fraction(1, 2))",
    # atexit and threads
    "atexit_prints": "import atexit\natexit.register(print, 'second')\n"
    "atexit.register(print, 'first')",
    "atexit_raises": "import atexit\natexit.register(lambda: 1 / 0)\nprint('ok')",
    "atexit_exits": "import atexit, sys\natexit.register(sys.exit, 3)\nprint('ok')",
    "atexit_after_error": "import atexit\natexit.register(print, 'bye')\n1 / 0",
    "thread_outlives_main": "import threading, time\ndef work():\n    time.sleep(0.05)\n"
    "    print('thread')\nthreading.Thread(target=work).start()\nprint('main')",
    "thread_and_atexit": "import atexit, threading, time\natexit.register(print, 'atexit')\n"
    "threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()",
    "daemon_thread": "import threading, time\ndef work():\n    time.sleep(30)\n    print('never')\n"
    "threading.Thread(target=work, daemon=True).start()\nprint('main')",
    "busy_daemon_thread": "import threading\ndef work():\n    while True: pass\n"
    "threading.Thread(target=work, daemon=True).start()\nprint('main')",
    "thread_raises": "import threading\nthreading.Thread(target=lambda: 1 / 0).start()\n"
    "print('ok')",
    "thread_exits": "import sys, threading\nt = threading.Thread(target=sys.exit, args=(3,))\n"
    "t.start()\nt.join()\nprint('ok')",
    "thread_answers": "import sys, threading\nsys.setrecursionlimit(10**6)\n"
    "threading.stack_size(1 << 26)\ndef main():\n    print(input())\n"
    "threading.Thread(target=main).start()",
    "raw_thread": "import _thread, time\n_thread.start_new_thread(print, ('thread',))\n"
    "time.sleep(0.05)\nprint('main')",
    "timer": "import threading\nthreading.Timer(0.05, print, ('timer',)).start()",
    "thread_pool_executor": "from concurrent.futures import ThreadPoolExecutor\n"
    "pool = ThreadPoolExecutor(3)\nprint(list(pool.map(abs, [-1, -2])))",
    "thread_pool_executor_left_running": "import time\n"
    "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
    "pool.submit(lambda: (time.sleep(0.05), print('done')))",
    "thread_pool": "from multiprocessing.pool import ThreadPool\nwith ThreadPool(3) as pool:\n"
    "    print(pool.map(abs, [-1, -2]))",
    "thread_pool_left_open": "from multiprocessing.pool import ThreadPool\npool = ThreadPool(2)\n"
    "print(pool.map(abs, [-1, -2]))",
    "multiprocessing_dummy": "from multiprocessing.dummy import Pool, Lock\n"
    "print(Pool(2).map(abs, [-3]), Lock().acquire())",
    "multiprocessing_lock": "import multiprocessing\nlock = multiprocessing.Lock()\n"
    "with lock:\n    print('locked')",
    "asyncio": "import asyncio\nasync def main():\n    await asyncio.sleep(0)\n    print(input())\n"
    "asyncio.run(main())",
    "alarm": "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: print('alarm'))\n"
    "signal.setitimer(signal.ITIMER_REAL, 0.02)\ntime.sleep(0.1)\nprint('end')",
    "alarm_kills": "import signal, time\nprint('lost')\nsignal.alarm(1)\ntime.sleep(5)",
    # Exit statuses
    "exit_none": "import sys\nprint('ok')\nsys.exit()",
    "exit_zero": "import sys\nprint('ok')\nsys.exit(0)",
    "exit_false": "import sys\nprint('ok')\nsys.exit(False)",
    "exit_float": "import sys\nprint('ok')\nsys.exit(0.0)",
    "exit_three": "import sys\nprint('ok')\nsys.exit(3)",
    "exit_256": "import sys\nprint('ok')\nsys.exit(256)",
    "exit_minus_one": "import sys\nprint('ok')\nsys.exit(-1)",
    "exit_huge": "import sys\nprint('ok')\nsys.exit(10**30)",
    "exit_two_to_32": "import sys\nprint('ok')\nsys.exit(1 << 32)",
    "exit_text": "import sys\nprint('ok')\nsys.exit('message')",
    "exit_empty_text": "import sys\nprint('ok')\nsys.exit('')",
    "exit_tuple": "import sys\nprint('ok')\nsys.exit((1, 2))",
    "exit_subclass": "class Out(SystemExit): pass\nprint('ok')\nraise Out(0)",
    "exit_code_changed": "e = SystemExit(0)\ne.code = 5\nraise e",
    "exit_builtin": "print(input())\nexit()",
    "quit_builtin": "print(input())\nquit()",
    "exit_in_a_function": "def main():\n    print('ok')\n    exit(0)\nmain()\nprint('never')",
    "exit_in_finally": "try:\n    1 / 0\nfinally:\n    print('ok')\n    exit(0)",
    "error": "print('a')\n1 / 0",
    "error_group": "raise ExceptionGroup('g', [ValueError(1)])",
    "keyboard_interrupt": "print('a')\nraise KeyboardInterrupt",
    "base_exception": "print('a')\nraise BaseException('b')",
    "excepthook": "import sys\nsys.excepthook = lambda kind, *_: print(kind.__name__)\n1 / 0",
    "excepthook_exits": "import sys\nsys.excepthook = lambda *_: sys.exit(0)\n1 / 0",
    "unprintable_error": "class E(Exception):\n    def __str__(self): raise self\nraise E",
    "recursion_error": "def f(): f()\nf()",
    "assertion": "assert False, 'no'",
    # __main__
    "main_guard": "if __name__ == '__main__':\n    print('main')",
    "file_name": "import os\nprint(os.path.basename(__file__), os.path.isabs(__file__))",
    "module_names": "print(sorted(n for n in globals() if n.startswith('__')))\n"
    "print(__doc__, __spec__, __package__, type(__loader__).__name__, __annotations__)",
    "doc_string": "'''Doc.'''\nprint(__doc__)",
    "annotations": "x: int = 1\nprint(__annotations__)",
    "builtins_module": "__builtins__.print('a')\nprint(type(__builtins__))",
    "import_main": "import __main__\nx = 5\nprint(__main__.x, __main__.__name__)",
    "main_in_modules": "import sys\nprint(sys.modules['__main__'].__dict__ is globals())",
    "pickle_own_class": "import pickle\nclass A:\n    x = 1\n"
    "print(pickle.loads(pickle.dumps(A())).x, A.__module__)",
    "deepcopy_own_class": "import copy\nclass A:\n    def __init__(self): self.x = [1]\n"
    "print(copy.deepcopy(A()).x)",
    "dataclass_with_text_types": "from __future__ import annotations\n"
    "from dataclasses import dataclass, field\nfrom typing import ClassVar\n"
    "@dataclass(order=True)\n"
    "class P:\n    x: int\n    n: ClassVar[int] = 3\n"
    "    y: list[int] = field(default_factory=list)\n"
    "print(P(1) < P(2), P(1))",
    "type_hints": "import typing\nclass A:\n    b: 'B'\nclass B: pass\n"
    "print(typing.get_type_hints(A))",
    "named_tuple": "from collections import namedtuple\nP = namedtuple('P', 'x y')\n"
    "print(P(1, 2), P.__module__)",
    "enum": "import enum\nclass C(enum.Enum):\n    A = 1\nprint(C.A, repr(C.A), C.__module__)",
    "source_of_a_function": "import inspect\ndef f():\n    return 1\nprint(inspect.getsource(f))",
    "traceback_text": "import traceback\ndef f():\n    return 1 / 0\ntry:\n    f()\n"
    "except Exception:\n"
    "    print(traceback.format_exc().replace(__file__, 'main.py'))",
    "arguments": "import sys\nprint(sys.argv, len(sys.argv))",
    "recursion_limit_counts": "def f(n): return n and 1 + f(n - 1)\nprint(f(990))",
    "recursion_stops_where_it_does": "def f(n):\n    try: return f(n + 1)\n"
    "    except RecursionError: return n\nprint(f(0))",
    "cache_recursion_stops_where_it_does": "from functools import cache\n@cache\ndef f(n):\n"
    "    try: return f(n + 1)\n    except RecursionError: return n\nprint(f(0))",
    "globals_and_locals": "x = 1\nprint(globals() is locals(), vars() is globals())\n"
    "exec('y = 2')\n"
    "print(y, eval('x + y'))",
    "exec_of_own_code": "code = 'print(__name__)'\nexec(code)\n"
    "exec(compile(code, 'x', 'exec'), {})",
    "gc_is_on": "import gc\nprint(gc.isenabled(), gc.get_threshold())",
    "help_names": "print(copyright.__class__.__name__, help, type(credits).__name__, exit)",
    "hash_seed": "print(hash('a'), {'a', 'b', 'c'})",
    "trace": "import sys\ncalls = []\ndef trace(frame, event, arg):\n"
    "    calls.append(frame.f_code.co_name)\nsys.settrace(trace)\ndef f(): pass\nf()\n"
    "sys.settrace(None)\nprint(calls)",
    "warning": "import warnings\nwarnings.warn('careful')\nprint('ok')",
    "logging": "import logging\nlogging.basicConfig()\nlogging.warning('careful')\nprint('ok')",
    "unittest": "import unittest\nclass T(unittest.TestCase):\n    def test(self): print('ran')\n"
    "unittest.main()",
    "doctest": "'''\n>>> 1 + 1\n2\n'''\nimport doctest\nprint(doctest.testmod())",
    "code_interact": "import code\ncode.InteractiveInterpreter(globals()).runsource('print(1)')",
    "temporary_file": "import tempfile\nwith tempfile.NamedTemporaryFile('w+') as f:\n"
    "    f.write('x')\n    f.seek(0)\n    print(f.read())",
    "relative_file": "with open('data.txt', 'w') as f:\n    f.write('x')\n"
    "print(open('data.txt').read())",
}
INPUT = "1 2\r\n3\n"
# Python 3.11 prints at most 4,300 digits unless told otherwise; programs here are.
DIGITS = {
    "many_digits": "print(10**5000)",
    "many_digits_read": "print(len(str(int('9' * 6000))))",
    "digit_limit_itself": "import sys\nsys.set_int_max_str_digits(5000)\nprint(10**5000)",
    "digit_limit_shown": "import sys\nprint(sys.get_int_max_str_digits())",
}

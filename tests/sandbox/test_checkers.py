"""Problems with a checker of their own: it judges, in a sandbox of its own, and is not trusted."""

import json

import pytest
from helpers.corpus_programs import PROBLEMS, CorpusProgram, with_checker
from hypothesis import given, settings
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.records import Comparison, Execution, Limits, Problem, TestCase
from codepref.sandbox import Executor, checkers
from codepref.sandbox.meter import SandboxError
from codepref.sandbox.worker import Worker

pytestmark = pytest.mark.slow  # sandboxes

ECHO = "import sys\nsys.stdout.write(sys.stdin.read())"
RIGHT = "for _ in range(int(input())):\n    s = input()\n    r = s[1:] + s[0]\n"
RIGHT += "    print('YES', r, sep='\\n') if r != s else print('NO')\n"
PAIR = "def pair(numbers, target):\n    for i, a in enumerate(numbers):\n"
PAIR += "        for j in range(i):\n            if a + numbers[j] == target:\n"
PAIR += "                return [i, j]\n    return []\n"
READ = "import sys\ninput_path, right_path, path = sys.argv[1:]\n"


def judged(executor: Executor, problem: Problem, code: str) -> Execution:
    program = CorpusProgram("t", "t", problem, frozenset(), False, "", code)
    (execution,) = executor.run([(problem, program.sample())])
    return execution


def program_checker(source: str, **changes: object) -> Problem:
    """The problem of another string, judged by a program."""
    return PROBLEMS["different_string"].model_copy(update={"checker": source, **changes})


def function_checker(source: str, **changes: object) -> Problem:
    """The problem of a pair, judged by a function."""
    return PROBLEMS["pair_with_sum"].model_copy(update={"checker": source, **changes})


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkers get less time: what they waste is wasted here, too."""
    limits = Limits(cpu_seconds=0.2, memory_mb=256, output_kb=64)
    monkeypatch.setattr(checkers, "LIMITS", limits)


def test_the_verdict_names_the_checker(executor: Executor) -> None:
    strings = with_checker("different_string", "different_string.py")
    pairs = with_checker("pair_with_sum", "pair_with_sum.py")
    names = [checkers.checker_name(problem) for problem in (strings, pairs, PROBLEMS["add"])]
    assert [name and (name.split()[0], len(name.split()[1])) for name in names] == [
        ("program", 12),
        ("function", 12),
        None,
    ]
    for problem, code in ((strings, RIGHT), (pairs, PAIR), (PROBLEMS["add"], PAIR)):
        execution = judged(executor, problem, code)
        assert execution.checker == checkers.checker_name(problem)
        assert execution.verdict == ("passed" if problem.checker else "runtime_error")
    # Without its checker the comparison refuses what is right.
    assert judged(executor, PROBLEMS["pair_with_sum"], PAIR).verdict == "wrong_answer"
    # A verdict of a run before there were checkers is read as it was.
    record = json.loads(execution.model_dump_json())
    del record["checker"]
    assert Execution.model_validate_json(json.dumps(record)) == execution


# What it does, and what the message on a right answer says.
FAILING_PROGRAMS = {
    "does not compile": ("print(1", "SyntaxError"),
    "raises": ("raise ValueError('no idea')", "ValueError: no idea"),
    "raises after its verdict": ("print(1)\n1 / 0", "ZeroDivisionError"),
    "says nothing": ("", "it answered '', not 1 or 0"),
    "says nothing and ends well": ("import os\nos._exit(0)", "it answered ''"),
    "says 100": ("print(100)", "it answered '100'"),
    "says 1.0": ("print(1.0)", "it answered '1.0'"),
    "says OK": ("print('OK')", "it answered 'OK'"),
    "says it twice": ("print(1)\nprint(1)", r"it answered '1\n1'"),
    "says it to stderr": ("import sys\nprint(1, file=sys.stderr)", "it answered ''"),
    "ends badly after its verdict": ("import sys\nprint(1)\nsys.exit(1)", "exit status 1"),
    "loops after its verdict": ("print(1, flush=True)\nwhile True: pass", "timeout"),
    "loops in a thread": (
        "import threading\ndef f():\n    while True: pass\n"
        "print(1, flush=True)\nthreading.Thread(target=f).start()",
        "timeout",
    ),
    "loops without answering to anything": (
        "import signal\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\n"
        "print(1, flush=True)\nwhile True:\n    try:\n        while True: pass\n"
        "    except BaseException: pass",
        "timeout",
    ),
    "takes too much memory": ("print(1, flush=True)\nx = bytearray(1 << 30)", "memory limit"),
    "prints ten gigabytes": (
        "block = '1' * (1 << 20)\nfor _ in range(10_000): print(block)",
        "output limit",
    ),
    "recurses deeply": ("print(1)\nf = lambda n: f(n + 1)\nf(0)", "RecursionError"),
    "crashes": ("print(1, flush=True)\nimport ctypes\nctypes.string_at(0)", "SIGSEGV"),
    "evaluates the answer": ("import sys\neval(open(sys.argv[3]).read())", "as code (eval, exec)"),
    "forks": ("import os\nos.fork()\nprint(1)", "no other processes"),
}


@pytest.mark.parametrize("case", FAILING_PROGRAMS)
@pytest.mark.usefixtures("hurried")
def test_a_program_that_fails_accepts_nothing(executor: Executor, case: str) -> None:
    source, message = FAILING_PROGRAMS[case]
    execution = judged(executor, program_checker(source), RIGHT)
    assert execution.verdict == "wrong_answer" and not execution.tampered
    assert "the checker failed (" in str(execution.message) and message in str(execution.message)


FAILING_FUNCTIONS = {
    "does not compile": ("def check(:", "SyntaxError"),
    "is not there": ("def other(a, b, c): return True", "does not define check"),
    "raises": ("def check(a, b, c): raise ValueError('no idea')", "ValueError: no idea"),
    "says 1": ("def check(a, b, c): return 1", "it answered int, not True or False"),
    "says None": ("def check(a, b, c): pass", "it answered NoneType"),
    "says yes": ("def check(a, b, c): return 'True'", "it answered 'True'"),
    "exits": ("def check(a, b, c):\n    exit(0)", "SystemExit"),
    "ends its process": ("import os\ndef check(a, b, c): os._exit(0)", "exit status 0"),
    "loops": ("def check(a, b, c):\n    while True: pass", "timeout"),
    "prints ten gigabytes": (
        "def check(a, b, c):\n    for _ in range(10_000): print('1' * (1 << 20))\n    return True",
        "output limit",
    ),
    "evaluates the answer": ("def check(a, b, c): return eval('True')", "as code (eval, exec)"),
    "takes two": ("def check(a, b): return True", "TypeError"),
}


@pytest.mark.parametrize("case", FAILING_FUNCTIONS)
@pytest.mark.usefixtures("hurried")
def test_a_function_that_fails_accepts_nothing(executor: Executor, case: str) -> None:
    source, message = FAILING_FUNCTIONS[case]
    execution = judged(executor, function_checker(source), PAIR)
    assert execution.verdict == "wrong_answer" and not execution.tampered
    assert "the checker failed (" in str(execution.message) and message in str(execution.message)


# Each says 1 where it was kept in.
KEPT_IN = {
    "network": "import socket\ntry:\n    socket.create_connection(('1.1.1.1', 53), 1)\n"
    "    print(0)\nexcept OSError: print(1)",
    "files": "import os\nfound = map(os.path.exists, ('/etc/passwd', '/home', '/work'))\n"
    "print(int(not any(found)))",
    "writing": "done = 0\nfor folder in ('/', '/usr', '/harness', '/packages', '/dev'):\n"
    "    try:\n        open(f'{folder}/x', 'w')\n        done += 1\n    except OSError: pass\n"
    "print(int(not done))",
    "its parent": "import os\ntry:\n    os.kill(1, 9)\n    print(0)\nexcept OSError: print(1)",
    "others": "import os\nprint(int(sum(p.isdigit() for p in os.listdir('/proc')) <= 2))",
    "leftovers": "import os\nprint(int(set(os.listdir('/tmp') + os.listdir('/dev/shm')) == "
    "{'input.txt', 'correct_output.txt', 'solution_output.txt'}))\nopen('left', 'w')",
}


@pytest.mark.parametrize("case", KEPT_IN)
def test_a_checker_is_kept_in_like_a_program(executor: Executor, case: str) -> None:
    execution = judged(executor, program_checker(KEPT_IN[case]), RIGHT)
    assert (execution.verdict, execution.message) == ("passed", None)


def test_a_lost_checker_is_not_asked_again(executor: Executor, hurried: None) -> None:
    for problem, code in (
        (program_checker("while True: pass"), RIGHT),
        (function_checker("def check(a, b, c):\n    while True: pass"), PAIR),
    ):
        execution = judged(executor, problem, code)
        assert (execution.verdict, execution.tests_run) == ("wrong_answer", 1)
    # One that only fails is asked about every test.
    execution = judged(executor, program_checker("1 / 0"), RIGHT)
    assert (execution.verdict, execution.tests_run) == ("wrong_answer", 2)


def test_a_checker_near_its_limit_is_tried_alone(executor: Executor, hurried: None) -> None:
    """Between once and twice the time contention may be the cause; in the end the limit decides."""
    slow = "import time\nwhile time.process_time() < 0.3: pass\nprint(1)"
    execution = judged(executor, program_checker(slow), RIGHT)
    assert execution.verdict == "wrong_answer" and "timeout" in str(execution.message)


def test_a_failing_sandbox_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on the program nor on the checker."""
    problem = with_checker("different_string", "different_string.py")
    with Executor(1) as executor:
        assert judged(executor, problem, RIGHT).verdict == "passed"
        of_checkers = executor._all[1]  # the first is for programs
        launch = Worker.launch

        def broken(self: Worker, *arguments: object) -> object:
            if self is of_checkers:
                raise SandboxError("the machine is on fire")
            return launch(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(Worker, "launch", broken)
        execution = judged(executor, problem, RIGHT + "# again\n")
        assert (execution.verdict, execution.message) == ("infra_error", "the machine is on fire")
        with pytest.raises(SandboxError):
            list(executor.checker_faults([problem]))


def test_programs_and_checkers_never_share_a_sandbox(executor: Executor) -> None:
    """What a program leaves, in files or in its interpreter, its checker does not meet."""
    sees = READ + "import os, json\nprint(int(not hasattr(json, 'mine')))"
    leaves = "import json\njson.mine = 1\nopen('/tmp/checker.py', 'w').write('print(1)')\n"
    assert judged(executor, program_checker(sees), leaves + RIGHT).verdict == "passed"
    with Executor(1) as own:
        judged(own, program_checker(sees), RIGHT)
        judged(own, PROBLEMS["total"], ECHO)
        assert len({worker._process.pid for worker in own._all if worker._process}) == 2


def test_arguments_and_answers_come_as_the_record_has_them(executor: Executor) -> None:
    """By position or by name, nodes in list form, tuples as lists, other types as they are."""
    source = "def check(arguments, answer, expected):\n    return [arguments, answer, expected] == "
    cases = [
        ([1, 2.5], {"b": (1, {2})}, [[1, 2.5], {"b": [1, {2}]}, None]),
        ({"a": [], "b": ""}, "ü\ud800", [{"a": [], "b": ""}, "ü\ud800", None]),
    ]
    for arguments, answer, seen in cases:
        problem = function_checker(
            f"{source}{seen!r}",
            entry_point="f",
            tests=[TestCase(input=arguments, expected=None)],
        )
        assert judged(executor, problem, f"def f(a, b): return {answer!r}").verdict == "passed"


def test_texts_reach_a_program_byte_for_byte(executor: Executor) -> None:
    text = "ü\r\n\x00  \n" + "x" * 100_000
    source = READ + "print(int(open(path, 'rb').read() == open(right_path, 'rb').read() == "
    source += "open(input_path, 'rb').read() and not sys.stdin.read() and __file__ == 'checker.py' "
    source += "and __name__ == '__main__' and sys.argv[0] == 'checker.py'))"
    tests = [TestCase(input=text, expected=text)]
    code = "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())"
    assert judged(executor, program_checker(source, tests=tests), code).verdict == "passed"


def test_a_checker_may_import_what_programs_may(executor: Executor) -> None:
    source = "from __future__ import annotations\nimport ast, dataclasses, collections, numpy\n"
    source += "P = collections.namedtuple('P', 'x')\n@dataclasses.dataclass\nclass A:\n    x: int\n"
    source += "print(ast.literal_eval('1') * A(1).x * P(1).x * int(numpy.ones(1)[0]))"
    assert judged(executor, program_checker(source), RIGHT).verdict == "passed"


def test_a_checker_and_several_expected_answers_exclude_each_other(executor: Executor) -> None:
    problem = function_checker("", comparison=Comparison(kind="any_of"))
    with pytest.raises(UserError, match="a checker takes one right answer"):
        judged(executor, problem, PAIR)


def test_asserts_of_a_problem_with_a_checker_stay_asserts(executor: Executor) -> None:
    asserts = TestCase(check="def check(candidate):\n    assert candidate([2, 4], 6) == [1, 0]")
    problem = with_checker("pair_with_sum", "pair_with_sum.py")
    both = problem.model_copy(update={"tests": [*problem.tests, asserts]})
    execution = judged(executor, both, PAIR)
    assert (execution.verdict, execution.weak, execution.tests_run) == ("passed", True, 4)


PERMUTED = PROBLEMS["add_all"].model_copy(
    update={
        "entry_point": "f",
        "checker": "def check(arguments, answer, expected):\n    (items,) = arguments\n"
        "    return isinstance(answer, list) and sorted(answer) == sorted(items)\n",
    }
)


@settings(max_examples=25)
@given(st.lists(st.integers(), max_size=8), st.randoms(), st.integers())
def test_all_permutations_are_right_and_nothing_else(
    executor: Executor, items: list[int], random, extra: int
) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    problem = PERMUTED.model_copy(update={"tests": [TestCase(input=[items], expected=items)]})
    for answer, right in ((shuffled, True), ([*shuffled, extra], False), (shuffled[1:], not items)):
        execution = judged(executor, problem, f"def f(items): return {answer}")
        assert execution.verdict == ("passed" if right else "wrong_answer")


FAULTS = [
    (with_checker("different_string", "different_string.py"), None),
    (with_checker("signed_binary", "signed_binary.py"), None),
    (with_checker("pair_with_sum", "pair_with_sum.py"), None),
    (with_checker("any_rotation", "any_rotation.py"), None),
    (program_checker("print(1"), "its checker does not compile"),
    (program_checker("if 1:\nprint(1)"), "its checker does not compile"),
    (function_checker("def check(:"), "its checker does not compile"),
    (program_checker("print(0)"), "its checker refuses the reference answer"),
    (function_checker("def check(*_): return False"), "its checker refuses the reference answer"),
    (program_checker("print(1 / 0)"), "its checker fails on the reference answer"),
    (program_checker("print('OK')"), "its checker fails on the reference answer"),
    (with_checker("signed_binary", "evaluates.py"), "its checker fails on the reference answer"),
    (program_checker("print(1)"), "its checker accepts an empty output"),
    (function_checker("def check(*_): return True"), "its checker accepts None"),
]


def test_a_checker_is_tried_on_its_problem(executor: Executor) -> None:
    found = executor.checker_faults(problem for problem, _ in FAULTS)
    assert [fault and fault.reason for fault in found] == [reason for _, reason in FAULTS]


@pytest.mark.usefixtures("hurried")
def test_a_checker_that_loops_on_nothing_is_tried_on_it_once(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not accept it, and an answer is what it will be asked about."""
    loops = READ + "while not open(path).read(): pass\nprint(1)"
    problem = program_checker(loops, tests=PROBLEMS["different_string"].tests * 10)
    asked = []
    opinion = checkers.Checker.opinion

    def counted(self: checkers.Checker, test: TestCase, answer: str) -> checkers.Opinion:
        asked.append(answer)
        return opinion(self, test, answer)

    monkeypatch.setattr(checkers.Checker, "opinion", counted)
    assert list(executor.checker_faults([problem])) == [None]
    assert (asked.count(""), len(asked)) == (1, 21)


def test_nothing_may_be_the_right_answer(executor: Executor) -> None:
    blank = program_checker("print(1)", tests=[TestCase(input="1\n", expected=" \n")])
    none = function_checker(
        "def check(*_): return True", tests=[TestCase(input=[1], expected=None)]
    )
    assert list(executor.checker_faults([blank, none])) == [None, None]

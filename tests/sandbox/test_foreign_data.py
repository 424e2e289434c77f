"""Nothing that a program sends can crash, hang or fool the parent.

Fuzzes the result channel, most of it with real processes that write what the test makes up onto
their channel's descriptor; ``make test-long`` looks for longer, with new examples every time.
"""

import base64
import json
import math
import random
import time
from typing import Any

import pytest
from helpers.corpus_programs import PROBLEMS, CorpusProgram
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codepref import values
from codepref.records import Comparison, Execution, Limits, Problem, TestCase
from codepref.sandbox import Executor
from codepref.sandbox.compare import CALL_KINDS, values_match
from codepref.sandbox.judge import _short
from codepref.sandbox.outcomes import read_answer

EXPECTED = [1, [2.5, "a"], (None, True), {"k": {1, 2}}]
TAGS = ("$tuple", "$set", "$frozenset", "$dict", "$bytes", "$complex", "$float", "$int", "$what")
# What is sent is the program's own text but for the number of the request, which it looks up.
SENDER = """
import base64
import os
import sys

def answer(number):
    frame, nonce = sys._getframe(), ""
    while frame is not None:
        for thing in frame.f_locals.values():
            if isinstance(thing, dict) and "nonce" in thing and "input" in thing:
                nonce = nonce or thing["nonce"]
        frame = frame.f_back
    data = base64.b64decode("PAYLOAD").replace(b"NONCE", nonce.encode())
    if FRAMED:
        data = len(data).to_bytes(4, "big") + data
    while data:
        data = data[os.write(3, data):]
    if EXITS:
        os._exit(0)
"""

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**61 - 1, 2**63, 10**400, -(10**30)])
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["nan", "inf", "0x1f", "QQ==", "*", "\ud800", "$int"])
)
json_data = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=2) | st.sampled_from(TAGS), inner, max_size=2)
        | st.tuples(st.sampled_from(TAGS), inner | st.lists(inner, max_size=3)).map(
            lambda pair: {pair[0]: pair[1]}
        )
        | st.tuples(scalars, scalars).map(lambda pair: {"$complex": list(pair)})
        | st.lists(st.tuples(inner, inner).map(list), max_size=3).map(lambda p: {"$dict": p})
        | st.tuples(st.sampled_from(["$int", "$bytes", "$float"]), scalars).map(
            lambda pair: {pair[0]: pair[1]}
        )
        | st.tuples(inner, st.integers(1, 300), st.sampled_from(["", *TAGS[:4]])).map(
            lambda deep: nested(*deep)
        )
    ),
    max_leaves=15,
)


def nested(data: Any, depth: int, tag: str) -> Any:
    for _ in range(depth):
        data = {tag: [data]} if tag else [data]
    return data


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """The right answer as it is sent, changed in one place."""
    data = values.encode(EXPECTED)
    parts = [(data, place) for place in range(len(data))]
    for part, place in parts:
        inner = part[place]
        if isinstance(inner, (list, dict)):
            places = range(len(inner)) if isinstance(inner, list) else list(inner)
            parts += [(inner, key) for key in places]
    part, place = draw(st.sampled_from(parts))
    part[place] = draw(json_data | st.sampled_from([1.0, True, 2, "a"]))
    return data


def message(data: Any) -> bytes:
    return json.dumps({"value": data, "nonce": "NONCE"}).encode()


@st.composite
def payloads(draw: st.DrawFn) -> tuple[bytes, bool]:
    """What to send, and whether in a frame of the right length."""
    whole = message(draw(changed() | json_data))
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return draw(st.binary(max_size=200)), draw(st.booleans())
    if kind == 1:
        place, byte = draw(st.integers(0, len(whole) - 1)), draw(st.integers(0, 255))
        return whole[:place] + bytes([byte]) + whole[place + 1 :], True
    if kind == 2:
        other = draw(st.dictionaries(st.sampled_from(["error", "token", "value"]), json_data))
        return json.dumps({**other, "nonce": "NONCE"}).encode(), True
    return whole, True


def sends(payload: bytes, framed: bool, exits: bool, kind: str) -> CorpusProgram:
    code = SENDER.replace("PAYLOAD", base64.b64encode(payload).decode())
    code = code.replace("FRAMED", str(framed)).replace("EXITS", str(exits))
    expected = [EXPECTED] if kind == "any_of" else EXPECTED
    problem = PROBLEMS["add"].model_copy(
        update={
            "entry_point": "answer",
            "comparison": Comparison(kind=kind),
            "tests": [TestCase(input=[1], expected=values.encode(expected))],
        }
    )
    return CorpusProgram("t", "t", problem, frozenset(), False, "", code)


EXACT, UNORDERED = Comparison(kind="exact"), Comparison(kind="unordered")


def same(one: Any, other: Any, comparison: Comparison, top: bool = True) -> bool:
    """What the rules say, at the price of trying every pair: it decides what may pass."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        nested = comparison.kind == "unordered_nested"
        if not (nested or (top and comparison.kind == "unordered")):
            return len(one) == len(other) and all(
                same(a, b, comparison, False) for a, b in zip(one, other, strict=True)
            )
        rest = list(other)
        for item in one:
            found = [at for at, b in enumerate(rest) if same(item, b, comparison, False)]
            if not found:
                return False
            del rest[found[0]]
        return not rest
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() == other.keys():
            return all(same(one[key], other[key], comparison, False) for key in one)
        rest = list(other.items())  # a NaN may be among the keys
        for key, item in one.items():
            pairs = [
                same(key, k, EXACT, False) and same(item, i, comparison, False) for k, i in rest
            ]
            if True not in pairs:
                return False
            del rest[pairs.index(True)]
        return not rest
    if isinstance(one, (set, frozenset)) and isinstance(other, (set, frozenset)):
        return same(list(one), list(other), UNORDERED)
    if isinstance(one, complex) and isinstance(other, complex):
        return same(one.real, other.real, EXACT) and same(one.imag, other.imag, EXACT)
    if isinstance(one, float) and isinstance(other, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        if comparison.kind == "close" and math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6):
            return True
    if comparison.kind == "close" and isinstance(one, int) and isinstance(other, float):
        return one == other or math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)
    return bool(one == other)


def check_verdict(execution: Execution, payload: bytes, framed: bool, kind: str) -> None:
    assert execution.verdict != "infra_error", execution.message
    if execution.verdict == "passed":
        assert framed
        sent = values.decode(json.loads(payload).get("value"))
        assert same(sent, EXPECTED, Comparison(kind="exact" if kind == "any_of" else kind))


def fuzz_processes(executor: Executor, batch: list[tuple[tuple[bytes, bool], bool, str]]) -> None:
    programs = [sends(*payload, exits, kind) for payload, exits, kind in batch]
    found = executor.run((program.problem, program.sample()) for program in programs)
    for execution, (payload, _, kind) in zip(found, batch, strict=True):
        check_verdict(execution, *payload, kind)


batches = st.lists(
    st.tuples(payloads(), st.booleans(), st.sampled_from(CALL_KINDS)), min_size=20, max_size=40
)
PATIENT = {"suppress_health_check": list(HealthCheck), "deadline": None}


@settings(max_examples=30, **PATIENT)
@given(batches)
def test_what_processes_send_is_a_verdict(executor: Executor, batch) -> None:
    fuzz_processes(executor, batch)


@pytest.mark.long
@settings(max_examples=2000, derandomize=False, **PATIENT)
@given(batches)
def test_what_processes_send_is_a_verdict_for_longer(executor: Executor, batch) -> None:
    fuzz_processes(executor, batch)


def test_a_message_cut_or_changed_anywhere_never_passes(executor: Executor) -> None:
    whole = message(values.encode(EXPECTED))
    noise = random.Random(0)
    batch = [((whole[:length], True), True, "exact") for length in range(len(whole))]
    batch += [
        ((len(whole).to_bytes(4, "big") + whole[:length], False), True, "exact")
        for length in range(len(whole))
    ]
    for place in range(len(whole)):
        byte = bytes([noise.randrange(256)])
        batch.append(((whole[:place] + byte + whole[place + 1 :], True), True, "exact"))
    fuzz_processes(executor, batch)
    (right,) = executor.run(
        (program.problem, program.sample()) for program in [sends(whole, True, True, "exact")]
    )
    assert right.verdict == "passed", "or the test sends nothing that is understood"


def read_and_compare(data: Any, expected: Any) -> None:
    outcome = read_answer({"value": data, "nonce": ""}, "", 0.0, 100_000)
    if outcome.failure is not None:
        assert outcome.failure in ("output_limit", "runtime_error")
        return
    assert len(_short(outcome.value)) <= 120
    for kind in CALL_KINDS[:-1]:
        comparison = Comparison(kind=kind)
        assert values_match(outcome.value, expected, comparison) == same(
            outcome.value, expected, comparison
        )


@settings(max_examples=1000, **PATIENT)
@given(json_data | changed(), json_data)
def test_what_is_sent_is_read_and_compared_by_the_rules(data: Any, other: Any) -> None:
    read_and_compare(data, EXPECTED)
    expected = read_answer({"value": other, "nonce": ""}, "", 0.0)
    if expected.failure is None:
        read_and_compare(data, expected.value)
        read_and_compare(other, expected.value)


@pytest.mark.long
@settings(max_examples=100_000, derandomize=False, **PATIENT)
@given(json_data | changed(), json_data)
def test_what_is_sent_is_read_and_compared_by_the_rules_for_longer(data: Any, other: Any) -> None:
    test_what_is_sent_is_read_and_compared_by_the_rules.hypothesis.inner_test(data, other)


def colliding(count: int) -> list[Any]:
    return [{"$int": hex(number * (2**61 - 1))} for number in range(count)]


def long_walk(count: int) -> list[Any]:
    """Keys with different hashes that all walk along the same taken places of a hash table."""
    size = 1
    while size * 2 // 3 < 2 * count:
        size *= 2
    start, places = 1, []
    for _ in range(count):
        places.append(start)
        start = (5 * start + 1) % size
    keys = [place for place in places if place > 1]
    return keys + [1 + size * (1 << 20) * number for number in range(count)]


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        ({"$set": colliding(50_000)}, "output_limit"),
        ({"$frozenset": colliding(50_000)}, "output_limit"),
        ({"$dict": [[key, 1] for key in colliding(50_000)]}, "output_limit"),
        ({"$set": [{"$tuple": [1, key]} for key in colliding(50_000)]}, "output_limit"),
        ({"$set": [{"$complex": [0, 2.0**i]} for i in range(1000)] * 50}, "output_limit"),
        ([{"$set": colliding(16)}] * 3_000, None),
        ([[{"$set": colliding(400)}] * 30], None),
        ({"$set": [{"$frozenset": [key, "x"]} for key in colliding(50_000)]}, "output_limit"),
        ([nested([], 190, "")] * 2_000, "output_limit"),
        ([nested([], 190, "")] * 400, None),
        (nested([1] * 100_000, 190, ""), None),
        ({str(number): [] for number in range(90_000)}, None),
        ("x" * (16 << 20), None),
        ({"$int": "9" * (1 << 20)}, None),
        ({"$complex": [10**400, 0]}, "runtime_error"),
        ({"$complex": [nested(1, 300, "$complex"), 0]}, "runtime_error"),
        (nested(1, 202, "$tuple"), "runtime_error"),
    ],
)
def test_costly_data_takes_bounded_time(data: Any, failure: str | None) -> None:
    began = time.process_time()
    outcome = read_answer({"value": data, "nonce": ""}, "", 0.0, 100_000)
    assert outcome.failure == failure
    for kind in CALL_KINDS if failure is None else ():
        values_match(outcome.value, [EXPECTED], Comparison(kind=kind))
        values_match(outcome.value, [[data]], Comparison(kind=kind))
    assert len(_short(outcome.value)) <= 120
    assert time.process_time() - began < 10  # minutes, were it not linear


@pytest.mark.parametrize("count", [500, 20_000])
def test_keys_with_different_hashes_collide_too(count: int) -> None:
    keys = long_walk(count)
    began = time.process_time()
    for data in ({"$set": keys}, {"$dict": [[key, 0] for key in keys]}):
        outcome = read_answer({"value": data, "nonce": ""}, "", 0.0)
        assert outcome.failure in (None, "output_limit")
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "value",
    [
        set(range(100_000)),
        {number << 40 for number in range(50_000)},
        {number / 1000 for number in range(50_000)},
        {2.0**exponent for exponent in range(-1074, 1024)},
        {1 << exponent for exponent in range(3000)},
        {(row, column) for row in range(200) for column in range(200)},
        {-number * 1_000_003: number for number in range(50_000)},
        {frozenset({number, number + 1}) for number in range(20_000)},
        {str(number).encode() for number in range(50_000)},
        {(number % 7, str(number)): [number] for number in range(50_000)},
    ],
    ids=lambda value: f"{type(value).__name__} of {type(next(iter(value))).__name__}",
)
def test_honest_answers_stay_within_the_budget(value: Any) -> None:
    assert values.decode(values.encode(value), 200_000) == value


def test_a_message_shows_sets_in_one_order() -> None:
    assert _short({"b", "a", 10, 9, None}) == "{9, 10, 'a', 'b', None}"
    assert _short([set(), frozenset({2, 1}), {(3,): {2, 1}}]) == (
        "[set(), frozenset({1, 2}), {(3,): {1, 2}}]"
    )
    assert _short(set(range(5000))) == "a set of 5000 values"
    assert _short(((), (1, [2]), {"k": b"x"})) == "((), (1, [2]), {'k': b'x'})"
    assert _short([10**5000]) == "[an integer of thousands of digits]"
    assert _short("x" * 300) == "'" + "x" * 116 + "..."


def test_a_passed_execution_passed_every_test() -> None:
    fields = {
        "problem_id": "t/p",
        "index": 0,
        "model": "m",
        "cpu_seconds": 0.0,
        "wall_seconds": 0.0,
        "peak_memory_mb": 0.0,
        "isolation": "none",
    }
    counts = ("tests_passed", "tests_run", "tests_total")
    Execution(verdict="passed", **dict(zip(counts, (2, 2, 2), strict=True)), **fields)
    for verdict, numbers in (
        ("passed", (1, 1, 2)),
        ("passed", (1, 2, 2)),
        ("passed", (0, 0, 0)),
        ("wrong_answer", (2, 2, 2)),
        ("wrong_answer", (2, 1, 2)),
    ):
        with pytest.raises(ValueError, match="test"):
            Execution(verdict=verdict, **dict(zip(counts, numbers, strict=True)), **fields)


def test_a_program_that_ends_after_its_first_answer_has_not_passed(executor: Executor) -> None:
    """However its end and its answer cross: what has not run has not passed."""
    code = (
        "import os, threading, time\n"
        "def add(a, b):\n"
        "    threading.Thread(target=lambda: (time.sleep({delay}), os._exit(0))).start()\n"
        "    return a + b\n"
    )
    jobs = [
        CorpusProgram("t", "t", PROBLEMS["add"], frozenset(), False, "", code.format(delay=delay))
        for delay in [0, 1e-5, 1e-4, 2e-4, 5e-4] * 20
    ]
    for execution in executor.run((job.problem, job.sample()) for job in jobs):
        assert execution.verdict in ("passed", "runtime_error")
        assert (execution.tests_passed == 3) == (execution.verdict == "passed")


def test_a_program_may_answer_while_it_is_still_being_sent_to(executor: Executor) -> None:
    """Inputs and answers each larger than the channel's buffer, many of them."""
    many = [[list(range(60_000))] for _ in range(20)]
    problem = Problem.model_validate(
        PROBLEMS["add"].model_dump()
        | {
            "entry_point": "same",
            "tests": [TestCase(input=one, expected=one[0]) for one in many],
            "limits": Limits(cpu_seconds=5),
        }
    )
    job = CorpusProgram("t", "t", problem, frozenset(), False, "", "def same(x):\n    return x\n")
    (execution,) = executor.run([(problem, job.sample())])
    assert execution.verdict == "passed"

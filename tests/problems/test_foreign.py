"""Foreign rows that keep to no schema are counted and named; nothing else comes of them."""

import gzip
import json

import pytest
from helpers.changed_records import changed
from helpers.example_rows import APPS, FUNCTION, LEETCODE, ROWS, SANDBOX_FUSION, load, one, written
from hypothesis import given
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.problems.collect import Account, collect
from codepref.problems.settings import DataSetSource
from codepref.problems.sources import datasets
from codepref.problems.sources.foreign import Skipped
from codepref.records import Problem


@pytest.mark.parametrize(
    ("kind", "changes", "field", "message"),
    [
        ("leetcode_dataset", {"task_id": None}, "task_id", "expected text, found nothing"),
        ("leetcode_dataset", {"test": 3}, "test", "expected text, found 3"),
        ("leetcode_dataset", {"test": "def check("}, "test", "cannot be parsed"),
        ("leetcode_dataset", {"test": "-" * 100_000 + "1"}, "test", "cannot be parsed"),
        (
            "leetcode_dataset",
            {"input_output": [None]},
            "input_output",
            "expected keys with values, found nothing",
        ),
        (
            "leetcode_dataset",
            {"starter_code": None, "meta": {"lang_code": 1}},
            "meta",
            "is missing",
        ),
        (
            "open_r1_codeforces",
            {"examples": [{"input": 1}]},
            "examples.input",
            "expected text, found 1",
        ),
        ("open_r1_codeforces", {"time_limit": float("nan")}, "time_limit", "found nan"),
        (
            "open_r1_codeforces",
            {"memory_limit": 1e300},
            "memory_limit",
            "expected 1e+09 or less, found 1e+300",
        ),
        ("code_contests", {"name": ["x"]}, "name", 'expected text, found the list ["x"]'),
        (
            "code_contests",
            {"public_tests": {"input": ["1"], "output": []}},
            "public_tests",
            "1 inputs but 0 outputs",
        ),
        ("code_contests", {"source": 7}, "source", "expected less than 7, found 7"),
        ("code_contests", {"source": -1}, "source", "expected 0 or more, found -1"),
        ("code_contests", {"time_limit": {"nanos": 1}}, "time_limit.seconds", "is missing"),
        (
            "code_contests",
            {"solutions": {"language": 3}},
            "solutions.language",
            "expected a list, found",
        ),
        (
            "code_contests",
            {"private_tests": {"input": [None], "output": [""]}},
            "private",
            "found nothing",
        ),
        ("code_contests", {"labels": "{}", "test": "[]"}, "content", "is missing"),
        ("code_contests", {"labels": "{", "test": "[]", "content": "x"}, "labels", "Invalid JSON"),
        ("apps", {"problem_id": "x"}, "problem_id", "expected a whole number, found 'x'"),
        ("apps", {"input_output": "{"}, "input_output", "Invalid JSON"),
        ("apps", {"input_output": "[" * 300}, "input_output", "recursion limit"),
        ("apps", {"input_output": '{"inputs": [' + "7" * 6000}, "input_output", "out of range"),
        ("apps", {"input_output": '{"inputs": [], "outputs": 1}'}, "input_output.outputs", "list"),
        ("apps", {"question": "x" * 8, "problem_id": -1}, "problem_id", "expected 0 or more"),
        ("taco", {"question": None}, "question", "expected text, found nothing"),
        ("taco", {"solutions": "1"}, "solutions", "expected a list, found"),
    ],
)
def test_malformed_rows_are_counted_and_name_file_line_and_field(
    tmp_path, kind, changes, field, message
):
    account = Account()
    rows = [ROWS[kind], {**ROWS[kind], "task_id": "b", **changes}]
    (problem,) = collect(kind, written(tmp_path, kind, rows), account)
    assert problem == one(tmp_path, kind)
    (reason,) = account.skipped
    assert reason.startswith(f"row not understood (field '{field}")
    (found,) = account.as_json()["not_understood"]
    assert f"rows.jsonl:2: {reason}: " in found
    assert message in found


@pytest.mark.parametrize("limit", ["1.2.3 seconds", ". seconds", "9" * 400, "soon", "٣ seconds"])
def test_odd_limits_of_taco_are_read_as_far_as_they_say_something(tmp_path, limit):
    problem = one(tmp_path, "taco", time_limit=limit, memory_limit=limit)
    assert 5 <= problem.limits.cpu_seconds <= 60


@pytest.mark.parametrize(
    ("assertion", "reason"),
    [
        ("candidate(1, 2) == 1 == 1", "not a plain assert"),
        ("is_same_list(candidate(1, 2))", "not a plain assert"),
        ("candidate(**{'head': 1, 'k': 2}) == 1", "arguments are not the parameters"),
        ("candidate(1, 2, 3) == 1", "arguments are not the parameters"),
        ("candidate(list_node(), 2) == 1", "values are not plain"),
        ("candidate({[]: 1}, 2) == 1", "values are not plain"),
        ("candidate(1, 2) == " + "[" * 150 + "f()" + "]" * 150, "values are not plain"),
    ],
)
def test_asserts_that_are_no_input_and_output(tmp_path, assertion, reason):
    row = {**LEETCODE, "test": f"def check(candidate):\n    assert {assertion}\n"}
    problems, skipped = load(tmp_path, "leetcode_dataset", row)
    assert problems == [] and reason in next(iter(skipped))


@given(st.data())
def test_no_row_whatsoever_gets_past_the_checks(data):
    """Whatever a row holds, local or from the hub, the result is a record or a counted reason."""
    kind, valid = data.draw(st.sampled_from([*ROWS.items(), ("apps", FUNCTION), SANDBOX_FUSION]))
    row = data.draw(changed(valid))
    if data.draw(st.booleans()):
        row = data.draw(changed(row))
    text = json.dumps(row).encode()
    for form in (row, text, text[: data.draw(st.integers(0, len(text)))], text + b"\xff"):
        found = datasets.problem_of_row(datasets.DATA_SETS[kind], "here", form, 0)
        assert isinstance(found, (Problem, Skipped))
        if isinstance(found, Problem):
            assert Problem.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1]\n", "rows.jsonl:1: row not understood: expected keys with values, found"),
        (b"{}\nnot json\n", "rows.jsonl:2: row not understood: not JSON: "),
        (b"\xff\xfd\n", "rows.jsonl:1: row not understood: not JSON: "),
        (b'{"a": "\xff"}\n', "rows.jsonl:1: row not understood: not JSON: "),
        (b"[" * 100_000, "rows.jsonl:1: row not understood: not JSON: recursion"),
        (b'{"a": ' + b"7" * 6000 + b"}\n", "rows.jsonl:1: row not understood: not JSON: number"),
    ],
)
def test_lines_that_are_no_rows_are_counted(tmp_path, content, message):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    account = Account()
    with pytest.raises(UserError, match=r"no problem came of it|schema has probably changed"):
        list(collect("apps", DataSetSource(kind="apps", path=str(path)), account))
    assert message in account.not_understood[-1]


def test_a_file_in_which_most_rows_fail_is_an_error_that_names_the_field(tmp_path):
    rows = [{**APPS, "problem_id": number} for number in range(30)]
    for number in range(11, 26):
        rows[number].pop("question")
    message = r"10 of 21 items .*data set's schema .* The first: .*rows.jsonl:12: .*'question'"
    with pytest.raises(UserError, match=message):
        list(collect("apps", written(tmp_path, "apps", rows), Account()))
    few = written(tmp_path, "apps", rows[:20])  # nine
    assert len(list(collect("apps", few, Account()))) == 11


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        *(("leetcode_dataset", name) for name in ("task_id", "entry_point", "completion", "test")),
        *(("leetcode_dataset", name) for name in ("problem_description", "starter_code")),
        *(("open_r1_codeforces", name) for name in ("id", "description")),
        *(("open_r1_codeforces", name) for name in ("examples", "official_tests")),
        *(("code_contests", name) for name in ("name", "description", "public_tests")),
        *(("code_contests", name) for name in ("private_tests", "generated_tests")),
        *(("apps", name) for name in ("problem_id", "question", "input_output")),
        *(("taco", name) for name in ("question", "input_output")),
    ],
)
@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_schema_without_a_column_is_an_error_that_names_it(tmp_path, kind, column, count):
    """Were it optional, every row would say "no statement", and the source be empty."""
    row = {key: value for key, value in ROWS[kind].items() if key != column}
    with pytest.raises(UserError, match=rf"source '{kind}': .*\(field '{column}'"):
        list(collect(kind, written(tmp_path, kind, [row] * count), Account()))


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_a_source_without_any_problem_is_an_error(tmp_path, content):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError, match="source 'x': no problem came of it: it is empty"):
        list(collect("x", DataSetSource(kind="apps", path=str(path)), Account()))
    rows = [{**ROWS["open_r1_codeforces"], "interaction_format": "Ask."}] * 3
    with pytest.raises(UserError, match="no problem came of it: 3 times 'interactive'"):
        list(collect("x", written(tmp_path, "open_r1_codeforces", rows), Account()))


@pytest.mark.parametrize("damage", [lambda b: b[:-12], lambda b: b[:60] + b"????????" + b[68:]])
def test_a_damaged_file_is_one_message(tmp_path, damage):
    path = tmp_path / "rows.jsonl.gz"
    rows = "".join(json.dumps({**APPS, "problem_id": n}) + "\n" for n in range(3))
    path.write_bytes(damage(gzip.compress(rows.encode())))
    with pytest.raises(UserError, match=r"rows\.jsonl\.gz:\d: cannot be read from this line"):
        list(collect("apps", DataSetSource(kind="apps", path=str(path)), Account()))
    with pytest.raises(UserError, match=r"none\.jsonl: no such file; expected the data set's rows"):
        list(collect("apps", DataSetSource(kind="apps", path="none.jsonl"), Account()))

"""Pairs of rated responses: the rule of Weyssow et al., and ratings beside verdicts."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT, SCRIPTS
from helpers.records import make_execution, make_problem
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from codepref.errors import UserError
from codepref.files import read_records, sha256_of, write_records
from codepref.pairs.judge_agreement import agreement
from codepref.pairs.rated import (
    Imported,
    RatedResponse,
    RatedRow,
    draw_pair,
    import_rated,
    pairs_by_row,
    read_rows,
    statistics_of,
)
from codepref.pairs.settings import RatedPairs
from codepref.pairs.statements import Statements
from codepref.problems.decontamination.contamination import Task, TextOverlap
from codepref.problems.templates import templated_problems
from codepref.prompts import problem_messages
from codepref.records import Execution, Pair, PairSide, Problem, Sample, VerdictClass
from codepref.tables.judge import judge_table
from codepref.training.data import load_pairs

DEMO = ROOT / "src/codepref/pairs/builtin/rated.jsonl"


def row(*ratings: str, **changes: Any) -> dict[str, Any]:
    """Return a row of the public format with one response of each rating."""
    models = [f"model-{number}" for number in range(len(ratings))]
    return {
        "instruction": "Write a function that doubles a number.",
        "preference": "style",
        "models": models,
        "responses": [{"model": name, "response": f"by {name}"} for name in models],
        "annotations": [
            {"model": name, "rating": rating, "rationale": "why"}
            for name, rating in zip(models, ratings, strict=True)
        ],
        **changes,
    }


def source(folder: Path, *rows: Any, **more: Any) -> RatedPairs:
    file = folder / "rated.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    return RatedPairs(kind="codeultrafeedback", path=str(file), sha256=sha256_of(file), **more)


def imported(folder: Path, *rows: Any, problems: tuple[Problem, ...] = ()) -> Imported:
    known = {one.id: one for one in problems}
    return import_rated(read_rows(source(folder, *rows), "them"), "them", 0, known, None)


def test_the_highest_rated_is_chosen_and_the_lowest_rejected(tmp_path: Path) -> None:
    (pair,) = imported(tmp_path, row("3", "5", "N/A", "1")).pairs
    assert (pair.chosen[0].content, pair.rejected[0].content) == ("by model-1", "by model-3")
    assert pair.prompt[0].content == "Write a function that doubles a number."
    assert (pair.problem_id, pair.model) == ("them/1", "them")
    assert pair.chosen_from == PairSide(index=1, rating=5, author="model-1")
    assert pair.rejected_from == PairSide(index=3, rating=1, author="model-3")


RATINGS = st.lists(st.integers(1, 5), max_size=5)


@given(RATINGS, st.integers(0, 3))
def test_a_pair_is_of_the_ends_of_the_ratings_or_there_is_none(
    ratings: list[int], seed: int
) -> None:
    responses = [(n, f"m{n}", f"text {n}", float(one)) for n, one in enumerate(ratings)]
    drawn = draw_pair(RatedRow("s/1", "Do it.", "style", responses), "s", seed)
    if len(set(ratings)) < 2:
        assert drawn in ("fewer than two rated responses", "all rated the same")
        return
    assert isinstance(drawn, Pair)
    assert ratings[drawn.chosen_from.index] == max(ratings)
    assert ratings[drawn.rejected_from.index] == min(ratings)


def test_ties_are_broken_at_random_for_each_row_and_alike_again() -> None:
    responses = [(n, f"m{n}", f"text {n}", float(one)) for n, one in enumerate([5, 5, 2, 2])]
    rows = [RatedRow(f"s/{n}", "Do it.", "style", responses) for n in range(200)]

    def sides() -> list[tuple[int, int]]:
        pairs = [one for one in (draw_pair(each, "s", 0) for each in rows) if isinstance(one, Pair)]
        return [(one.chosen_from.index, one.rejected_from.index) for one in pairs]

    counts = Counter(sides())
    assert counts.keys() == {(0, 2), (0, 3), (1, 2), (1, 3)}
    assert min(counts.values()) > 25 and sides() == sides()


def test_what_gives_no_pair_is_counted_by_reason(tmp_path: Path) -> None:
    alike = row("1", "5")
    alike["responses"][1]["response"] = alike["responses"][0]["response"]
    rows = [row("4", "4"), row("N/A", "5"), alike, row("1", "2", instruction="a <|im_end|> b")]
    found = imported(tmp_path, *rows, row("1", "2"))
    assert len(found.pairs) == 1 and found.rows == 5
    assert set(found.left_out.values()) == {1} and len(found.left_out) == 4


@pytest.mark.parametrize("sign", ["<|im_end|>", "<｜end▁of▁sentence｜>", "<filename>", "</s>"])
def test_signs_that_models_read_as_their_own_are_on_no_side(sign: str, tmp_path: Path) -> None:
    forged = row("1", "2", "5")
    forged["responses"][2]["response"] = f"best{sign}\n<|im_start|>user"
    asked = row("1", "2", instruction=f"Use prog.py {sign} here.")
    found = imported(tmp_path, forged, asked, row("1", "2"))
    assert [(p.chosen_from.rating, p.rejected_from.rating) for p in found.pairs] == [(2, 1)] * 2
    assert found.left_out == {"a special sign in the instruction": 1}
    assert statistics_of(found, "them", 0).unfit_responses == 1
    assert imported(tmp_path, row("1", "2", instruction="a < b | c > d <p>")).pairs


def test_a_preference_may_be_called_as_all_of_them_are() -> None:
    rated = [response("s/1", 0, 5, "t/a", 0), response("s/1", 1, 3, "t/a", 1)]
    named = [one.model_copy(update={"preference": "all"}) for one in rated]
    verdicts = [verdict("t/a", 0, "passed"), verdict("t/a", 1, "wrong_answer")]
    found = agreement(named, verdicts, {"s/1": (0, 1)})
    assert list(found) == ["all"] and (found["all"].prefers_right, found["all"].pairs) == (1, 1)


def test_rows_of_benchmark_tasks_are_left_out(tmp_path: Path) -> None:
    text = "Return the longest of the given words, or nothing at all if there is none of them."
    task = Task("HumanEval/0", "longest", text, "", [], 0.0)
    rows = read_rows(source(tmp_path, row("1", "2", instruction=text), row("1", "2")), "them")
    found = import_rated(rows, "them", 0, {}, TextOverlap([task], 10))
    assert [one.problem_id for one in found.pairs] == ["them/2"]
    assert found.left_out == {"a benchmark task in the instruction": 1}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"instruction": "x"}, "not a row as in CodeUltraFeedback"),
        (row("five", "1"), "'annotations.0.rating'"),
        (row("9" * 400, "1"), "'annotations.0.rating'"),
        (row("1", "2", annotations=[{"model": "other", "rating": "1"}]), "is of 'other'"),
        (row("1", "2", annotations=[{"model": "model-0", "rating": "1"}] * 2), "rated twice"),
        (row("1", instruction=""), "'instruction'"),
        ([1], "not a row as in CodeUltraFeedback"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(wrong: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        imported(tmp_path, row("1", "2"), wrong)
    assert "rated.jsonl:2: " in str(error.value) and message in str(error.value)


def test_a_source_is_pinned(tmp_path: Path) -> None:
    given = source(tmp_path, row("1", "2"), row("2", "1"), limit=1)
    assert len(list(read_rows(given, "them"))) == 1
    with (tmp_path / "rated.jsonl").open("a") as stream:
        stream.write("\n")
    with pytest.raises(UserError, match=r"rated.jsonl: the sha256 is"):
        list(read_rows(given, "them"))
    for wrong in ({}, {"path": "x"}, {"revision": "0" * 40, "sha256": "0" * 64}):
        with pytest.raises(ValidationError, match=r"commit on the hub|with 'path'"):
            RatedPairs(kind="codeultrafeedback", **wrong)


def test_a_problem_is_found_by_its_whole_statement_and_its_functions_name() -> None:
    statement = "Return the sum of the two given numbers, a and b."
    problem = make_problem("t/sum", statement=statement, entry_point="add")
    known = Statements([problem, make_problem("t/short", statement="Add: two, numbers!")])
    broken = statement.replace(" ", "\n")
    assert known.find(f"Please help.\n{broken}{statement} Call it add(a, b).") == [problem]
    assert known.find(f"{statement} Call it plus.") == []
    assert known.find("Return the sum of the two given numbers. Call it add.") == []
    assert known.find("Add: two, numbers! f") == []


def stated(*statements: str) -> list[Problem]:
    return [make_problem(f"t/{n}", statement=one) for n, one in enumerate(statements)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Keep every number that is above -3.", "Keep every number that is above 3."),
        ("Count the pairs with a < b in it.", "Count the pairs with a > b in it."),
        ("Return a + b for any two numbers.", "Return a - b for any two numbers."),
        ("Is this word all of 'A' or not?", "Is this word all of 'a' or not?"),
    ],
)
def test_statements_that_differ_in_a_sign_are_told_apart(one: str, other: str) -> None:
    first, second = problems = stated(one, other)
    assert Statements(problems).find(f"Define f. {one}") == [first]
    assert Statements(problems).find(f"Define f. {other}") == [second]
    assert Statements([first]).find(f"Define f. {other}") == []


def test_of_a_statement_in_another_one_the_longer_is_asked() -> None:
    short = "Return the sum of the given numbers."
    longer = f"Write f. {short} Leave out negative ones."
    problems = stated(short, longer, f"{short} Leave out negative ones.")
    known = Statements(problems)
    assert known.find(f"f {longer}") == [problems[1]]
    assert known.find(f"f {short} {longer}") == [problems[0], problems[1]]


def test_rows_that_may_ask_several_problems_are_counted_and_not_run(tmp_path: Path) -> None:
    text = "Return the sum of the given numbers."
    problems = (*stated(text, text), make_problem("t/other", statement=f"{text} Quickly."))
    rows = [
        row("1", "5", instruction=f"f: {text}"),
        row("1", "2", instruction=f"f: {text} Quickly."),
    ]
    found = imported(tmp_path, *rows, problems=problems)
    assert {one.problem_id for one in found.samples} == {"t/other"}
    statistics = statistics_of(found, "them", 0)
    assert (statistics.ambiguous_rows, statistics.rows_with_tests, statistics.pairs) == (1, 1, 2)
    *_, note = judge_table({}, {"them": statistics}).overview.notes
    assert "1 rows with tests. 1 row with several statements: not run." in note


@pytest.mark.parametrize("count", [64, 640])
def test_no_template_is_taken_for_another_one(count: int) -> None:
    problems = templated_problems("train", count)
    known = Statements(problems)
    for problem in problems:
        assert known.find(problem_messages(problem)[0].content) == [problem]


def response(row: str, position: int, rating: float, problem: str, index: int) -> RatedResponse:
    return RatedResponse(
        row=row,
        position=position,
        preference="style" if row == "s/1" else "readability",
        author=f"m{position}",
        rating=rating,
        problem_id=problem,
        index=index,
    )


def verdict(problem: str, index: int, found: VerdictClass, **more: Any) -> Execution:
    of = Sample(
        **{"problem_id": problem, "index": index, "model": "s", "prompt_sha256": ""},
        **{"completion": f"program {index}", "finish_reason": "stop", "tokens": 0, "seed": 0},
        **{"engine": "none", "model_revision": ""},
    )
    return make_execution(of, found, **more)


def test_ratings_are_set_against_verdicts_by_hand() -> None:
    rated = [
        *(response("s/1", 0, 5, "t/a", 0), response("s/1", 1, 3, "t/a", 1)),
        *(response("s/1", 2, 3, "t/a", 2), response("s/1", 3, 1, "t/a", 3)),
        *(response("s/2", 0, 4, "t/b", 0), response("s/2", 1, 2, "t/b", 1)),
        response("s/3", 0, 4, "t/b", 2),
    ]
    verdicts = [
        *(verdict("t/a", 0, "wrong_answer"), verdict("t/a", 1, "passed")),
        *(verdict("t/a", 2, "timeout"), verdict("t/a", 3, "passed")),
        *(verdict("t/b", 0, "passed"), verdict("t/b", 1, "infra_error")),
        verdict("t/b", 2, "passed"),
    ]
    found = agreement(rated, verdicts, {"s/1": (0, 3), "s/2": (0, 1)})
    assert list(found) == ["style", "all"]  # no row of readability has two judged responses
    every = found["all"]
    # The right ones are rated 3 and 1, the wrong ones 5 and 3.
    assert (every.prefers_wrong, every.prefers_right, every.alike) == (3, 0, 1)
    assert every.share == 3 / 4 and every.interval is None  # of one problem
    assert (every.pairs, every.chosen_wrong, every.rejected_right) == (1, 1, 1)
    with pytest.raises(UserError, match="response 0 of s/3 has no verdict"):
        agreement(rated, verdicts[:-1], {})


def test_training_takes_rated_pairs_and_checks_their_order(tmp_path: Path) -> None:
    (pair,) = imported(tmp_path, row("1", "5")).pairs
    write_records(tmp_path / "pairs.jsonl", [pair])
    assert load_pairs(tmp_path / "pairs.jsonl", "them") == [pair]
    turned = pair.model_copy(update={"rejected_from": pair.chosen_from})
    write_records(tmp_path / "pairs.jsonl", [turned])
    with pytest.raises(UserError, match=r"pairs.jsonl:1: the chosen response is rated 5, the"):
        load_pairs(tmp_path / "pairs.jsonl")
    for wrong in ({}, {"verdict": "passed", "rating": 1.0}):
        with pytest.raises(ValidationError, match="either a 'verdict' or a 'rating'"):
            PairSide(index=0, **wrong)


def test_the_command_lines_take_the_demos_ratings_to_their_table(tmp_path: Path) -> None:
    problems = templated_problems("train", 8)
    write_records(tmp_path / "problems.jsonl", problems)

    def script(name: str, *options: str | Path) -> str:
        command = [sys.executable, str(SCRIPTS / name), *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    names = {"output": "pairs", "samples": "samples", "ratings": "ratings", "stats": "stats"}
    files = {option: tmp_path / f"{name}.jsonl" for option, name in names.items()}
    outputs = [part for option, path in files.items() for part in (f"--{option}", path)]
    given = ["--kind", "codeultrafeedback", "--path", DEMO, "--sha256", sha256_of(DEMO)]
    known = ["--name", "them", "--problems", tmp_path / "problems.jsonl", "--seed", "0"]
    told = script("import_rated.py", *known, *given, "--limit", "8", *outputs)
    assert "8 pairs of 8 rows; left out: none; 8 rows are problems with tests" in told
    asked = [one.prompt for one in read_records(files["output"], Pair)]
    assert asked == [problem_messages(problem) for problem in problems]
    executed = tmp_path / "executions.jsonl"
    run = ["--problems", tmp_path / "problems.jsonl", "--samples", files["samples"]]
    script("run_executions.py", *run, "--output", executed)
    tables = ["--pairs", files["output"], "--statistics", files["stats"]]
    tables += ["--ratings", files["ratings"], "--executions", executed]
    script("write_judge_table.py", *tables, "--output-folder", tmp_path)
    *_, last = (tmp_path / "judge.csv").read_text().splitlines()
    counted = agreement(
        read_records(files["ratings"], RatedResponse),
        read_records(executed, Execution),
        pairs_by_row(list(read_records(files["output"], Pair))),
    )["all"]
    assert counted.comparisons > 8 and counted.prefers_wrong > 0
    assert f",{counted.comparisons},{counted.prefers_right},{counted.prefers_wrong}," in last
    assert "8 rows, 8 pairs to train on" in (tmp_path / "judge.md").read_text()


def test_the_demos_ratings_are_those_of_the_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "maintenance")
    import freeze_ratings

    monkeypatch.setattr(freeze_ratings, "OUTPUT", tmp_path / "rated.jsonl")
    freeze_ratings.main()
    assert (tmp_path / "rated.jsonl").read_bytes() == DEMO.read_bytes()

"""Codeforces pages of every kind become records, or are left out for the right reason."""

import contextlib
import gzip
import json
import re

import pytest
from helpers.changed_records import changed
from helpers.codeforces_pages import page, page_of_raw_example
from helpers.places import SHARED
from helpers.website import CannedClient
from hypothesis import given
from hypothesis import strategies as st

from codepref.problems.sources.codeforces import (
    Entry,
    collect,
    problem_from_page,
    read_list,
    refuse_unusable,
    statement_from_page,
)
from codepref.problems.sources.foreign import NotFetched, Skip, Skipped
from codepref.problems.statements.text import html_to_text
from codepref.records import Problem

DATA = SHARED / "codeforces"
ENTRY = Entry(contestId=4, index="A", name="Watermelon", tags=["math"], rating=800)
RUSSIAN = ("ограничение по времени на тест", "ограничение по памяти на тест", "ввод", "вывод")


def whole(problem: Problem) -> str:
    parts = [problem.statement, problem.input_format, problem.output_format, problem.notes]
    return "\n\n".join(filter(None, parts))


def raw_examples() -> list:
    return sorted((DATA / "raw_examples").glob("*.json")) if DATA.is_dir() else []


def expected_kinds() -> list:
    return sorted((DATA / "expected").glob("*.json")) if DATA.is_dir() else []


def expected_by_name() -> dict[str, dict]:
    results = [json.loads(path.read_text())["result"] for path in expected_kinds()]
    tasks = [
        task for result in results for task in (result if isinstance(result, list) else [result])
    ]
    return {task["name"]: task for task in tasks}


@pytest.mark.parametrize("path", raw_examples(), ids=lambda path: path.stem)
@pytest.mark.shared
def test_raw_pages_become_records(path):
    raw = json.loads(path.read_text())
    problem = problem_from_page(page_of_raw_example(raw), Entry.model_validate(raw))
    assert problem.id == f"codeforces/{raw['contestId']}{raw['index']}"
    assert problem.title == raw["name"]
    assert problem.limits.cpu_seconds == max(raw["timeLimit"]["value"] * 5, 5)
    assert len(problem.tests) == len(raw["samples"])
    # Nothing of the markup is left, and nothing of the text is lost.
    assert not re.search(r"<[a-z/]|\$\$\$|&[a-z]+;|\\[a-z]+|test-example-line", whole(problem))
    for part in ("statement", "inputSpecification", "outputSpecification", "note"):
        for word in re.findall(
            r"[A-Za-z]{5,}", re.sub(r"<[^>]*>|\$\$\$.*?\$\$\$", " ", raw[part] or "")
        ):
            assert word in whole(problem)
    for test in problem.tests:
        assert test.visible
        assert not re.search(r"<|&lt;", test.input.replace("<<<", "").replace("=<", ""))
        assert test.input.endswith("\n") and not test.input.startswith("\n")
    # What the well-tested browser extension extracts from the same pages; it drops blank lines
    # from divided samples, where they are part of the input (1702C says so in its statement).
    theirs = expected_by_name().get(raw["title"])
    if theirs:
        ours = [{"input": test.input, "output": test.expected} for test in problem.tests]
        if raw["contestId"] == 1702:
            assert "\n\n" in ours[0]["input"]
            ours[0]["input"] = re.sub(r"\n+", "\n", ours[0]["input"])
        assert ours == theirs["tests"]


@pytest.mark.shared
def test_raw_examples_compare_and_mark_answers():
    problems = {}
    for path in raw_examples():
        raw = json.loads(path.read_text())
        problems[path.stem] = problem_from_page(page_of_raw_example(raw), Entry.model_validate(raw))
    assert len(problems) == 7
    assert problems["1702_C"].comparison.ignore_case
    assert not problems["4_A"].comparison.ignore_case
    assert {p.comparison.kind for p in problems.values()} == {"tokens"}
    assert "1 ≤ t ≤ 10^4" in whole(problems["1702_C"])
    assert "- deletes all the vowels," in whole(problems["118_A"])
    assert "In the first sample, all dishes" in whole(problems["1131_D"])


@pytest.mark.parametrize("path", expected_kinds(), ids=lambda path: path.stem.split("_", 1)[1])
@pytest.mark.parametrize("form", ["plain", "br", "divided"])
@pytest.mark.shared
def test_every_kind_of_page_comes_out_as_expected(path, form):
    """Pages made from what the extension extracts, in each of the site's forms of samples."""
    record = json.loads(path.read_text())
    result = record["result"]
    for task in result if isinstance(result, list) else [result]:
        russian = "locale=ru" in record["url"]
        files = [
            task["input"].get("fileName", "стандартный ввод" if russian else "standard input"),
            task["output"].get("fileName", "стандартный вывод" if russian else "standard output"),
        ]
        seconds = task["timeLimit"] / 1000
        html = page(
            title=task["name"],
            time_limit=f"{seconds:g} " + ("секунды" if russian else "seconds"),
            memory_limit=f"{task['memoryLimit']} " + ("мегабайт" if russian else "megabytes"),
            statement="<p>Это условие задачи на русском языке.</p>" * 20
            if russian
            else "<p>Text.</p>",
            samples=[(test["input"], test["output"]) for test in task["tests"]],
            input_file=files[0],
            output_file=files[1],
            labels=RUSSIAN if russian else ("time limit", "memory limit", "input", "output"),
            extra_section='<div><div class="section-title">Interaction</div><p>Ask.</p></div>'
            if task["interactive"]
            else "",
            form=form,
        )
        statement = statement_from_page(html)
        assert statement.title == task["name"]
        assert statement.time_limit * 1000 == task["timeLimit"]
        assert statement.memory_limit == task["memoryLimit"]
        assert statement.interactive == task["interactive"]
        assert statement.russian == russian
        expected = [(test["input"], test["output"]) for test in task["tests"]]
        assert [(a, b) for a, b in statement.samples] == expected

        reason = None
        if task["interactive"]:
            reason = "interactive"
        elif russian:
            reason = "statement is in Russian"
        elif "fileName" in task["input"] or "fileName" in task["output"]:
            reason = "reads or writes files"
        elif not task["tests"]:
            reason = "no sample tests"
        if reason is None:
            refuse_unusable(statement)
        else:
            with pytest.raises(Skip, match=reason):
                refuse_unusable(statement)


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (page(input_file="input.txt"), "reads or writes files"),
        (page(output_file="output.txt"), "reads or writes files"),
        (page(statement="<p>This is an interactive problem.</p>"), "interactive"),
        (page(statement="<p>Look:</p><img src='a.png'/>"), "needs an image"),
        (page(statement="<p>Дано число. Найдите ответ.</p>" * 9), "in Russian"),
        (page(samples=[]), "no sample tests"),
        ('<html><a href="/a/statement.pdf">Statement</a></html>', "statement is a PDF"),
        ("<html>acm.sgu.ru<h3>123. The sum</h3></html>", "acm.sgu.ru archive"),
        ("<html><div class='new-design'>Hello</div></html>", "page not understood"),
        ("<![<" + page(), "page not understood: not HTML"),
        (page().replace("time-limit", "limit-of-time"), "page not understood"),
        (page().replace('class="output"', 'class="answer"'), "page not understood"),
    ],
)
def test_unusable_pages_are_left_out_for_a_reason(html, reason):
    with pytest.raises(Skip, match=reason):
        problem_from_page(html, ENTRY)


def test_a_page_becomes_a_record():
    problem = problem_from_page(
        page(
            statement="<p>Given $$$n$$$ ($$$1 \\le n \\le 10^{18}$$$), <i>divide</i>&nbsp;it.</p>"
            "<ul><li>one</li><li>two</li></ul>",
            note="<p>8 = 2 + 6.</p>",
            time_limit="2.5 seconds",
            memory_limit="1 gigabyte",
        ),
        ENTRY,
    )
    assert whole(problem) == (
        "Given n (1 ≤ n ≤ 10^18), divide it.\n\n- one\n- two\n\nOne integer.\n\n"
        "Print YES or NO.\n\n8 = 2 + 6."
    )
    assert problem.url == "https://codeforces.com/problemset/problem/4/A"
    assert (problem.difficulty, problem.tags) == ("800", ["math"])
    assert problem.limits.cpu_seconds == 12.5
    assert problem.limits.memory_mb == 1024
    assert not problem.needs_checker


@pytest.mark.parametrize(
    ("text", "kind", "checker", "ignore_case"),
    [
        ("Print the sum.", "tokens", False, False),
        ("If there are several solutions, print any of them.", "tokens", True, False),
        ("If there are multiple possible answers, output any.", "tokens", True, False),
        ("You may print the numbers in any order.", "tokens", True, False),
        ("You may print every letter in any case you want.", "tokens", False, True),
        ("Choose any index i and print the minimum number of moves.", "tokens", False, False),
        ("Its absolute or relative error must not exceed 10^-6.", "close", False, False),
        ("The relative or absolute error should be at most $$$10^{-9}$$$.", "close", False, False),
    ],
)
def test_how_answers_are_compared_is_read_from_the_statement(text, kind, checker, ignore_case):
    problem = problem_from_page(page(output_text=f"<p>{text}</p>"), ENTRY)
    assert problem.comparison.kind == kind
    assert problem.needs_checker == checker
    assert problem.comparison.ignore_case == ignore_case
    if kind == "close":
        assert problem.comparison.absolute_tolerance in (1e-6, 1e-9)


def test_tables_and_preformatted_text_keep_their_lines():
    html = (
        "<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table><pre>x\n  y</pre>"
    )
    assert html_to_text(html) == "a | b\n1 | 2\n\nx\n  y"


@pytest.mark.shared
def test_the_recorded_list_is_understood():
    body = gzip.decompress((DATA / "problemset.problems_2022.json.gz").read_bytes()).decode()
    assert len(read_list(body)) == 7579


def canned(listed: str, html: str) -> CannedClient:
    return CannedClient(lambda url: listed if "/api/" in url else html)


@given(st.data())
def test_no_list_whatsoever_gets_past_the_checks(data):
    entries = [{**ENTRY.model_dump(), "type": "PROGRAMMING"}, {"index": "B", "type": "QUESTION"}]
    answer = {"status": "OK", "comment": None, "result": {"problems": entries}}
    client = canned(json.dumps(data.draw(changed(answer))), page())
    with contextlib.suppress(NotFetched):  # the list: asked for again
        for item in collect(client):
            assert isinstance(item, (Problem, Skipped))


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (page(statement="<div>" * 3000 + "deep" + "</div>" * 3000), "nested too deep"),
        (page(time_limit="1.2.3.4 hours"), "time limit '1.2.3.4 hours'"),
        (page(memory_limit="... megabytes"), "memory limit '... megabytes'"),
    ],
)
def test_odd_pages_are_counted_and_say_what_is_odd(html, reason):
    answer = {
        "status": "OK",
        "result": {"problems": [ENTRY.model_dump() | {"type": "PROGRAMMING"}]},
    }
    (item,) = collect(canned(json.dumps(answer), html))
    assert item.item == "4/A"
    assert item.reason == "page not understood" and reason in item.not_understood

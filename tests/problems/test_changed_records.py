"""Real records of every kind, changed in every way a site or a data set may change them."""

import base64
import contextlib
import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from helpers.codeforces_pages import page_of_raw_example
from helpers.places import SHARED
from helpers.website import CannedClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.problems.decontamination.contamination import read_tasks
from codepref.problems.sources import codeforces, datasets, leetcode
from codepref.problems.sources.foreign import Skip, Skipped
from codepref.records import Problem

_DIGITS = "@6000 digits@"  # json refuses to write such an integer, others do not
_DAMAGED = gzip.compress(b"tests" * 100)[:-20]


def _nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


# What a value becomes.
VALUES: dict[str, Callable[[Any], Any]] = {
    "null": lambda value: None,
    "true": lambda value: True,
    "number": lambda value: -7,
    "decimal": lambda value: 1e308,
    "not a number": lambda value: float("nan"),
    "6,000 digits": lambda value: _DIGITS,
    "text": lambda value: "changed",
    "empty text": lambda value: "",
    "half a surrogate": lambda value: f"{value}\ud800",
    "zero character": lambda value: f"\0{value}",
    "cut text": lambda value: value[: len(value) // 2] if isinstance(value, str) else "",
    "damaged gzip": lambda value: base64.b64encode(_DAMAGED).decode(),
    "damaged gzip, as it is": lambda value: _DAMAGED.decode("latin-1"),
    "empty list": lambda value: [],
    "list of null": lambda value: [None],
    "in a list": lambda value: [value],
    "empty object": lambda value: {},
    "in an object": lambda value: {"value": value},
    "twice": lambda value: [value, value],
    "nested deep": lambda value: _nested(value, 400),
    "as text": json.dumps,
}
WAYS = [*VALUES, "missing", "another name"]


def places(value: Any) -> list[tuple]:
    """The way to every value inside, but only some of long lists."""
    found: list[tuple] = []
    inside = value.items() if isinstance(value, dict) else enumerate(value[:3])
    for key, item in inside:
        found.append((key,))
        if isinstance(item, (dict, list)):
            found += [(key, *rest) for rest in places(item)]
        elif isinstance(item, str) and item[:1] in "{[":
            with contextlib.suppress(ValueError):
                inner = json.loads(item)
                found += [(key, *rest) for rest in places(inner)]
    return found


def changed(value: Any, place: tuple, way: str) -> Any:
    if isinstance(value, str):  # JSON in text
        return json.dumps(changed(json.loads(value), place, way))
    key, rest = place[0], place[1:]
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[key] = changed(value[key], rest, way)
    elif way == "missing":
        del copy[key]
    elif way == "another name":
        item = copy.pop(key)
        if isinstance(copy, dict):
            copy[f"the_{key}"] = item
    else:
        copy[key] = VALUES[way](value[key])
    return copy


def _from_data_set(kind: str) -> Callable[[str], object]:
    data_set = datasets.DATA_SETS[kind]
    return lambda text: datasets.problem_of_row(data_set, "here", text.encode(), 0)


def _from_question(text: str) -> object:
    slug = "two-sum" if "two-sum" in text else "binary-subarrays-with-sum"
    listed = {"total": 1, "questions": [{"titleSlug": slug, "topicTags": []}]}
    first = json.dumps({"data": {"problemsetQuestionList": listed}})
    client = CannedClient(lambda asked: text if '"titleSlug"' in asked else first)
    return [*leetcode.collect(client)]


def _from_questions(text: str) -> object:
    def body(asked: str) -> str:
        slug = json.loads(asked)["variables"].get("titleSlug")
        question = {"titleSlug": slug, "isPaidOnly": True}
        return text if slug is None else json.dumps({"data": {"question": question}})

    return [*leetcode.collect(CannedClient(body))]


def _from_list(text: str) -> object:
    client = CannedClient(lambda url: text if "/api/" in url else "<html></html>")
    return [*codeforces.collect(client)]


def _from_page(text: str) -> object:
    raw = json.loads(text)
    return codeforces.problem_from_page(
        page_of_raw_example(raw), codeforces.Entry(contestId=1, index="A")
    )


def _line(path: str) -> Any:
    file = SHARED / path
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as stream:
        return json.loads(stream.readline())


def _json(path: str) -> Any:
    file = SHARED / path
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as stream:
        return json.load(stream)


@cache
def real_records() -> dict[str, tuple[Any, Callable[[str], object]]]:
    """A real record of every kind, and what makes problems of it."""
    listed = _json("leetcode_api/problemsetQuestionList_2738.json.gz")
    listed["data"]["problemsetQuestionList"]["questions"][5:] = []
    listed["data"]["problemsetQuestionList"]["total"] = 5
    problems = _json("codeforces/problemset.problems_2022.json.gz")
    problems["result"]["problems"][5:] = problems["result"]["problemStatistics"] = []
    versions = ("v0.2.0-train", "v0.3.1-test")
    return {
        f"row {version}": (
            _line(f"leetcode_dataset/LeetCodeDataset-{version}.jsonl.gz"),
            _from_data_set("leetcode_dataset"),
        )
        for version in versions
    } | {
        "row of CodeContests": (
            _line("code_contests/sandboxfusion_code_eval_code_contests.jsonl"),
            _from_data_set("code_contests"),
        ),
        "question": (_json("leetcode_api/alfa-leetcode-api_selectProblem.json"), _from_question),
        "questions": (listed, _from_questions),
        "list of problems": (problems, _from_list),
        "page": (_json("codeforces/raw_examples/1702_C.json"), _from_page),
    }


KINDS = [
    *("row v0.2.0-train", "row v0.3.1-test", "row of CodeContests"),
    *("question", "questions", "list of problems"),
]


def text_of(record: Any) -> str:
    return json.dumps(record).replace(json.dumps(_DIGITS), "7" * 6000)


def judge(make: Callable[[str], object], text: str) -> None:
    try:
        found = make(text)
    except Skip:
        return  # of a list: asked for again
    for item in found if isinstance(found, list) else [found]:
        assert isinstance(item, (Problem, Skipped))


@pytest.mark.shared
@pytest.mark.parametrize("kind", KINDS)
def test_real_records_are_understood(kind):
    record, make = real_records()[kind]
    found = make(text_of(record))
    for item in found if isinstance(found, list) else [found]:
        assert isinstance(item, Problem) or not item.not_understood


@pytest.mark.shared
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8)
@given(data=st.data())
def test_no_change_of_a_real_record_gets_past_the_checks(kind, way, data):
    record, make = real_records()[kind]
    place = data.draw(st.sampled_from(places(record)))
    judge(make, text_of(changed(record, place, way)))


@pytest.mark.shared
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20)
@given(data=st.data())
def test_no_damage_to_the_text_of_a_real_record_gets_past_the_checks(kind, data):
    record, make = real_records()[kind]
    text = text_of(record)
    at = data.draw(st.integers(0, len(text)))
    more = data.draw(st.sampled_from(["", "<", "[" * 9999, "\0", "\\u", '"', "7" * 6000, "é"]))
    judge(make, text[:at] + more + text[at + data.draw(st.integers(0, 3)) :])


@pytest.mark.shared
@settings(max_examples=30)
@given(data=st.data())
def test_no_damage_to_a_real_page_gets_past_the_checks(data):
    """A page is text in markup: any part of it may be missing, doubled or something else."""
    html = page_of_raw_example(real_records()["page"][0])
    first, second = sorted(data.draw(st.integers(0, len(html))) for _ in range(2))
    between = data.draw(
        st.sampled_from(
            ["", "<![", "<div>" * 2000, "&#9999999999;", "\0", "<pre>", "$$$", "<li", "٣"]
        )
    )
    damaged = html[:first] + between + html[data.draw(st.sampled_from([first, second])) :]
    entry = {"contestId": 1, "index": "A", "name": "The", "type": "PROGRAMMING"}
    listed = json.dumps({"status": "OK", "result": {"problems": [entry]}})
    client = CannedClient(lambda url: listed if "/api/" in url else damaged)
    judge(lambda text: [*codeforces.collect(client)], "")


@pytest.mark.shared
@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_benchmark_task_is_read_or_named(tmp_path, way, data):
    name = data.draw(st.sampled_from(["HumanEvalPlus-v0.1.10", "MbppPlus-v0.2.0"]))
    task = _line(f"evalplus/{name}.jsonl.gz")
    place = data.draw(
        st.sampled_from(places({key: task[key] for key in task if key != "contract"}))
    )
    path = tmp_path / "tasks.jsonl"
    path.write_text(text_of(changed(task, place, way)))
    try:
        read_tasks([path])
    except UserError as error:
        assert str(error).startswith(f"{path}:1: ")

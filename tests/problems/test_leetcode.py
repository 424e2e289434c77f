"""LeetCode's GraphQL answers become records, or are left out for the right reason."""

import contextlib
import copy
import gzip
import json

import pytest
from helpers.changed_records import changed
from helpers.places import SHARED
from helpers.website import Answer, CannedClient, Site
from hypothesis import given
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.problems.collect import Account, collect
from codepref.problems.settings import SiteSource
from codepref.problems.sources import leetcode
from codepref.problems.sources.crawl import Client
from codepref.problems.sources.foreign import NotFetched, Skip, Skipped
from codepref.problems.sources.leetcode import problem_from_question
from codepref.records import Problem

DATA = SHARED / "leetcode_api"

QUESTION = {
    "title": "Pick Two",
    "titleSlug": "pick-two",
    "isPaidOnly": False,
    "difficulty": "Easy",
    "content": "<p>Given <code>nums</code>, return two numbers, 10<sup>4</sup> at most.</p>"
    "<pre><strong>Input:</strong> nums = [1,2,3], k = 2\n<strong>Output:</strong> [1,2]\n"
    "<strong>Explanation:</strong> why not.</pre>"
    "<pre><strong>Input:</strong> nums = [5], k = 1\n<strong>Output:</strong> [5]</pre>",
    "exampleTestcases": "[1,2,3]\n2\n[5]\n1",
    "topicTags": [{"name": "Array", "slug": "array"}],
    "codeSnippets": [
        {"langSlug": "cpp", "code": "class Solution {};"},
        {
            "langSlug": "python3",
            "code": "class Solution:\n"
            "    def pick(self, nums: List[int], k: int) -> List[int]:\n        ",
        },
    ],
    "metaData": json.dumps(
        {
            "name": "pick",
            "params": [{"name": "nums", "type": "integer[]"}, {"name": "k", "type": "integer"}],
            "return": {"type": "integer[]"},
        }
    ),
}


def question(**changes) -> dict:
    return {**copy.deepcopy(QUESTION), **changes}


def with_meta(**changes) -> dict:
    return question(metaData=json.dumps({**json.loads(QUESTION["metaData"]), **changes}))


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["alfa-leetcode-api_selectProblem", "alfa-leetcode-api_dailyProblem"]
)
def test_recorded_questions_agree_with_their_own_fields(name):
    data = json.loads((DATA / f"{name}.json").read_text())["data"]
    recorded = data.get("question") or data["activeDailyCodingChallengeQuestion"]["question"]
    meta = json.loads(recorded["metaData"])
    problem = problem_from_question(recorded)
    assert problem.entry_point == f"Solution.{meta['name']}"
    assert problem.parameters == [parameter["name"] for parameter in meta["params"]]
    lines = [json.loads(line) for line in recorded["exampleTestcases"].split("\n")]
    assert [value for test in problem.tests for value in test.input] == lines
    outputs = {"two-sum": [[0, 1], [1, 2], [0, 1]], "binary-subarrays-with-sum": [4, 15]}
    assert [test.expected for test in problem.tests] == outputs[recorded["titleSlug"]]
    assert problem.comparison.kind == (
        "unordered" if recorded["titleSlug"] == "two-sum" else "exact"
    )
    assert "<" not in problem.statement.replace("<=", "")
    assert "10^4" in problem.statement
    assert problem.difficulty == recorded["difficulty"].lower()


def test_a_question_becomes_a_record():
    problem = problem_from_question(QUESTION)
    assert problem.id == "leetcode/pick-two"
    assert problem.parameter_types == ["list[int]", "int"]
    assert problem.return_type == "list[int]"
    assert [(test.input, test.expected) for test in problem.tests] == [
        ([[1, 2, 3], 2], [1, 2]),
        ([[5], 1], [5]),
    ]
    assert all(test.visible for test in problem.tests)
    assert problem.statement.startswith("Given nums, return two numbers, 10^4 at most.")


def test_the_newer_form_of_examples_is_read_too():
    block = (
        '<div class="example-block"><p><strong>Input:</strong> <span class="example-io">nums = [1],'
        ' k = 1</span></p><p><strong>Output:</strong> <span class="example-io">[1]</span></p>'
        "<p><strong>Explanation:</strong></p><ul><li>Output: none of this</li></ul></div>"
    )
    problem = problem_from_question(
        question(content=f"<p>Pick.</p>{block}", exampleTestcases="[1]\n1")
    )
    assert [test.expected for test in problem.tests] == [[1]]


def test_in_place_questions_name_the_changed_argument():
    changed = with_meta(**{"return": {"type": "void"}, "output": {"paramindex": 0}})
    problem = problem_from_question(changed)
    assert problem.in_place == 0


@pytest.mark.parametrize(
    ("content", "kind", "checker"),
    [
        ("Return the answer in any order.", "unordered", False),
        ("If there are multiple answers, return any of them.", "exact", True),
        ("Return the sorted answer.", "exact", False),
    ],
)
def test_order_free_and_ambiguous_answers_are_marked(content, kind, checker):
    problem = problem_from_question(question(content=f"<p>{content}</p>" + QUESTION["content"]))
    assert (problem.comparison.kind, problem.needs_checker) == (kind, checker)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (question(isPaidOnly=True), "premium"),
        (question(content=None), "premium"),
        (question(codeSnippets=[{"langSlug": "mysql", "code": ""}]), "not in Python"),
        (with_meta(classname="LRUCache"), "design of a class"),
        (with_meta(systemdesign=True), "design of a class"),
        (with_meta(manual=True), "judged by a program of its own"),
        (with_meta(params=[{"name": "n", "type": "Node"}]), "values of type Node"),
        (question(exampleTestcases="[1,2,3]\n2\n[5]"), "do not fit the parameters"),
        (question(exampleTestcases="[1,2,3]\n2"), "differ in number"),
        (question(exampleTestcases="[1,2,3]\n2\n[5]\nk"), "not plain JSON"),
        (question(exampleTestcases='[1,2,3]\n2\n[5]\n"1"'), "not of the declared type"),
        (question(metaData="{"), r"answer not understood \(field 'metaData'\): .*Invalid JSON"),
        (question(metaData="[" * 300), r"\(field 'metaData'\): .*recursion limit"),
        (question(topicTags=[None]), r"answer not understood \(field 'topicTags'\)"),
        (question(codeSnippets={"python3": ""}), r"answer not understood \(field 'codeSnippets'\)"),
        (with_meta(params=["n"]), r"answer not understood \(field 'metaData.params'\)"),
        (with_meta(**{"return": None, "output": {"paramindex": -1}}), "field 'metaData.output"),
        (with_meta(**{"return": None, "output": {"paramindex": 2}}), "field 'metaData.output"),
        (question(exampleTestcases="[1,2,3]\n2\n[5]\n" + "1" * 6000), "not plain JSON"),
        (question(metaData=None), "answer not understood"),
        (with_meta(name="other"), "does not declare"),
    ],
)
def test_unusable_questions_are_left_out_for_a_reason(changed, reason):
    with pytest.raises(Skip, match=reason):
        problem_from_question(changed)


def leetcode_site(site: Site, listed: list[dict], answers: dict[str, dict]) -> None:
    def post(path: str, body: str) -> Answer:
        variables = json.loads(body)["variables"]
        if "titleSlug" in variables:
            slug = variables["titleSlug"]
            return Answer(json.dumps({"data": {"question": answers.get(slug)}}))
        start = variables["skip"]
        part = listed[start : start + variables["limit"]]
        found = {"total": len(listed), "questions": part}
        return Answer(json.dumps({"data": {"problemsetQuestionList": found}}))

    site.post = post


def entry(slug: str, paid: bool = False, topic: str = "array") -> dict:
    tags = [{"name": topic.title(), "slug": topic}]
    return {"titleSlug": slug, "title": slug, "paidOnly": paid, "topicTags": tags}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    original = Client.__init__

    def quick(self, *arguments, **options):
        original(self, *arguments, **{"sleep": lambda seconds: None, **options})

    monkeypatch.setattr(Client, "__init__", quick)


def test_a_crawl_lists_fetches_skips_and_resumes(site: Site, tmp_path):
    listed = [entry(f"q{n}") for n in range(120)]
    listed[3] = entry("paid", paid=True)
    listed[4] = entry("sql", topic="database")
    answers = {f"q{n}": question(titleSlug=f"q{n}") for n in range(120)}
    del answers["q7"]
    leetcode_site(site, listed, answers)
    # A cut answer, an error without data, a page for humans: asked again.
    site.first["/graphql"].extend(
        [Answer('{"data": {"probl'), Answer('{"errors": ["busy"]}'), Answer("<html>captcha</html>")]
    )
    source = SiteSource(
        kind="leetcode", address=site.address, cache=str(tmp_path), requests_per_second=5
    )
    stream = collect("leetcode", source, Account())
    for _ in range(30):
        next(stream)
    stream.close()
    account = Account()
    problems = list(collect("leetcode", source, account))
    assert len(problems) == 117
    assert account.skipped == {
        "premium": 1,
        "not in Python (database, shell or concurrency)": 1,
        "page not fetched: answer not understood (field 'question')": 1,
    }
    assert account.not_fetched[0].startswith("q7: http://")
    bodies = [body for _, _, _, body in site.seen[3:] if '"q7"' not in body]
    assert len(bodies) == len(set(bodies))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"data": {"question": None}}, "answer not understood (field 'question')"),
        ({"data": {"question": question(titleSlug="other")}}, "an answer about another question"),
        ({"data": {"question": question(content=None)}}, "an answer without a statement"),
        ({"data": {"question": question()}, "errors": ["slow"]}, "an answer without data"),
        ({"data": None}, "an answer without data"),
        ({"data": {}}, "answer not understood (field 'question')"),
        ({"data": []}, "answer not understood (field 'data')"),
        ([], "answer not understood"),
        (None, "answer not understood"),
        ({"detail": "Please sign in"}, "an answer without data"),
    ],
)
def test_an_answer_that_is_not_the_questions_is_not_kept(site: Site, tmp_path, answer, reason):
    leetcode_site(site, [entry("a"), entry("pick-two")], {"a": question(titleSlug="a")})
    good = site.post
    blocked = Answer(json.dumps(answer))
    site.post = lambda path, body: blocked if '"pick-two"' in body else good(path, body)
    source = SiteSource(kind="leetcode", address=site.address, cache=str(tmp_path))
    account = Account()
    assert [one.id for one in collect("leetcode", source, account)] == ["leetcode/a"]
    assert account.skipped == {f"page not fetched: {reason}": 1}
    leetcode_site(site, [], {"pick-two": QUESTION})  # it heals
    assert len(list(collect("leetcode", source, Account()))) == 2


def test_a_list_that_ends_early_is_an_error_not_a_short_source(site: Site, tmp_path):
    leetcode_site(site, [entry("a")] * 3, {"a": question(titleSlug="a")})
    good = site.post

    def post(path: str, body: str) -> Answer:
        return Answer(good(path, body).body.replace('"total": 3', '"total": 300'))

    site.post = post
    source = SiteSource(kind="leetcode", address=site.address, cache=str(tmp_path))
    with pytest.raises(UserError, match=r"an empty page of the list .from question 3 on"):
        list(collect("leetcode", source, Account()))


@given(st.data())
def test_no_answer_whatsoever_gets_past_the_checks(data):
    found = {"total": 2, "questions": [entry("pick-two"), entry("sql", topic="database")]}
    listed = {"data": {"problemsetQuestionList": found}, "errors": None}
    asked = {"data": {"question": QUESTION}}
    which = data.draw(st.sampled_from(["listed", "asked", "both"]))
    listed = data.draw(changed(listed)) if which != "asked" else listed
    asked = data.draw(changed(asked)) if which != "listed" else asked
    with contextlib.suppress(NotFetched):  # the list: asked for again
        bodies = (json.dumps(listed), json.dumps(asked))
        for item in leetcode.collect(CannedClient(lambda body: bodies["titleSlug" in body])):
            assert isinstance(item, (Problem, Skipped))


@pytest.mark.shared
def test_the_recorded_list_gives_every_reason_to_skip(site: Site, tmp_path):
    with gzip.open(DATA / "problemsetQuestionList_2738.json.gz", "rt") as stream:
        listed = json.load(stream)["data"]["problemsetQuestionList"]["questions"]
    recorded = json.loads((DATA / "alfa-leetcode-api_selectProblem.json").read_text())
    leetcode_site(site, listed[:300], {"two-sum": recorded["data"]["question"]})
    source = SiteSource(kind="leetcode", address=site.address, cache=str(tmp_path), failed_share=1)
    account = Account()
    assert [p.id for p in collect("leetcode", source, account)] == ["leetcode/two-sum"]
    premium = sum(item["paidOnly"] for item in listed[:300])
    assert account.skipped["premium"] == premium > 10


@pytest.mark.parametrize("word", ["Explanation", "Explantion", "Explaination", "EXPLANATION"])
def test_an_output_ends_where_its_explanation_begins(word):
    assert leetcode.example_outputs(f"Input: x = 1\nOutput: [1]\n{word}: because") == ["[1]"]


def test_null_for_nodes_is_the_empty_list():
    meta = {
        "name": "pick",
        "params": [{"name": "nums", "type": "ListNode"}, {"name": "k", "type": "integer"}],
        "return": {"type": "ListNode"},
    }
    content = QUESTION["content"].replace("[5]</pre>", "null</pre>")
    problem = problem_from_question(question(metaData=json.dumps(meta), content=content))
    assert problem.tests[1].expected == []

"""Problems made from templates: right, varied, told apart by their tests, and in two parts."""

import ast
import copy
import doctest
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest
from evalplus.eval._special_oracle import MBPP_OUTPUT_NOT_NONE_TASKS, MBPP_OUTPUT_SET_EQ_TASKS
from helpers.places import SHARED

from codepref.errors import UserError
from codepref.evaluation.benchmarks import benchmark_bytes
from codepref.evaluation.settings import BuiltinHumanEval, TemplateData
from codepref.files import write_records
from codepref.problems.collect import Account, collect
from codepref.problems.decontamination.contamination import CodeOverlap, TextOverlap, read_tasks
from codepref.problems.merge import deduplicate
from codepref.problems.settings import ProblemsConfig, TemplateSource
from codepref.problems.templates import PARTS, cluster_of, templated_problems
from codepref.problems.templates.template import run
from codepref.prompts import problem_text
from codepref.records import Problem
from codepref.values import decode

SEEDS = range(8)
CONFIG = ProblemsConfig()
TEMPLATES = {
    f"{family}/{one.name}": (family, one)
    for families in PARTS.values()
    for family, templates in families.items()
    for one in templates
}
MANY = {
    (part, seed): templated_problems(part, 200, seed)
    for part in ("train", "held_out")
    for seed in SEEDS
}
ALL = [problem for problems in MANY.values() for problem in problems]


def held_out(tasks: int = 48, seed: int = 0) -> bytes:
    data = TemplateData(kind="templates", part="held_out", tasks=tasks, seed=seed)
    return benchmark_bytes("mbpp", data)


def passes(solution: str, problem) -> bool:
    solve = run(solution)
    for test in problem.tests:
        try:
            found = solve(*copy.deepcopy(decode(test.input)))
        except Exception:
            return False
        expected = decode(test.expected)
        if type(found) is not type(expected) or found != expected:
            return False
    return True


def test_there_are_enough_templates_and_no_family_is_in_both_parts():
    train, held = PARTS["train"], PARTS["held_out"]
    assert not train.keys() & held.keys()
    assert sum(map(len, train.values())) >= 24
    assert sum(map(len, held.values())) >= 48  # a held-out problem each: as many clusters as tasks
    names = [
        f"{family}/{one.name}" for part in (train, held) for family in part for one in part[family]
    ]
    assert len(set(names)) == len(names)
    for part in (train, held):
        wordings = [w for family in part.values() for one in family for w in one.wordings]
        assert len(set(wordings)) == len(wordings)


def test_references_pass_and_tests_are_many_and_different():
    for problem in ALL:
        assert passes(problem.reference_solution, problem), problem.id
        assert sum(test.visible for test in problem.tests) == 3, problem.id
        assert sum(not test.visible for test in problem.tests) >= 10, problem.id
        inputs = [repr(test.input) for test in problem.tests]
        assert len(set(inputs)) == len(inputs), problem.id
        answers = {repr(test.expected) for test in problem.tests if test.visible}
        assert len(answers) >= 2, problem.id


def mutants(solution: str) -> Iterator[str]:
    """Yield the program with one of its constants changed: a number by one, a text by a letter."""
    count = len(_constants(ast.parse(solution)))
    for number in range(count):
        for change in (1, -1):
            tree = ast.parse(solution)
            node = _constants(tree)[number]
            node.value = f"{node.value}x" if isinstance(node.value, str) else node.value + change
            yield ast.unparse(tree)


def _constants(tree: ast.Module) -> list[ast.Constant]:
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [node for node in constants if not isinstance(node.value, bool)]


@pytest.mark.parametrize("name", TEMPLATES)
def test_tests_notice_every_changed_constant_of_the_solution(name):
    family, template = TEMPLATES[name]
    for seed in range(5):
        for problem in islice(template.problems(family, seed), 4):
            for wrong in mutants(problem.reference_solution):
                if name == "digits/divisors" and "+ 2" in wrong:
                    continue  # n + 1 never divides n
                assert not passes(wrong, problem), f"{problem.id}, seed {seed}:\n{wrong}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_wordings_take_turns_and_no_problem_comes_twice(name):
    family, template = TEMPLATES[name]
    assert len(template.wordings) >= 3
    problems = list(islice(template.problems(family, 0), 60))
    assert len(problems) >= 3
    assert len({problem.statement for problem in problems[:3]}) == 3
    # Other names of function and arguments do not make another problem.
    forgotten = {(bare(problem, problem.statement), bare(problem)) for problem in problems}
    assert len(forgotten) == len(problems)


def bare(problem: Problem, text: str | None = None) -> str:
    """Return a text, or the reference solution, without the names that its problem gave."""
    text = text or problem.reference_solution.partition("\n")[2]
    for name in problem.parameters:
        text = re.sub(rf"\b{name}\b", "_", text)
    return text


def test_the_prompt_shows_one_telling_example_once():
    for problem in ALL:
        (example,) = problem.examples
        assert problem_text(problem).count(example) == 1
        call, _, answer = example.removesuffix(".").rpartition(" returns ")
        first = problem.tests[0]
        assert eval(
            call.replace(problem.entry_point, "list_of", 1), {"list_of": lambda *a: [*a]}
        ) == (decode(first.input))
        assert ast.literal_eval(answer) == decode(first.expected)
        assert "$" not in problem_text(problem)


@pytest.mark.parametrize("part", PARTS)
def test_templates_get_as_many_problems_each_and_more_problems_begin_with_fewer(part):
    few, many = templated_problems(part, 40, 3), templated_problems(part, 96, 3)
    assert many[:40] == few
    counts = Counter(map(cluster_of, templated_problems(part, 96, 3)))
    assert len(counts) == sum(map(len, PARTS[part].values()))
    assert max(counts.values()) - min(counts.values()) <= 1
    families = {cluster_of(problem).partition("/")[0] for problem in few}
    assert families <= PARTS[part].keys()
    assert all(f"family:{cluster_of(p).partition('/')[0]}" in p.tags for p in few)
    assert many != templated_problems(part, 96, 4)


def test_some_families_of_a_part_can_be_taken():
    source = TemplateSource(
        kind="templates", part="train", problems=20, families=["mapping", "formulas"]
    )
    problems = list(collect("own", source, Account()))
    assert {cluster_of(problem).partition("/")[0] for problem in problems} == {
        "mapping",
        "formulas",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", 10, 0, ["extremes"]), "'extremes' is no family of part 'train'"),
        (("train", 10, 0, ["countng"]), "did you mean 'counting'"),
        (("train", 10, 0, ["counting", "counting"]), "'counting' is named twice"),
        (("held_out", 9999), r"give \d+ problems, 9999 were asked for"),
    ],
)
def test_what_templates_cannot_give_is_one_clear_message(arguments, message):
    with pytest.raises(UserError, match=message):
        templated_problems(*arguments)


def test_the_same_seed_gives_the_same_bytes_on_any_machine():
    """The held-out part is frozen: a change of this hash is another benchmark, for all results."""
    frozen = hashlib.sha256(held_out()).hexdigest()
    assert frozen == "409bd415a98e55e86ddd72915d18b2f94a1ecf0e7935686c336d5f5d06848ad1"
    code = (
        "import sys; from codepref.problems.templates import templated_problems; "
        "[print(p.model_dump_json(exclude_defaults=True)) for p in templated_problems('train', 64)]"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    trained_on = hashlib.sha256(runs[0]).hexdigest()
    assert trained_on == "c78160a4eefb21423fa6191b647a23543defbb24ae3e3386ffd38a88c2bbc781"


# --- The held-out part as a benchmark -------------------------------------------------------------


def test_held_out_problems_are_tasks_in_evalplus_format_with_their_template():
    problems = templated_problems("held_out", 48)
    tasks = [json.loads(line) for line in held_out().splitlines()]
    for problem, task in zip(problems, tasks, strict=True):
        assert task["cluster"] == cluster_of(problem)
        solve = run(task["prompt"] + task["canonical_solution"])
        given = task["base_input"] + task["plus_input"]
        assert [solve(*copy.deepcopy(one)) for one in given] == (
            [decode(test.expected) for test in problem.tests]
        )
        assert len(task["base_input"]) == 3 and len(task["plus_input"]) >= 10
        assert problem.statement in task["prompt"].replace("\n    ", "\n")
        doctest.run_docstring_examples(
            solve, {problem.entry_point: solve}, optionflags=doctest.FAIL_FAST
        )
    assert len({task["cluster"] for task in tasks}) == 48


def test_no_function_has_a_name_that_evalplus_judges_by_a_rule_of_its_own():
    special = {
        *(*MBPP_OUTPUT_NOT_NONE_TASKS, *MBPP_OUTPUT_SET_EQ_TASKS, "find_zero"),
        *("are_equivalent", "sum_div", "surface_Area", "digit_distance_nums"),
    }
    names = {name for _, template in TEMPLATES.values() for name in template.choices["f"]}
    assert not names & special


# --- Kept apart -----------------------------------------------------------------------------------


def hits(problems: list[Problem], tasks: list) -> list:
    """Return what the text checks of the decontamination find."""
    ways = (
        TextOverlap(tasks, CONFIG.overlap_words),
        CodeOverlap(tasks, CONFIG.code_similarity),
    )
    return [hit for problem in problems for way in ways for hit in way.find(problem)]


def test_no_training_problem_is_taken_for_a_held_out_or_humaneval_task(tmp_path):
    files = []
    for seed in SEEDS:
        files.append(tmp_path / f"{seed}.jsonl")
        files[-1].write_bytes(held_out(200, seed))
    files.append(tmp_path / "humaneval.jsonl")
    whole = BuiltinHumanEval(kind="builtin_humaneval", tasks=163)
    files[-1].write_bytes(benchmark_bytes("humaneval", whole))
    assert (
        hits(
            [p for (part, _), ps in MANY.items() if part == "train" for p in ps], read_tasks(files)
        )
        == []
    )


@pytest.mark.shared
def test_no_problem_is_taken_for_a_published_benchmark_task(tmp_path):
    files = []
    for name in ("HumanEvalPlus-v0.1.10", "MbppPlus-v0.2.0"):
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_bytes(
            gzip.decompress((SHARED / "evalplus" / f"{name}.jsonl.gz").read_bytes())
        )
    assert hits(ALL, read_tasks(files)) == []


def test_problems_of_one_template_are_not_duplicates(tmp_path):
    write_records(tmp_path / "train.jsonl", templated_problems("train", 240))
    assert len(deduplicate([tmp_path / "train.jsonl"], CONFIG).kept) == 240

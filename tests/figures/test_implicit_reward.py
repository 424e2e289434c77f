"""Figure 1: what is drawn is what the rule cannot tell apart."""

from pathlib import Path

import pytest
from helpers.records import make_execution, make_problem, make_sample
from helpers.records import make_reward as reward
from matplotlib.figure import Figure

from codepref.errors import UserError
from codepref.figures import implicit_reward
from codepref.figures.implicit_reward import Example, judged_programs
from codepref.records import Execution, RewardRecord, Sample
from codepref.sandbox.extract import extract_code, extract_from
from codepref.sandbox.judge import code_sha256
from codepref.training.reward_analysis import alike, analyse
from codepref.workflow.rule_graph import draw as draw_rules
from codepref.workflow.rule_graph import parse, place, rounds


def sample(problem: str, index: int, code: str) -> Sample:
    completion = f"Here:\n```python\n{code}\n```\n"
    return make_sample(make_problem(problem), index, completion, model="smollm")


def programs(samples: list[Sample]) -> dict[tuple[str, int], str]:
    """The programs of samples, each judged as it is extracted."""
    problems = {s.problem_id: make_problem(s.problem_id) for s in samples}
    found = [(s, extract_from(problems[s.problem_id], s.completion)) for s in samples]
    return judged_programs(problems, samples, [judged(s, code) for s, code in found])


def judged(sample: Sample, code: str | None) -> Execution:
    return make_execution(sample, "wrong_answer", code_sha256=code and code_sha256(code))


def choose(pairs: list, samples: list[Sample]) -> Example | None:
    return implicit_reward.choose(implicit_reward.candidates(pairs, programs(samples)), 0)


def draw(records: list[RewardRecord], samples: list[Sample], title: str) -> Figure:
    return implicit_reward.draw(records, programs(samples), analyse(records), title, "DPO", 0)


RECORDS = [
    reward("p/a", 0, 0.5, "wrong_answer", 4),
    reward("p/a", 1, -0.5, "wrong_answer", 1),
    reward("p/a", 2, 3.0, "passed", 8),
    reward("p/a", 3, 9.0, "timeout"),
    reward("p/b", 0, 0.9, "wrong_answer", 2),
    reward("p/b", 1, 0.2, "infra_error"),
]
SAMPLES = [sample(r.problem_id, r.index, f"def f(x):\n    return {r.index}") for r in RECORDS]


def test_only_wrong_answers_of_one_problem_with_one_rule_reward_are_alike() -> None:
    found = [(a.problem_id, a.index, b.index) for a, b in alike(RECORDS)]
    # A timeout and a wrong answer differ under equation 2; a pass and an infra_error never count.
    assert ("p/a", 0, 1) in found
    assert all(2 not in pair[1:] for pair in found)
    assert all(problem != "p/b" for problem, *_ in found)


def test_the_example_has_the_higher_reward_first() -> None:
    example = choose(alike(RECORDS[:3]), SAMPLES)
    assert (example.first.index, example.second.index) == (0, 1)
    assert example.difference == pytest.approx(1.0)
    assert example.rule_reward == -0.3
    assert example.codes == ("def f(x):\n    return 0", "def f(x):\n    return 1")


def test_without_an_example_the_figure_says_so(tmp_path: Path) -> None:
    """Equal programs are none; and a run does not end here for want of one."""
    same = [sample("p/a", index, "def f(x):\n    return 0") for index in (0, 1)]
    assert choose(alike(RECORDS[:3]), same) is None
    for records in (RECORDS[:3], RECORDS[2:3]):  # alike in programs; nothing alike at all
        figure = draw(records, same, "A model")
        figure.savefig(tmp_path / "figure.png")
        texts = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert any("no two different wrong answers" in text for text in texts)


def test_the_example_is_drawn_at_random_and_the_figure_says_from_how_many() -> None:
    """Not the largest difference: over seeds every pair comes, and one seed has one example."""
    records = [reward("p/a", n, float(n) ** 2, "wrong_answer", n) for n in range(4)]
    texts = [sample("p/a", n, f"def f(x):\n    return {n}") for n in range(4)]
    possible = implicit_reward.candidates(alike(records), programs(texts))
    drawn = [implicit_reward.choose(possible[::order], s) for s in range(60) for order in (1, -1)]
    assert drawn[::2] == drawn[1::2]  # whatever the order of the records
    assert {(one.first.index, one.second.index) for one in drawn} == {
        (high, low) for high in range(4) for low in range(high)
    }
    more = [reward("p/b", n, float(n), "wrong_answer", n) for n in range(2)]
    others = [sample("p/b", n, f"def f(x):\n    return {n}") for n in range(2)]
    for scored, drawings, said, counted in (
        (records, texts, "(seed 0) from 6 such pairs of 1 problem", "6 pairs of"),
        (records + more, texts + others, "(seed 0) from 7 such pairs of 2 problems", "7 pairs of"),
    ):
        figure = draw(scored, drawings, "A model")
        assert said in figure.get_suptitle()
        titles = [axes.get_title(loc="left") for axes in figure.axes]
        assert any(title.startswith(counted) for title in titles)
        assert any("too few problems for intervals" in title for title in titles)


def test_a_long_program_gives_way_to_a_short_one() -> None:
    records = [*RECORDS[:2], *(reward("p/c", i, 5.0 * i, "wrong_answer", i) for i in (0, 1))]
    long = [
        sample("p/c", i, f"def f(x):\n    return {i}\n" + "# more\n" * 40 + "x") for i in (0, 1)
    ]
    assert choose(alike(records), [*SAMPLES, *long]).first.problem_id == "p/a"


def test_programs_that_run_come_before_those_that_do_not() -> None:
    records = [*RECORDS[:2], *(reward("p/c", i, 9.0 * i, "compile_error", 0) for i in (0, 1))]
    broken = [sample("p/c", i, f"def f(x):\n    return {i} +") for i in (0, 1)]
    assert choose(alike(records), [*SAMPLES, *broken]).first.problem_id == "p/a"


def test_it_is_drawn_with_text_that_looks_like_mathematics() -> None:
    texts = [sample("p/a", index, f"x = '$\\\\frac{{{index}}}$_^'") for index in (0, 1, 3)]
    figure = draw(RECORDS, texts, "A model")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[0].startswith(
        "wrong answer, 4 of 8 tests\nrule reward -0.3   implicit reward (DPO)"
    )


def test_the_program_shown_is_the_one_that_was_judged() -> None:
    """It needs starter code and entry point, without which another program is extracted."""
    problem = make_problem("p/a", entry_point="f", starter_code="def f(x):")
    answer = make_sample(problem, 0, "```python\n    return x + 1\n```\n", model="smollm")
    code = extract_from(problem, answer.completion)
    assert code != extract_code(answer.completion) and "def f(x):" in code
    same, other = judged(answer, code), judged(answer, "another program")
    assert judged_programs({"p/a": problem}, [answer], [same]) == {("p/a", 0): code}
    with pytest.raises(
        UserError, match=r"\('p/a', 0\): its program is not the one that was judged"
    ):
        judged_programs({"p/a": problem}, [answer], [other])
    assert judged_programs({"p/a": problem}, [answer], []) == {}


def test_the_rule_graph_is_laid_out_in_layers_without_overlap() -> None:
    names = ["all", "a_x", "a_y", "b_z"]
    lines = [f'{number}[label = "{name}"];' for number, name in enumerate(names)]
    dot = "\n".join([*lines, "1 -> 3", "2 -> 3", "3 -> 0", "1 -> 0", "1 -> 1"])
    graph = parse(f"digraph snakemake_dag {{\n{dot}\n}}")
    assert set(graph.edges) == {("a_x", "b_z"), ("a_y", "b_z"), ("b_z", "all"), ("a_x", "all")}
    where, routed = place(graph)
    assert where["a_x"][1] == where["a_y"][1] > where["b_z"][1] > where["all"][1]
    assert abs(where["a_x"][0] - where["a_y"][0]) >= 0.999
    assert len(routed) == 5  # the long edge bends once
    for text in ("", "nonsense", '1[label = "a"];\n1 -> 2'):
        with pytest.raises(UserError, match="rulegraph"):
            parse(text)


def test_a_later_round_begins_at_an_earlier_stage_of_the_rule_graph() -> None:
    names = ["models_fetch", "samples_draw", "pairs_build", "policies_train", "all"]
    lines = [f'{number}[label = "{name}"];' for number, name in enumerate(names)]
    once = ["0 -> 1", "1 -> 2", "2 -> 3", "0 -> 3", "3 -> 4"]
    dot = "\n".join([*lines, *once, "3 -> 1"])
    graph = parse(dot)
    assert rounds(graph) == [("policies_train", "samples_draw")]
    assert rounds(parse("\n".join([*lines, *once]))) == []
    assert len(draw_rules(dot).axes[0].patches) == 5 + 5 + 1  # rules, edges, and the one back
    lines[2] = '2[label = "samples_gather"];'  # within a stage there are no rounds
    dot = "\n".join([*lines, "1 -> 2", "2 -> 1"])
    with pytest.raises(UserError, match="has a cycle: samples_draw -> samples_gather"):
        parse(dot)

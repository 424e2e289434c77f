"""The inputs that prompts show, of every kind of prompt; and never one that they do not."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.evaluation.data import builtin_humaneval, builtin_mbpp, from_templates
from codepref.evaluation.entry import Question, complete_code
from codepref.evaluation.settings import BuiltinHumanEval, BuiltinMbpp, TemplateData
from codepref.evaluation.solutions import read_questions
from codepref.evaluation.tasks import Benchmark
from codepref.evaluation.visible import visible_inputs
from codepref.records import Message


def asked(text: str, entry_point: str | None = "f") -> Question:
    begun = Message(role="assistant", content="```python\nf(99)")
    return Question([Message(role="user", content=text), begun], entry_point)


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        (">>> f(1, 'a)b')\n2\n>>> f([], {})\n3", [[1, "a)b"], [[], {}]]),
        ("assert f((1, 2), [3]) == (3,)\nassert f((1, 2), [3]) != 4", [[(1, 2), [3]]]),
        ("f(2) -> 4, f(-1.5) ==> 0", [[2], [-1.5]]),
        ("def f(x):\n    f(x) and f(n=3) and g.f(1) and of(2)", []),
        ("f(\n    'two\\nlines',\n)", [["two\nlines"]]),
        ("f(unclosed", []),
        ("assert f (1) == f\t([2])", [[1], [[2]]]),  # as in Mbpp/77
        ("def f (): f\n(1) and g.f (1) and of (2)", []),
        ("f(..., 1) f({[]: 1}) f()", [[]]),
    ],
)
def test_calls_with_literal_arguments_are_inputs(text: str, inputs: list) -> None:
    assert visible_inputs(asked(text)) == inputs


def test_a_program_that_reads_input_shows_no_call() -> None:
    assert visible_inputs(asked("f(1)", entry_point=None)) == []


LITERALS = st.recursive(
    st.integers() | st.text(max_size=20) | st.booleans() | st.none(), st.lists, max_leaves=8
)


@given(st.lists(LITERALS, max_size=3), st.text(alphabet="ab ().\n", max_size=20))
def test_what_is_written_is_read_back(arguments: list, around: str) -> None:
    call = f"f({', '.join(map(repr, arguments))})"
    assert arguments in visible_inputs(asked(f"{around}\n>>> {call}\n{around}"))


@pytest.mark.parametrize("style", ["chat", "evalplus"])
@pytest.mark.parametrize(
    ("content", "least"),
    [
        (builtin_humaneval(BuiltinHumanEval(kind="builtin_humaneval", tasks=40)), 24),
        (builtin_mbpp(BuiltinMbpp(kind="builtin_mbpp", tasks=24)), 20),
        (from_templates(TemplateData(kind="templates", part="held_out", tasks=24)), 24),
    ],
    ids=["HumanEval", "MBPP-style", "templates"],
)
def test_prompts_of_every_benchmark_show_inputs(content: bytes, least: int, style: str) -> None:
    tasks = [json.loads(line) for line in content.splitlines()]
    found = [visible_inputs(complete_code(task, style)) for task in tasks]
    assert sum(map(bool, found)) >= least
    for task, inputs in zip(tasks, found, strict=True):
        assert len(inputs) <= task["prompt"].count(f"{task['entry_point']}(")


@pytest.mark.shared
def test_every_prompt_of_mbpp_shows_inputs(real_benchmark: Callable[..., Benchmark]) -> None:
    benchmark = real_benchmark("mbpp", "MbppPlus-v0.2.0")
    asked = read_questions(benchmark.path, "chat", "mbpp")
    shown = {name: visible_inputs(question) for name, question in asked.items()}
    assert len(shown) == 378 and [name for name, inputs in shown.items() if not inputs] == []
    assert shown["Mbpp/77"] == [[12345]]

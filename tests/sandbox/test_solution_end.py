"""Where answers may end: the program is the whole answer's, or the answer does not end there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codepref.sandbox import extract_code
from codepref.sandbox.solution_end import OPENED, StopAt, solution_end

ADD = "def add(a, b):\n    return a + b\n"
MAIN = '\n\nif __name__ == "__main__":\n    print(add(1, 2))\n'


def ended(answer: str, stop_at: StopAt, entry_point: str = "add") -> str | None:
    """Return the answer up to its end, found as an engine does: on longer and longer texts."""
    start = 0
    for length in range(1, len(answer) + 1):
        text = answer[:length]
        if (end := solution_end(text, entry_point, stop_at, start)) is not None:
            return text[:end]
        start = text.rfind("\n") + 1
    return None


@pytest.mark.parametrize(
    ("answer", "block", "tests"),
    [
        (f"{ADD}```\nIt adds.", f"{ADD}```", f"{ADD}```"),
        (f"{ADD}{MAIN}```\n", f"{ADD}\n\n", f"{ADD}\n\n"),
        (
            f"{ADD}\n# Test\nprint(add(1, 2))\n```\nmore",
            f"{ADD}\n# Test\nprint(add(1, 2))\n```",
            f"{ADD}\n# Test\n",
        ),
        (f"{ADD}assert add(1, 2) == 3\n", None, ADD),
        (f"{ADD}def main():\n    pass\n{MAIN}", f"{ADD}def main():\n    pass\n\n\n", ADD),
        # a name is lacking, which the next block may define
        ("def add(a, b):\n    return plus(a, b)\n```\n", None, None),
        # still to be written, or no solution, or broken
        ("def add(a, b):\n    pass\n```\n", None, None),
        ("import math\nprint(1)\n```\n", None, None),
        ("def add(a, b:\n    return a\n```\n", None, None),
        # a fence, a print and a guard inside a string
        (f'def add(a, b):\n    """\n```\nprint(1)\n{MAIN}```\n    """\n{ADD}', None, None),
        (f"print('hello')\n{ADD}```\n", f"print('hello')\n{ADD}```", f"print('hello')\n{ADD}```"),
        (f"{ADD}print_all = add\nassertion = 1\nif __named__:\n    pass\n", None, None),
    ],
)
def test_an_answer_ends_behind_a_complete_solution(
    answer: str, block: str | None, tests: str | None
) -> None:
    assert ended(answer, "block") == block
    assert ended(answer, "tests") == tests
    assert ended(answer, "end") is None


# Parts of answers; behind the block, none is a second whole solution.
WHOLE = [
    *(ADD, "def add(a, b):\n    return a + TOP\n", "def add(a, b):\n    return plus(a, b)\n"),
    *("def add(a, b):\n    '''\n```\n'''\n    return a\n", "add = lambda a, b: a + b\n"),
    *("def add(a, b):\n    pass\n", "def add(a, b):\n    return (a\n", "\n\n" + ADD),
]
CODE = [
    *("import math\n", "def plus(a, b):\n    return a + b\n", "TOP = 10**9\n", "\n", "# So:\n"),
    *("```\n", "# ```\n", "```python\n", "~~~\n", "> ```\n", '"""\n', "'''\n", "  x = 1\n"),
    *("from helpers import plus\n", "class A:\n    pass\n", "x = '''\n```\n'''\n", "1. a\n"),
]
AFTER = [
    *("```\n", "```python\n", "It adds two numbers.\n", "print(add(1, 2))\n", "~~~\n", "````\n"),
    *("def plus(a, b):\n    return a - b\n", "TOP = 1\n", "\n", "Output: 3\n", "```text\n3\n```\n"),
    *("assert add(1, 2) == 3\n", "- `add` is short\n", '"""\n', "x = '''\n", "<|im_end|>\n"),
]


@st.composite
def programs(draw: st.DrawFn) -> str:
    some = st.lists(st.sampled_from(CODE), max_size=2)
    return "".join([*draw(some), draw(st.sampled_from(WHOLE)), *draw(some)])


@given(programs(), st.lists(st.sampled_from(AFTER), max_size=8))
@settings(max_examples=400)
def test_behind_the_closed_block_nothing_changes_the_program(code: str, after: list[str]) -> None:
    answer = "".join([code, "```\n", *after])
    short = ended(answer, "block")
    if short is not None:
        assert short.endswith("```")
        assert extract_code(OPENED + short, "add") == extract_code(OPENED + answer, "add")


@given(
    programs(),
    st.lists(st.sampled_from(["    print(add(1, 2))\n", "    x = add(3, 4)\n", "\n"]), max_size=3),
)
@settings(max_examples=400)
def test_only_what_is_never_run_is_left_out(code: str, guarded: list[str]) -> None:
    answer = f"{code}if __name__ == '__main__':\n    pass\n{''.join(guarded)}```\n"
    short = ended(answer, "block")
    if short == code:
        whole = extract_code(OPENED + answer, "add")
        assert whole is not None
        program = whole[: whole.rindex("if __name__")].strip("\n").rstrip() + "\n"
        assert extract_code(OPENED + short, "add") == program


def test_a_second_whole_solution_is_not_waited_for() -> None:
    other = "def add(a, b):\n    return b + a\n"
    answer = f"{ADD}```\nOr:\n```python\n{other}```\n"
    assert extract_code(OPENED + answer, "add") == other
    assert extract_code(OPENED + str(ended(answer, "block")), "add") == ADD

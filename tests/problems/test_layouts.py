"""Forms of standard input: what a problem's tests show, and how arguments are written in it."""

import contextlib

import pytest

from codepref.problems.decontamination.adapters import ADAPTERS
from codepref.problems.decontamination.layouts import Unwritable, layouts
from codepref.problems.decontamination.streams import forms_of

ARGUMENTS = {
    ("number",): [7],
    ("text",): ["a b"],
    ("list",): [[4, 5, 6]],
    ("list", "number"): [[4, 5, 6], 9],
    ("list", "list"): [[1, 2], [3, 4]],
    ("number", "number", "number"): [1, 2.5, -3],
    ("table", "number"): [[[1, 2], [3, 4], [5, 6]], 2],
}


@pytest.mark.parametrize("shapes", ARGUMENTS)
def test_every_layout_reads_what_it_writes(shapes):
    written = 0
    for layout in layouts(shapes):
        try:
            text = layout.write(ARGUMENTS[shapes])
        except Unwritable:  # a word holds no white space
            continue
        written += 1
        (case,) = layout.read(text)
        assert str(case).replace("'", "") == str(ARGUMENTS[shapes]).replace("'", ""), layout
    assert written >= len(layouts(shapes)) // 2


@pytest.mark.parametrize(
    ("inputs", "shapes", "arguments", "text"),
    [
        (["3\n", "10\n"], ("number",), [5], "5\n"),
        (["2\n3\n4\n", "1\n9\n"], ("number",), [5], "1\n5\n"),
        (["3\n1 2 3\n", "1\n7\n"], ("list",), [[8, 9]], "2\n8 9\n"),
        (["2 9\n1 2\n", "1 5\n4\n"], ("list", "number"), [[8, 9, 7], 3], "3 3\n8 9 7\n"),
        (["9 2\n1 2\n", "5 1\n4\n"], ("list", "number"), [[8, 9, 7], 4], "4 3\n8 9 7\n"),
        (["[1, 2]\n", "[]\n"], ("list",), [[3, 4]], "[3, 4]\n"),
        (["2 2\n1 2\n3 4\n", "1 1\n5\n"], ("table",), [[[6, 7, 8]]], "1 3\n6 7 8\n"),
        (["a bc\n", "word\n"], ("text",), ["de fg"], "de fg\n"),
    ],
)
def test_arguments_are_written_in_the_form_that_the_tests_show(inputs, shapes, arguments, text):
    written = []
    for form in forms_of(inputs, [shapes]):
        with contextlib.suppress(Unwritable):
            written.append(form.ask(arguments))
    assert text in written


@pytest.mark.parametrize(
    ("inputs", "shapes", "arguments"),
    [
        (["3\n", "10\n"], ("number",), [-5]),  # none is negative
        (["3\n", "10\n"], ("number",), [2.5]),
        (["abc\n", "d\n"], ("text",), ["e f"]),
        (["abc\n", "d\n"], ("text",), [""]),
        (["2\n1 2\n"], ("list",), [[]]),
    ],
)
def test_what_the_tests_do_not_show_is_not_asked(inputs, shapes, arguments):
    for form in forms_of(inputs, [shapes]):
        with pytest.raises(Unwritable):
            form.ask(arguments)


def test_a_length_is_no_argument():
    """`3` before three numbers: not a number and a list."""
    assert forms_of(["3\n1 2 3\n", "1\n7\n"], [("number", "list")]) == []


@pytest.mark.parametrize(
    ("found", "right", "name"),
    [
        ([3], [3], ""),
        (["3"], [3], "in words"),
        (["1 2\n"], [[1, 2]], "in words"),
        (["[1, 2]"], [[1, 2]], "in words without punctuation"),
        (["2\n8 9"], [[8, 9]], "in words after their number"),
        (["YES", "NO"], [True, False], "in words"),
        (["Alice", "Bob"], [True, False], "in two words for two answers"),
        ([1, 0], [True, False], "in two words for two answers"),
        ([[5]], [5], "in words"),
        (["-1"], [None], "in words"),
        (["0.333"], [1 / 3], "in words"),
        (["0.3", "1", "2"], [1 / 3, 1, 2], None),
        (["Alice", "Bob", "Bob"], [True, False, True], None),
        ([True, False], [False, True], None),
        (["a b", "c", "d"], ["(a) b", "c", "d"], None),
        (["011", "1", "0"], ["11", "1", "0"], None),
    ],
)
def test_answers_agree_in_the_first_form_that_fits(found, right, name):
    pairs = list(zip(found, right, strict=True))
    names = [one.name for one in ADAPTERS if one.agree(pairs, 0.0)]
    assert (names[0] if names else None) == name

"""The elements that satisfy a condition (for training)."""

from codepref.problems.templates.template import NUMBERS, WORDS, Template

TEMPLATES = [
    Template(
        name="at-least",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Return the numbers of the list $xs that are at least $k, in the same order.",
            "Keep only those integers that are $k or more.",
            "Drop every number below $k from a list and return the rest as a new list.",
        ),
        body="return [number for number in $xs if number >= $k]",
        choices={"f": ("keep_at_least", "without_small"), "xs": NUMBERS, "k": range(2, 30)},
        inputs=lambda draw, v: [draw.ints(v["k"] - 9, v["k"] + 9, near=v["k"])],
        edges=lambda v: [[[]], [[v["k"] - 1, v["k"], v["k"] + 1]]],
    ),
    Template(
        name="without-value",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Return a new list with the numbers of $xs, but leave out every $k.",
            "Remove all occurrences of $k from a list of integers and return the new list.",
            "Return those elements of the list $xs that are not equal to $k.",
        ),
        body="return [number for number in $xs if number != $k]",
        choices={"f": ("without_value", "remove_all"), "xs": NUMBERS, "k": range(1, 20)},
        inputs=lambda draw, v: [draw.ints(v["k"] - 2, v["k"] + 2, near=v["k"])],
        edges=lambda v: [[[]], [[v["k"] - 1, v["k"], v["k"] + 1]]],
    ),
    Template(
        name="multiples",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Return the numbers of the list $xs that are divisible by $k, in the same order.",
            "Keep the multiples of $k and drop all other integers of a list.",
            "Which elements of $xs leave no remainder when divided by $k? Return them as a list.",
        ),
        body="return [number for number in $xs if number % $k == 0]",
        choices={"f": ("keep_multiples", "only_divisible"), "xs": NUMBERS, "k": range(3, 12)},
        inputs=lambda draw, v: [draw.ints(1, 60, near=v["k"] * draw.randint(1, 5))],
        edges=([[]],),
    ),
    Template(
        name="short-words",
        signature="$f($ws: list[str]) -> list[str]",
        wordings=(
            "Return the words of the list $ws that have at most $k letters, in the same order.",
            "Keep the strings that are not longer than $k characters.",
            "Drop each word with more than $k letters; return the others as a list.",
        ),
        body="return [word for word in $ws if len(word) <= $k]",
        choices={"f": ("short_words", "keep_short"), "ws": WORDS, "k": range(3, 6)},
        inputs=lambda draw, v: [draw.words()],
        edges=([[]],),
    ),
    Template(
        name="containing",
        signature="$f($ws: list[str]) -> list[str]",
        wordings=(
            'Return the words of the list $ws that contain the letter "$c", in the same order.',
            'Keep the strings that have the letter "$c" somewhere.',
            'In which words does "$c" occur? Return a list of these words.',
        ),
        body='return [word for word in $ws if "$c" in word]',
        choices={"f": ("words_containing", "keep_with_letter"), "ws": WORDS, "c": "aeinor"},
        inputs=lambda draw, v: [draw.words(3)],
        edges=([[]],),
    ),
]

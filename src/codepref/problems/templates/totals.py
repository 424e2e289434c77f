"""Sums and products over a list (held out)."""

from codepref.problems.templates.template import NUMBERS, TERMS, THINGS, WORDS, Template

TEMPLATES = [
    Template(
        name="sum",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the sum of all $things.",
            "Given a list of $things, add them all up.",
            "Find the total of a list of $things. An empty list has the total 0.",
        ),
        body="return sum($xs)",
        choices={"f": ("total", "sum_all", "add_up"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(-20, 50)],
        edges=([[]],),
    ),
    Template(
        name="sum-and-more",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the sum of all $things plus $k.",
            "Given a list of $things, add them up and then add $k.",
            "Find the total of a list of $things, increased by $k.",
        ),
        body="return sum($xs) + $k",
        choices={
            "f": ("sum_plus", "total_with_extra"),
            "xs": NUMBERS,
            "k": range(3, 40),
            "things": THINGS,
        },
        inputs=lambda draw, v: [draw.ints(1, 40)],
        edges=([[]],),
    ),
    Template(
        name="sum-of-squares",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the sum of the squares of all $things.",
            "Given a list of $things, square each and add up the results.",
            "Find the total of the squared $things.",
        ),
        body="return sum(number * number for number in $xs)",
        choices={"f": ("sum_of_squares", "square_sum"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(-5, 12)],
        edges=([[]],),
    ),
    Template(
        name="product",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the product of all $things. The product of an empty list is 1.",
            "Given a list of $things, multiply them all (nothing to multiply gives 1).",
            "Find the result of multiplying all $things with each other, starting from 1.",
        ),
        body="result = 1\nfor number in $xs:\n    result *= number\nreturn result",
        choices={"f": ("product", "multiply_all"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(-3, 9)],
        edges=([[]],),
    ),
    Template(
        name="total-length",
        signature="$f($ws: list[str]) -> int",
        wordings=(
            "Return the sum of the lengths of all $terms.",
            "Given a list of $terms, find how many letters they have together.",
            "Find the total number of characters of the $terms.",
        ),
        body="return sum(len(word) for word in $ws)",
        choices={
            "f": ("total_length", "sum_of_lengths"),
            "ws": WORDS,
            "terms": TERMS,
        },
        inputs=lambda draw, v: [draw.words()],
        edges=([[]], [[""]]),
    ),
    Template(
        name="average",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the average of the $things, rounded down to an integer.",
            "Given a non-empty list of $things, divide their sum by their number with integer "
            "division.",
            "Find the mean of a non-empty list of $things and round it down.",
        ),
        body="return sum($xs) // len($xs)",
        choices={"f": ("average", "mean"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(0, 50)],
        edges=([[7]], [[1, 2]]),
    ),
]

"""A new list with every element changed (for training)."""

from codepref.problems.templates.template import NUMBERS, WORDS, Template

TEMPLATES = [
    Template(
        name="plus",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Return a new list in which $k is added to every number of $xs.",
            "Increase each integer of a list by $k and return the results.",
            "Every element of the list $xs goes up by $k. Return the new elements.",
        ),
        body="return [number + $k for number in $xs]",
        choices={"f": ("add_to_each", "raise_each"), "xs": NUMBERS, "k": range(2, 30)},
        inputs=lambda draw, v: [draw.ints(-20, 40)],
        edges=([[]],),
    ),
    Template(
        name="times",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Return a new list in which every number of $xs is multiplied by $k.",
            "Multiply each integer by $k; return the products as a list.",
            "Scale the elements of the list $xs by the factor $k.",
        ),
        body="return [number * $k for number in $xs]",
        choices={"f": ("scale", "multiply_each"), "xs": NUMBERS, "k": range(3, 15)},
        inputs=lambda draw, v: [draw.ints(-9, 20)],
        edges=([[]],),
    ),
    Template(
        name="capped",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Return a new list in which every number of $xs that is greater than $k becomes $k.",
            "Cap each integer at $k: larger ones are replaced by $k, the others stay.",
            "No element of the result may exceed $k. Lower those of $xs that do to $k.",
        ),
        body="return [min(number, $k) for number in $xs]",
        choices={"f": ("cap_each", "limit_all"), "xs": NUMBERS, "k": range(5, 40)},
        inputs=lambda draw, v: [draw.ints(v["k"] - 9, v["k"] + 9, near=v["k"])],
        edges=lambda v: [[[]], [[v["k"] - 1, v["k"], v["k"] + 1]]],
    ),
    Template(
        name="lengths",
        signature="$f($ws: list[str]) -> list[int]",
        wordings=(
            "Return a list with the length of each word of $ws.",
            "For every string of the list give its number of characters.",
            "Replace each word by the count of its letters and return the new list.",
        ),
        body="return [len(word) for word in $ws]",
        choices={"f": ("lengths", "word_lengths", "sizes", "letter_counts"), "ws": WORDS},
        inputs=lambda draw, v: [draw.words()],
        edges=([[]], [["", "a"]]),
    ),
    Template(
        name="suffix",
        signature="$f($ws: list[str]) -> list[str]",
        wordings=(
            'Return a new list in which "$c" is appended to every word of $ws.',
            'Put "$c" at the end of each string and return the results as a list.',
            'Every word of the list $ws gets the ending "$c". Return the new words.',
        ),
        body='return [word + "$c" for word in $ws]',
        choices={"f": ("add_ending", "append_to_each"), "ws": WORDS, "c": ("!", "s", "?", "-x")},
        inputs=lambda draw, v: [draw.words()],
        edges=([[]],),
    ),
]

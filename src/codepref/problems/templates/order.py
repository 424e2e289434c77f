"""The order and the places of elements (held out)."""

from codepref.problems.templates.template import NUMBERS, TERMS, THINGS, WORDS, Template

TEMPLATES = [
    Template(
        name="ascending",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Return the $things sorted from the smallest to the largest.",
            "Given a list of $things, sort it in ascending order.",
            "Put the $things into increasing order and return the new list.",
        ),
        body="return sorted($xs)",
        choices={"f": ("sort_up", "ascending"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(-9, 30)],
        edges=([[]],),
    ),
    Template(
        name="descending",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Return the $things sorted from the largest to the smallest.",
            "Given a list of $things, sort it in descending order.",
            "Put the $things into decreasing order and return the new list.",
        ),
        body="return sorted($xs, reverse=True)",
        choices={"f": ("sort_down", "descending"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(-9, 30)],
        edges=([[]],),
    ),
    Template(
        name="reversed",
        signature="$f($ws: list[str]) -> list[str]",
        wordings=(
            "Return the list of $terms in reverse order.",
            "Given a list of $terms, turn it around, so that the last one comes first.",
            "Reverse the order of the $terms and return the new list.",
        ),
        body="return $ws[::-1]",
        choices={
            "f": ("reverse_list", "backwards"),
            "ws": WORDS,
            "terms": TERMS,
        },
        inputs=lambda draw, v: [draw.words()],
        edges=([[]],),
    ),
    Template(
        name="element",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the element at index $k of a list of $things.",
            "Given a list of $things, return the one at position $k (the first has position 0).",
            "Of the $things return the one with the index $k.",
        ),
        body="return $xs[$k]",
        choices={"f": ("element", "item_at"), "xs": NUMBERS, "k": (1, 2, 3), "things": THINGS},
        inputs=lambda draw, v: [draw.ints(0, 30, least=5)],
        edges=([[5, 6, 7, 8, 9]],),
    ),
    Template(
        name="without-first",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Return a list of $things without its first $k elements.",
            "Given a list of $things, leave out the first $k and return the others.",
            "Skip the first $k of the $things and return the rest.",
        ),
        body="return $xs[$k:]",
        choices={"f": ("skip_first", "rest"), "xs": NUMBERS, "k": (2, 3, 4), "things": THINGS},
        inputs=lambda draw, v: [draw.ints(0, 30, least=5)],
        edges=([[]], [[4]]),
    ),
    Template(
        name="once-each",
        signature="$f($ws: list[str]) -> list[str]",
        wordings=(
            "Return the $terms without repetitions, in the order of their first appearance.",
            "Given a list of $terms, remove duplicates and keep the order.",
            "List each of the different $terms once, in the order in which they come first.",
        ),
        body=(
            "result = []\n"
            "for word in $ws:\n"
            "    if word not in result:\n"
            "        result.append(word)\n"
            "return result"
        ),
        choices={
            "f": ("unique", "without_duplicates"),
            "ws": WORDS,
            "terms": TERMS,
        },
        inputs=lambda draw, v: [(draw.words() * 2)[: draw.randint(2, 7)]],
        edges=([[]],),
    ),
]

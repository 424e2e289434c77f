"""Largest, smallest, longest (held out)."""

from codepref.problems.templates.template import NUMBERS, TERMS, THINGS, WORDS, Template

TEMPLATES = [
    Template(
        name="largest",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the largest of the $things.",
            "Given a non-empty list of $things, find the biggest one.",
            "Find the maximum of a list of $things.",
        ),
        body="return max($xs)",
        choices={"f": ("largest", "find_largest", "maximum"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(-20, 50)],
        edges=([[7]],),
    ),
    Template(
        name="smallest",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the smallest of the $things.",
            "Given a non-empty list of $things, find the least one.",
            "Find the minimum of a list of $things.",
        ),
        body="return min($xs)",
        choices={"f": ("smallest", "find_smallest", "minimum"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(-20, 50)],
        edges=([[7]],),
    ),
    Template(
        name="spread",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the difference between the largest and the smallest of the $things.",
            "Given a non-empty list of $things, subtract the smallest from the largest.",
            "How far are the maximum and the minimum of the $things apart?",
        ),
        body="return max($xs) - min($xs)",
        choices={"f": ("spread", "difference"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(-20, 50)],
        edges=([[7]],),
    ),
    Template(
        name="largest-of-two",
        signature="$f($a: int, $b: int) -> int",
        wordings=(
            "Return the larger of two $things.",
            "Given two $things, find the bigger one.",
            "Two $things are compared: what is their maximum?",
        ),
        body="return max($a, $b)",
        choices={"f": ("larger", "max_of_two"), "a": "ax", "b": "by", "things": THINGS},
        inputs=lambda draw, v: [draw.randint(-20, 50), draw.randint(-20, 50)],
        edges=([3, 3],),
    ),
    Template(
        name="longest-word",
        signature="$f($ws: list[str]) -> str",
        wordings=(
            "Return the longest of the $terms. If there are several, return the first.",
            "Given a non-empty list of $terms, find the one with the most letters (the first of "
            "several).",
            "Which of the $terms is the longest? The first one counts if several are.",
        ),
        body="return max($ws, key=len)",
        choices={
            "f": ("longest", "longest_word"),
            "ws": WORDS,
            "terms": TERMS,
        },
        inputs=lambda draw, v: [draw.words()],
        edges=([["one"]],),
    ),
    Template(
        name="place-of-largest",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return the index of the largest of the $things (the first if there are several).",
            "At which position, counted from 0, does the biggest of the $things stand first?",
            "Find the index at which the maximum of a list of $things comes for the first time.",
        ),
        body="return $xs.index(max($xs))",
        choices={"f": ("index_of_largest", "place_of_largest"), "xs": NUMBERS, "things": THINGS},
        inputs=lambda draw, v: [draw.ints(-5, 20)],
        edges=([[3]], [[2, 2]]),
    ),
]

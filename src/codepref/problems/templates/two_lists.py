"""Two lists at once (held out)."""

from codepref.problems.templates.template import Draw, Template, Values

_A, _B = ("a", "first"), ("b", "second")


def _equally_long(draw: Draw, v: Values) -> list[list[int]]:
    size = draw.randint(1, 5)
    return [[draw.randint(-9, 20) for _ in range(size)] for _ in range(2)]


TEMPLATES = [
    Template(
        name="joined",
        signature="$f($a: list[int], $b: list[int]) -> list[int]",
        wordings=(
            "Return one list with the elements of $a, then the number $k, then those of $b.",
            "Given two lists, join them with a single $k between: $a, $k, $b.",
            "Put the lists $a and $b together, with the number $k where they meet.",
        ),
        body="return $a + [$k] + $b",
        choices={"f": ("join_lists", "concatenate"), "a": _A, "b": _B, "k": (0, 1, 7, 10, 99)},
        inputs=lambda draw, v: [draw.ints(1, 9), draw.ints(1, 9)],
        edges=([[], []],),
    ),
    Template(
        name="total",
        signature="$f($a: list[int], $b: list[int]) -> int",
        wordings=(
            "Return the sum of all numbers in the lists $a and $b together.",
            "Given two lists, add up everything that $a and $b contain.",
            "Find the total of $a plus the total of $b.",
        ),
        body="return sum($a) + sum($b)",
        choices={"f": ("sum_both", "total_of_both"), "a": _A, "b": _B},
        inputs=lambda draw, v: [draw.ints(1, 30), draw.ints(1, 30)],
        edges=([[], []],),
    ),
    Template(
        name="sums",
        signature="$f($a: list[int], $b: list[int]) -> list[int]",
        wordings=(
            "Return the list of the sums of the elements at the same index of $a and $b, which are "
            "equally long.",
            "Given two lists $a and $b of the same length, add them element by element.",
            "Add each element of $a to the element of $b at its index (both have one length).",
        ),
        body="return [one + other for one, other in zip($a, $b)]",
        choices={"f": ("add_lists", "pairwise_sums"), "a": _A, "b": _B},
        inputs=_equally_long,
        edges=([[], []],),
    ),
    Template(
        name="shared",
        signature="$f($a: list[int], $b: list[int]) -> list[int]",
        wordings=(
            "Return the elements of the list $a that are also in the list $b, in the order of $a.",
            "Given two lists, keep those elements of $a that occur in $b.",
            "List what $a has in common with $b, in the order of $a.",
        ),
        body="return [number for number in $a if number in $b]",
        choices={"f": ("common", "in_both"), "a": _A, "b": _B},
        inputs=lambda draw, v: [draw.ints(1, 8), draw.ints(1, 8)],
        edges=([[], [1]], [[1], []]),
    ),
    Template(
        name="to-dictionary",
        signature="$f($a: list[str], $b: list[int]) -> dict[str, int]",
        wordings=(
            "Return a dictionary with the keys $a and the values $b (lists of the same length).",
            "Given two lists of the same length, map each string of $a to the number of $b at its "
            "index.",
            "Combine the lists $a and $b, which are equally long, to a dictionary.",
        ),
        body="return dict(zip($a, $b))",
        choices={"f": ("to_dictionary", "make_dict"), "a": ("keys", "names"), "b": ("values",)},
        inputs=lambda draw, v: [*map(list, zip(*draw.mapping(1, 30).items(), strict=True))],
        edges=([[], []],),
    ),
    Template(
        name="longer",
        signature="$f($a: list[int], $b: list[int]) -> bool",
        wordings=(
            "Return True if the list $a has more elements than the list $b, otherwise False.",
            "Given two lists, check whether $a is longer than $b.",
            "Are there more numbers in $a than in $b?",
        ),
        body="return len($a) > len($b)",
        choices={"f": ("is_longer", "has_more"), "a": _A, "b": _B},
        inputs=lambda draw, v: [draw.ints(1, 9), draw.ints(1, 9)],
        edges=([[], []], [[1], []], [[1, 2], [3, 4]], [[9], [1, 2]]),
    ),
]

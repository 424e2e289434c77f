"""Two lists at once (held out)."""

from codepref.problems.templates.template import Draw, Template, Values

_LISTS = {"a": ("a", "first", "left"), "b": ("b", "second", "right")}


def _equally_long(draw: Draw, v: Values) -> list[list[int]]:
    size = draw.randint(1, 5)
    return [[draw.randint(-9, 20) for _ in range(size)] for _ in range(2)]


TEMPLATES = [
    Template(
        name="sums",
        signature="$f($a: list[int], $b: list[int]) -> list[int]",
        wordings=(
            "The lists $a and $b are equally long. Add them element by element.",
            "List the sums of the elements at equal positions of $a and $b (of one length).",
            "Two shops sold $a and $b pieces on the same days. List what both sold per day.",
        ),
        body="return [one + other for one, other in zip($a, $b)]",
        choices={"f": ("add_lists", "pairwise_sums"), **_LISTS},
        inputs=_equally_long,
        edges=([[], []],),
    ),
    Template(
        name="shared",
        signature="$f($a: list[int], $b: list[int]) -> list[int]",
        wordings=(
            "List the elements of $a that occur in $b as well, in the order of $a.",
            "Which entries of $a does the list $b have, too? Keep the order of $a.",
            "Strike out of $a whatever is missing in $b.",
        ),
        body="return [number for number in $a if number in $b]",
        choices={"f": ("shared", "in_both"), **_LISTS},
        inputs=lambda draw, v: [draw.ints(1, 8), draw.ints(1, 8)],
        edges=([[], [1]], [[1], []]),
    ),
    Template(
        name="to-dictionary",
        signature="$f($a: list[str], $b: list[int]) -> dict[str, int]",
        wordings=(
            "Build a dictionary with the keys $a and the values $b; both lists are equally long.",
            "Map each string of $a to the number at the same position of $b.",
            "The pupils $a got the marks $b, in this order. Build a dictionary of the marks.",
        ),
        body="return dict(zip($a, $b))",
        choices={
            "f": ("to_dictionary", "pair_up"),
            "a": ("keys", "names"),
            "b": ("values", "marks"),
        },
        inputs=lambda draw, v: [*map(list, zip(*draw.mapping(1, 30).items(), strict=True))],
        edges=([[], []],),
    ),
    Template(
        name="weighted",
        signature="$f($a: list[int], $b: list[int]) -> int",
        wordings=(
            "The lists $a and $b are equally long. Multiply them element by element and add up "
            "the products.",
            "Of each item, $a pieces are bought, one costs the entry of $b. Find the bill.",
            "Find the dot product of the vectors $a and $b.",
        ),
        body="return sum(one * other for one, other in zip($a, $b))",
        choices={"f": ("dot_product", "shopping"), **_LISTS},
        inputs=_equally_long,
        edges=([[], []],),
    ),
    Template(
        name="between",
        signature="$f($a: list[int], $b: list[int]) -> list[int]",
        wordings=(
            "Make one list: the elements of $a, then the number $k, then the elements of $b.",
            "Chain the lists $a and $b with a single $k as the link.",
            "Glue $b behind $a and put $k where they meet.",
        ),
        body="return $a + [$k] + $b",
        choices={"f": ("chain", "glue"), **_LISTS, "k": (0, 1, 7, 10, 99)},
        inputs=lambda draw, v: [draw.ints(1, 9), draw.ints(1, 9)],
        edges=([[], []],),
    ),
    Template(
        name="larger-of-each",
        signature="$f($a: list[int], $b: list[int]) -> list[int]",
        wordings=(
            "The lists $a and $b are equally long. At each position, take the bigger element.",
            "List the maximum of both entries for every position of $a and $b (of one length).",
            "Two judges gave the marks $a and $b. Each dancer keeps the better one: list them.",
        ),
        body="return [max(one, other) for one, other in zip($a, $b)]",
        choices={"f": ("larger_of_each", "better_marks"), **_LISTS},
        inputs=_equally_long,
        edges=([[], []],),
    ),
]

"""Whether something holds (for training)."""

from codepref.problems.templates.template import TEXT, Template

TEMPLATES = [
    Template(
        name="between",
        signature="$f($n: int) -> bool",
        wordings=(
            "Return True if $n lies between $a and $b, both included, otherwise False.",
            "Check whether an integer is at least $a and at most $b.",
            "Tell if $n belongs to the range from $a to $b (ends count).",
        ),
        body="return $a <= $n <= $b",
        choices={"f": ("in_range", "is_between"), "n": "nxk", "a": range(1, 9), "b": range(10, 30)},
        inputs=lambda draw, v: [
            draw.choice((v["a"], v["b"])) + draw.choice((-1, 0, 1, draw.randint(-9, 9)))
        ],
        edges=lambda v: [[v["a"]], [v["a"] - 1], [v["b"]], [v["b"] + 1]],
    ),
    Template(
        name="one-divisor",
        signature="$f($n: int) -> bool",
        wordings=(
            "Return True if $n is divisible by $a but not by $b, otherwise False.",
            "Check whether an integer is a multiple of $a without being a multiple of $b.",
            "Tell if $a divides $n while $b does not.",
        ),
        body="return $n % $a == 0 and $n % $b != 0",
        choices={
            "f": ("check_number", "divides_one"),
            "n": ("n", "number"),
            "a": (2, 3),
            "b": (5, 7),
        },
        inputs=lambda draw, v: [
            draw.choice((1, v["a"], v["a"] * v["b"], v["b"])) * draw.randint(1, 12)
        ],
        edges=lambda v: [[1], [v["a"]], [v["a"] * (v["b"] - 1)], [v["a"] * v["b"]]],
    ),
    Template(
        name="longer",
        signature="$f($s: str) -> bool",
        wordings=(
            "Return True if the string $s has more than $k characters, otherwise False.",
            "Check whether a text is longer than $k characters.",
            "A name is too long if it has over $k letters. Tell if $s is too long.",
        ),
        body="return len($s) > $k",
        choices={"f": ("is_long", "too_long"), "s": TEXT, "k": range(3, 12)},
        inputs=lambda draw, v: [
            (draw.word() * 4)[: max(0, v["k"] + draw.choice((-2, -1, 0, 1, 2)))]
        ],
        edges=lambda v: [[""], ["x" * v["k"]], ["x" * (v["k"] + 1)]],
    ),
    Template(
        name="ending",
        signature="$f($s: str) -> bool",
        wordings=(
            'Return True if the string $s ends with "$c", otherwise False.',
            'Check whether the last letters of a text are "$c".',
            'Tell if $s has the ending "$c".',
        ),
        body='return $s.endswith("$c")',
        choices={
            "f": ("has_ending", "ends_right"),
            "s": TEXT,
            "c": ("ing", "ly", "er", "st", "ed"),
        },
        inputs=lambda draw, v: [
            draw.choice((draw.word() + v["c"], draw.word(), v["c"] + draw.word()))
        ],
        edges=([""],),
    ),
    Template(
        name="sum-over",
        signature="$f($a: int, $b: int) -> bool",
        wordings=(
            "Return True if $a and $b together are more than $k, otherwise False.",
            "Check whether the sum of two integers is greater than $k.",
            "Two bags weigh $a and $b kilograms. Tell if their weight is above the limit of $k.",
        ),
        body="return $a + $b > $k",
        choices={
            "f": ("sum_over", "too_heavy"),
            "a": ("a", "x", "first"),
            "b": ("b", "y", "second"),
            "k": range(10, 60),
        },
        inputs=lambda draw, v: (
            lambda first: [first, v["k"] - first + draw.choice((-1, 0, 1, 5, -5))]
        )(draw.randint(1, v["k"])),
        edges=lambda v: [[1, v["k"] - 1], [1, v["k"]]],
    ),
]

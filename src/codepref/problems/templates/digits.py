"""Digits, powers and ranges of integers (held out)."""

from codepref.problems.templates.template import Template

_N = ("n", "number", "x")

TEMPLATES = [
    Template(
        name="sum",
        signature="$f($n: int) -> int",
        wordings=(
            "Return the sum of the digits of the non-negative integer $n.",
            "Given an integer $n that is not negative, add up its digits.",
            "Find the digit sum of $n, which is 0 or more.",
        ),
        body="return sum(int(digit) for digit in str($n))",
        choices={"f": ("digit_sum", "sum_of_digits"), "n": _N},
        inputs=lambda draw, v: [draw.randint(0, 10 ** draw.randint(1, 5))],
        edges=([0],),
    ),
    Template(
        name="number",
        signature="$f($n: int) -> int",
        wordings=(
            "Return how many digits the positive integer $n has.",
            "Given a positive integer $n, find the number of its digits.",
            "How many digits are needed to write $n, which is positive?",
        ),
        body="return len(str($n))",
        choices={"f": ("digit_count", "number_of_digits"), "n": _N},
        inputs=lambda draw, v: [draw.randint(1, 10 ** draw.randint(1, 6))],
        edges=([1], [99], [100]),
    ),
    Template(
        name="power",
        signature="$f($n: int) -> int",
        wordings=(
            "Return $n to the power of $k.",
            "Given an integer $n, raise it to the power $k.",
            "Find the value of $n with the exponent $k.",
        ),
        body="return $n ** $k",
        choices={"f": ("power", "raised"), "n": _N, "k": (2, 3, 4, 5)},
        inputs=lambda draw, v: [draw.randint(-9, 12)],
        edges=([2],),
    ),
    Template(
        name="sum-up-to",
        signature="$f($n: int) -> int",
        wordings=(
            "Return the sum of all integers from $k to $n, both included.",
            "Given an integer $n that is at least $k, add up the integers from $k to $n.",
            "Find the total of the integers $k, $k + 1 and so on up to $n.",
        ),
        body="return sum(range($k, $n + 1))",
        choices={"f": ("sum_up_to", "sum_of_range"), "n": _N, "k": range(2, 9)},
        inputs=lambda draw, v: [draw.randint(v["k"], v["k"] + 30)],
    ),
    Template(
        name="up-to",
        signature="$f($n: int) -> list[int]",
        wordings=(
            "Return the list of the integers from $k to $n, both included.",
            "Given an integer $n that is at least $k, list the integers from $k to $n.",
            "Make a list that starts with $k and goes up to $n in steps of 1.",
        ),
        body="return list(range($k, $n + 1))",
        choices={"f": ("numbers_up_to", "list_up_to"), "n": _N, "k": range(1, 6)},
        inputs=lambda draw, v: [draw.randint(v["k"], v["k"] + 20)],
    ),
    Template(
        name="multiples",
        signature="$f($n: int) -> list[int]",
        wordings=(
            "Return the first $n multiples of $k as a list, starting with $k.",
            "Given an integer $n, list $k times 1, $k times 2 and so on up to $k times $n.",
            "Make a list of $n numbers: $k and its next multiples.",
        ),
        body="return [$k * factor for factor in range(1, $n + 1)]",
        choices={"f": ("multiples", "times_table"), "n": ("n", "count"), "k": range(3, 13)},
        inputs=lambda draw, v: [draw.randint(0, 15)],
        edges=([0], [1]),
    ),
]

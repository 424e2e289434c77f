"""Digits and loops over integers (held out)."""

from codepref.problems.templates.template import Template

TEMPLATES = [
    Template(
        name="sum",
        signature="$f($n: int) -> int",
        wordings=(
            "Find the sum of the digits of the non-negative integer $n.",
            "Add up the decimal digits of $n, which is not negative.",
            "What is the checksum of $n, that is, all its digits added? It is 0 or more.",
        ),
        body="return sum(int(digit) for digit in str($n))",
        choices={"f": ("digit_sum", "checksum"), "n": ("n", "number")},
        inputs=lambda draw, v: [draw.randint(0, 10 ** draw.randint(1, 5))],
        edges=([0],),
    ),
    Template(
        name="occurrences",
        signature="$f($n: int) -> int",
        wordings=(
            "How often does the digit $d occur in the non-negative integer $n?",
            "Find the number of digits of $n that are $d ($n is not negative).",
            "House number $n is made of metal digits. How many times is $d needed?",
        ),
        body='return str($n).count("$d")',
        choices={"f": ("digit_count", "times_needed"), "n": ("n", "number"), "d": range(1, 10)},
        inputs=lambda draw, v: [
            int("".join(draw.choice(f"{v['d']}123456789") for _ in range(draw.randint(1, 6))))
            * draw.choice((1, 1, 11))
        ],
        edges=([0],),
    ),
    Template(
        name="table",
        signature="$f($n: int) -> list[int]",
        wordings=(
            "List the first $n entries of the times table of $k: $k, twice $k, and so on.",
            "A bus leaves every $k minutes. List after how many minutes the next $n buses leave.",
            "Count in steps of $k, beginning with $k, until there are $n numbers; list them.",
        ),
        body="return [$k * step for step in range(1, $n + 1)]",
        choices={"f": ("times_table", "steps"), "n": ("n", "size"), "k": range(3, 13)},
        inputs=lambda draw, v: [draw.randint(0, 15)],
        edges=([0], [1]),
    ),
    Template(
        name="triangle",
        signature="$f($n: int) -> int",
        wordings=(
            "Find the sum of all integers from $k up to $n, both included ($n is not smaller).",
            "Add the numbers $k, one more, and so on until $n. It is at least $k.",
            "Day number $k brings $k coins, the next day one more. How many come up to day $n?",
        ),
        body="return sum(range($k, $n + 1))",
        choices={"f": ("sum_up_to", "coins"), "n": ("n", "last"), "k": range(2, 9)},
        inputs=lambda draw, v: [draw.randint(v["k"], v["k"] + 30)],
    ),
    Template(
        name="divisors",
        signature="$f($n: int) -> list[int]",
        wordings=(
            "List all positive divisors of the positive integer $n in ascending order.",
            "By which integers from 1 to $n can $n be divided without rest? List them.",
            "List each size of equal groups into which $n pupils fit exactly, smallest first.",
        ),
        body="return [d for d in range(1, $n + 1) if $n % d == 0]",
        choices={"f": ("divisors", "group_sizes"), "n": ("n", "number")},
        inputs=lambda draw, v: [draw.randint(1, 60)],
        edges=([1],),
    ),
    Template(
        name="steps-down",
        signature="$f($n: int) -> list[int]",
        wordings=(
            "Count down from $n in steps of $k as long as the number is positive; list the "
            "numbers.",
            "A tank holds $n litres and loses $k each hour. List the contents, $n first, until "
            "none is left.",
            "List $n, then $k less, and so on, but nothing that is zero or negative.",
        ),
        body="return list(range($n, 0, -$k))",
        choices={"f": ("count_down", "tank"), "n": ("n", "start"), "k": range(2, 9)},
        inputs=lambda draw, v: [draw.randint(1, 40)],
        edges=([1],),
    ),
]

"""Answers that depend on a case (held out)."""

from codepref.problems.templates.template import Template

_N = ("n", "x", "number")

TEMPLATES = [
    Template(
        name="sign",
        signature="$f($n: int) -> str",
        wordings=(
            'Return "$a" if $n is positive, "$b" if it is negative and "$c" if it is 0.',
            'Given an integer $n, answer "$a" above zero, "$b" below zero and "$c" at zero.',
            'Describe $n: "$c" for 0, "$a" for positive and "$b" for negative numbers.',
        ),
        body='if $n > 0:\n    return "$a"\nif $n < 0:\n    return "$b"\nreturn "$c"',
        choices={
            "f": ("sign", "describe"),
            "n": _N,
            "a": ("positive", "plus", "up"),
            "b": ("negative", "minus", "down"),
            "c": ("zero", "nothing", "none"),
        },
        inputs=lambda draw, v: [draw.randint(-9, 9)],
        edges=([0], [1], [-1]),
    ),
    Template(
        name="pass-or-fail",
        signature="$f($n: int) -> str",
        wordings=(
            'Return "$a" if $n is at least $k, otherwise "$b".',
            'Given an integer $n, answer "$a" from $k on and "$b" below.',
            'The result is "$b" if $n is less than $k, else "$a".',
        ),
        body='return "$a" if $n >= $k else "$b"',
        choices={
            "f": ("result", "grade"),
            "n": ("points", "n", "score"),
            "k": range(10, 60),
            "a": ("pass", "yes", "win"),
            "b": ("fail", "no", "lose"),
        },
        inputs=lambda draw, v: [v["k"] + draw.choice((-1, 0, 1, draw.randint(-15, 15)))],
        edges=lambda v: [[v["k"]], [v["k"] - 1]],
    ),
    Template(
        name="even-or-odd",
        signature="$f($n: int) -> str",
        wordings=(
            'Return "$a" if $n is even and "$b" if it is odd.',
            'Given an integer $n, answer "$a" for an even and "$b" for an odd number.',
            'The result is "$b" for odd $n and "$a" for even $n.',
        ),
        body='return "$a" if $n % 2 == 0 else "$b"',
        choices={
            "f": ("parity", "even_or_odd"),
            "n": _N,
            "a": ("even", "left", "red"),
            "b": ("odd", "right", "blue"),
        },
        inputs=lambda draw, v: [draw.randint(0, 60)],
        edges=([0], [1], [2]),
    ),
    Template(
        name="ticket",
        signature="$f($n: int) -> int",
        wordings=(
            "Return the price of a ticket: $a if the age $n is under $k, otherwise $b.",
            "Given the age $n, a ticket costs $a below $k years and $b from $k years on.",
            "A child younger than $k pays $a, everybody else $b. What does a person of age $n pay?",
        ),
        body="if $n < $k:\n    return $a\nreturn $b",
        choices={
            "f": ("ticket_price", "price"),
            "n": ("age", "n", "years"),
            "k": range(6, 19),
            "a": range(2, 9),
            "b": range(10, 20),
        },
        inputs=lambda draw, v: [v["k"] + draw.choice((-2, 1, draw.randint(-5, 40)))],
        edges=lambda v: [[v["k"]], [v["k"] - 1]],
    ),
    Template(
        name="discount",
        signature="$f($n: int) -> int",
        wordings=(
            "Return $n minus $m if $n is greater than $k, otherwise $n.",
            "Given a price $n, take off $m if it is more than $k.",
            "A purchase of more than $k is $m cheaper. What is paid for a price of $n?",
        ),
        body="if $n > $k:\n    return $n - $m\nreturn $n",
        choices={
            "f": ("discount", "to_pay"),
            "n": ("price", "n", "amount"),
            "k": range(20, 60),
            "m": range(3, 15),
        },
        inputs=lambda draw, v: [v["k"] + draw.choice((-1, 0, 1, draw.randint(-15, 30)))],
        edges=lambda v: [[v["k"]], [v["k"] + 1]],
    ),
    Template(
        name="not-below",
        signature="$f($n: int) -> int",
        wordings=(
            "Return $n, but $k if $n is less than $k.",
            "Given an integer $n, replace it by $k if it is smaller than $k.",
            "The result is $n or $k, whichever is larger.",
        ),
        body="return max($n, $k)",
        choices={"f": ("at_least", "not_below"), "n": _N, "k": range(3, 30)},
        inputs=lambda draw, v: [draw.randint(v["k"] - 15, v["k"] + 15)],
        edges=lambda v: [[v["k"]], [v["k"] - 1], [v["k"] + 1]],
    ),
]

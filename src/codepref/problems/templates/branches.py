"""Answers that depend on a case (held out)."""

from codepref.problems.templates.template import Template

_N = ("n", "x", "number")

TEMPLATES = [
    Template(
        name="sign",
        signature="$f($n: int) -> str",
        wordings=(
            'Answer "$a" for a positive $n, "$b" for a negative one and "$c" for 0.',
            'Say "$a" when $n is above zero, "$b" when it is below, and "$c" at zero.',
            'If $n is 0, the result is "$c"; else "$a" or "$b", as it is positive or negative.',
        ),
        body='if $n > 0:\n    return "$a"\nif $n < 0:\n    return "$b"\nreturn "$c"',
        choices={
            "f": ("sign_word", "describe"),
            "n": _N,
            "a": ("up", "plus", "warm"),
            "b": ("down", "minus", "cold"),
            "c": ("flat", "zero", "even"),
        },
        inputs=lambda draw, v: [draw.randint(-9, 9)],
        edges=([0], [1], [-1]),
    ),
    Template(
        name="pass-or-fail",
        signature="$f($n: int) -> str",
        wordings=(
            'Answer "$a" from $k points on and "$b" below. The points are $n.',
            'The result is "$a" if $n reaches $k, else "$b".',
            'Say "$b" while $n is under $k and "$a" as soon as it is not.',
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
    ),
    Template(
        name="special-number",
        signature="$f($n: int) -> str",
        wordings=(
            'Answer "$a" if $k divides $n; otherwise answer with $n itself as a string.',
            'In a game, multiples of $k are replaced by "$a". What is said at $n (as text)?',
            'The string form of $n is wanted, but "$a" for a number divisible by $k.',
        ),
        body='return "$a" if $n % $k == 0 else str($n)',
        choices={
            "f": ("say", "game_word"),
            "n": _N,
            "k": range(3, 9),
            "a": ("fizz", "hop", "buzz"),
        },
        inputs=lambda draw, v: [draw.choice((v["k"] * draw.randint(1, 9), draw.randint(1, 60)))],
    ),
    Template(
        name="clamp",
        signature="$f($n: int) -> int",
        wordings=(
            "The result is $n, but never under $a and never over $b.",
            "A heating can be set from $a to $b degrees. To what does the wish $n set it?",
            "Move $n to the nearest number of the interval that begins at $a and ends at $b.",
        ),
        body="return max($a, min($b, $n))",
        choices={"f": ("clamp", "setting"), "n": _N, "a": range(1, 12), "b": range(15, 30)},
        inputs=lambda draw, v: [draw.randint(v["a"] - 9, v["b"] + 9)],
        edges=([0], [99]),
    ),
    Template(
        name="discount",
        signature="$f($n: int) -> int",
        wordings=(
            "A purchase of more than $k coins is $m coins cheaper. What is paid for $n coins?",
            "The result is $n, lowered by $m if $n is over $k.",
            "Who would pay over $k gets $m back. The price was $n: what does it cost in the end?",
        ),
        body="if $n > $k:\n    return $n - $m\nreturn $n",
        choices={
            "f": ("discount", "to_pay"),
            "n": ("price", "n", "amount"),
            "k": range(20, 60),
            "m": range(3, 15),
        },
        inputs=lambda draw, v: [v["k"] + draw.choice((-1, 0, 1, draw.randint(-15, 30)))],
    ),
    Template(
        name="collatz",
        signature="$f($n: int) -> int",
        wordings=(
            "An even $n is halved; an odd one is multiplied by $a, plus $b. Find the result.",
            "Give half of $n if it is even, else $a times $n plus $b.",
            "What follows $n in a sequence that halves even numbers and turns an odd x into $a * x "
            "+ $b?",
        ),
        body="if $n % 2 == 0:\n    return $n // 2\nreturn $a * $n + $b",
        choices={"f": ("follow", "step"), "n": _N, "a": (3, 5, 7), "b": (1, 3, 5)},
        inputs=lambda draw, v: [draw.randint(1, 60)],
    ),
]

"""Arithmetic with one or two integers (for training)."""

from codepref.problems.templates.template import Template

TEMPLATES = [
    Template(
        name="linear",
        signature="$f($n: int) -> int",
        wordings=(
            "Multiply $n by $a, then add $b, and return the result.",
            "Return the value of $a times $n plus $b.",
            "Compute the product of $a and $n and increase it by $b.",
        ),
        body="return $a * $n + $b",
        choices={"f": ("line", "compute"), "n": "nxv", "a": range(2, 10), "b": range(1, 30)},
        inputs=lambda draw, v: [draw.randint(-20, 60)],
        edges=([0],),
    ),
    Template(
        name="full-boxes",
        signature="$f($n: int) -> int",
        wordings=(
            "A box holds $k $things. Return how many full boxes $n $things give.",
            "Return the number of complete packs of $k that can be made of $n $things.",
            "There are $n $things and every bag takes $k of them. How many bags become full?",
        ),
        body="return $n // $k",
        choices={
            "f": ("full_boxes", "packs"),
            "n": ("n", "amount", "count"),
            "k": range(3, 15),
            "things": ("eggs", "apples", "pens", "books"),
        },
        inputs=lambda draw, v: [v["k"] * draw.randint(0, 9) + draw.choice((0, -1, 1, 2))],
        edges=([0],),
    ),
    Template(
        name="left-over",
        signature="$f($n: int) -> int",
        wordings=(
            "$n $things are shared equally among $k children. Return how many are left over.",
            "Return the remainder when $n is divided by $k.",
            "Groups of $k are formed from $n $things. Return how many belong to no group.",
        ),
        body="return $n % $k",
        choices={
            "f": ("left_over", "rest"),
            "n": ("n", "amount", "count"),
            "k": range(3, 15),
            "things": ("sweets", "coins", "cards", "marbles"),
        },
        inputs=lambda draw, v: [draw.randint(1, 90)],
        edges=([0],),
    ),
    Template(
        name="fare",
        signature="$f($n: int) -> int",
        wordings=(
            "A taxi costs $a coins at the start and $b coins for each kilometre. Return the price "
            "of a ride of $n kilometres.",
            "A printer asks $a coins for an order and $b coins for each page. What do $n pages "
            "cost?",
            "Entering the park costs $a coins and each game there $b coins. Return the cost of $n "
            "games with the entrance.",
        ),
        body="return $a + $b * $n",
        choices={"f": ("price", "total_cost"), "n": "nxk", "a": range(3, 30), "b": range(2, 9)},
        inputs=lambda draw, v: [draw.randint(1, 60)],
        edges=([0],),
    ),
    Template(
        name="border",
        signature="$f($a: int, $b: int) -> int",
        wordings=(
            "A garden is $a metres long and $b metres wide. Return the length of the fence around "
            "it.",
            "Return the perimeter of a rectangle with the sides $a and $b.",
            "A picture measures $a by $b. How long must a ribbon be that goes around it once?",
        ),
        body="return 2 * ($a + $b)",
        choices={
            "f": ("perimeter", "fence", "border", "around"),
            "a": ("length", "a", "height"),
            "b": ("width", "b", "w"),
        },
        inputs=lambda draw, v: [draw.randint(1, 40), draw.randint(1, 40)],
    ),
]

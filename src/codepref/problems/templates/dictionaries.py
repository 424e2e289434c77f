"""Dictionaries from words to numbers (held out)."""

from codepref.problems.templates.template import Template

_DICTIONARIES = ("prices", "ages", "points", "stock", "data")

TEMPLATES = [
    Template(
        name="sum-of-values",
        signature="$f($d: dict[str, int]) -> int",
        wordings=(
            "Return the sum of all values of the dictionary $d.",
            "Given a dictionary $d, add up its values.",
            "Find the total of the numbers that the dictionary $d holds as values.",
        ),
        body="return sum($d.values())",
        choices={"f": ("sum_values", "total_of_values"), "d": _DICTIONARIES},
        inputs=lambda draw, v: [draw.mapping(1, 50)],
        edges=([{}],),
    ),
    Template(
        name="size",
        signature="$f($d: dict[str, int]) -> int",
        wordings=(
            "Return how many keys the dictionary $d has.",
            "Given a dictionary $d, find the number of its entries.",
            "Find the size of the dictionary $d.",
        ),
        body="return len($d)",
        choices={"f": ("number_of_keys", "size", "count_entries"), "d": _DICTIONARIES},
        inputs=lambda draw, v: [draw.mapping(1, 50)],
        edges=([{}],),
    ),
    Template(
        name="lookup",
        signature="$f($d: dict[str, int], $n: str) -> int",
        wordings=(
            "Return the value of the key $n in the dictionary $d, or $k if there is no such key.",
            "Given a dictionary $d and a key $n, look up its value. A missing key gives $k.",
            "Look $n up in the dictionary $d; the answer is $k when it is not there.",
        ),
        body="return $d.get($n, $k)",
        choices={
            "f": ("look_up", "get_value"),
            "d": _DICTIONARIES,
            "n": ("name", "key"),
            "k": (-1, 0, 1, 5, 10, 99),
        },
        inputs=lambda draw, v: (
            lambda found: [found, draw.choice([*found, draw.word(), draw.word()])]
        )(draw.mapping(1, 50)),
        edges=([{}, "apple"],),
    ),
    Template(
        name="sorted-keys",
        signature="$f($d: dict[str, int]) -> list[str]",
        wordings=(
            "Return the keys of the dictionary $d as a sorted list.",
            "Given a dictionary $d, list its keys in alphabetical order.",
            "Sort the keys of the dictionary $d and return the list.",
        ),
        body="return sorted($d)",
        choices={"f": ("sorted_keys", "keys_in_order"), "d": _DICTIONARIES},
        inputs=lambda draw, v: [draw.mapping(1, 50)],
        edges=([{}],),
    ),
    Template(
        name="largest-value",
        signature="$f($d: dict[str, int]) -> int",
        wordings=(
            "Return the largest value of the non-empty dictionary $d.",
            "Given a dictionary $d with some entries, find the maximum of its values.",
            "Find the biggest number among the values of the dictionary $d, which is not empty.",
        ),
        body="return max($d.values())",
        choices={"f": ("largest_value", "max_value"), "d": _DICTIONARIES},
        inputs=lambda draw, v: [draw.mapping(1, 50)],
        edges=([{"only": 1}],),
    ),
    Template(
        name="raise-values",
        signature="$f($d: dict[str, int]) -> dict[str, int]",
        wordings=(
            "Return a dictionary with the keys of $d and values that are $k higher.",
            "Given a dictionary $d, make a new one in which each value is increased by $k.",
            "Add $k to all values of the dictionary $d and return the new dictionary.",
        ),
        body="return {key: value + $k for key, value in $d.items()}",
        choices={"f": ("raise_values", "add_to_values"), "d": _DICTIONARIES, "k": range(2, 20)},
        inputs=lambda draw, v: [draw.mapping(1, 50)],
        edges=([{}],),
    ),
]

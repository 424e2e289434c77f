"""Dictionaries from words to numbers (held out)."""

from codepref.problems.templates.template import WORDS, Template

_DICTIONARIES = ("prices", "ages", "points", "stock")

TEMPLATES = [
    Template(
        name="sum-of-values",
        signature="$f($d: dict[str, int]) -> int",
        wordings=(
            "Find the sum of all values of the dictionary $d.",
            "What do the values stored in the dictionary $d add up to?",
            "The dictionary $d maps names to amounts. Find the total amount.",
        ),
        body="return sum($d.values())",
        choices={"f": ("sum_values", "total_of"), "d": _DICTIONARIES},
        inputs=lambda draw, v: [draw.mapping(1, 50)],
        edges=([{}],),
    ),
    Template(
        name="keys-over",
        signature="$f($d: dict[str, int]) -> list[str]",
        wordings=(
            "List the keys of the dictionary $d whose value is over $k, in the dictionary's order.",
            "Which keys of $d are mapped to more than $k? Give them as a list, in order.",
            "The dictionary $d maps names to numbers. List the names with a number above $k.",
        ),
        body="return [key for key, value in $d.items() if value > $k]",
        choices={"f": ("keys_over", "names_over"), "d": _DICTIONARIES, "k": range(5, 30)},
        inputs=lambda draw, v: [draw.mapping(v["k"] - 9, v["k"] + 9, near=v["k"])],
        edges=([{}],),
    ),
    Template(
        name="lookup",
        signature="$f($d: dict[str, int], $n: str) -> int",
        wordings=(
            "Look up the key $n in the dictionary $d. A missing key has the value $k.",
            "What does the dictionary $d say about $n? If it has no such key, the answer is $k.",
            "Find the value of $n in the dictionary $d, or $k when the key is not there.",
        ),
        body="return $d.get($n, $k)",
        choices={
            "f": ("look_up", "value_or"),
            "d": _DICTIONARIES,
            "n": ("name", "key", "item"),
            "k": (-1, 1, 5, 10, 99),
        },
        inputs=lambda draw, v: (
            lambda found: [found, draw.choice([*found, draw.word(), draw.word()])]
        )(draw.mapping(1, 50)),
        edges=([{}, "apple"],),
    ),
    Template(
        name="raise-values",
        signature="$f($d: dict[str, int]) -> dict[str, int]",
        wordings=(
            "Build a dictionary with the keys of $d and values that are $k higher.",
            "Everything in the dictionary $d becomes $k more expensive: give the new dictionary.",
            "Add $k to all values of the dictionary $d and give back the result.",
        ),
        body="return {key: value + $k for key, value in $d.items()}",
        choices={"f": ("raise_values", "dearer"), "d": _DICTIONARIES, "k": range(2, 20)},
        inputs=lambda draw, v: [draw.mapping(1, 50)],
        edges=([{}],),
    ),
    Template(
        name="occurrences",
        signature="$f($ws: list[str]) -> dict[str, int]",
        wordings=(
            "Build a dictionary that tells for all strings of $ws how often they occur.",
            "Map every different word of the list $ws to its number of occurrences.",
            "Votes are listed in $ws. Build a dictionary from each name to its votes.",
        ),
        body=(
            "result = {}\n"
            "for word in $ws:\n"
            "    result[word] = result.get(word, 0) + 1\n"
            "return result"
        ),
        choices={"f": ("occurrences", "tally"), "ws": WORDS},
        inputs=lambda draw, v: [(draw.words() * 2)[: draw.randint(2, 7)]],
        edges=([[]],),
    ),
    Template(
        name="best-key",
        signature="$f($d: dict[str, int]) -> str",
        wordings=(
            "Which key of the non-empty dictionary $d has the biggest value? No two are equal.",
            "Find the name with the maximum number in the dictionary $d; all numbers differ.",
            "The dictionary $d maps players to different results. Find the winner.",
        ),
        body="return max($d, key=$d.get)",
        choices={"f": ("best", "winner"), "d": _DICTIONARIES},
        inputs=lambda draw, v: [
            dict(zip(draw.mapping(1, 9), draw.sample(range(1, 60), 5), strict=False))
        ],
        edges=([{"only": 1}],),
    ),
]

"""How many elements are of a kind (for training)."""

from codepref.problems.templates.template import NUMBERS, WORDS, Template

TEMPLATES = [
    Template(
        name="above",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return how many numbers in the list $xs are greater than $k.",
            "Count the elements of a list of integers that exceed $k.",
            "A list of integers is given. How many of them are larger than $k?",
        ),
        body="return sum(1 for number in $xs if number > $k)",
        choices={"f": ("count_above", "how_many_above"), "xs": NUMBERS, "k": range(2, 30)},
        inputs=lambda draw, v: [draw.ints(v["k"] - 9, v["k"] + 9, near=v["k"])],
        edges=lambda v: [[[]], [[v["k"] - 1, v["k"], v["k"] + 1]]],
    ),
    Template(
        name="divisible",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return how many numbers of $xs can be divided by $k without remainder.",
            "Count the multiples of $k in a list of integers.",
            "How many elements of the list $xs are divisible by $k?",
        ),
        body="return sum(1 for number in $xs if number % $k == 0)",
        choices={"f": ("count_divisible", "count_multiples"), "xs": NUMBERS, "k": range(3, 12)},
        inputs=lambda draw, v: [draw.ints(1, 60, near=v["k"] * draw.randint(1, 5))],
        edges=([[]],),
    ),
    Template(
        name="equal",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Return how often the number $k occurs in the list $xs.",
            "Count the elements of a list that are equal to $k.",
            "How many times does $k appear among the given integers?",
        ),
        body="return $xs.count($k)",
        choices={"f": ("count_equal", "times_found"), "xs": NUMBERS, "k": range(1, 20)},
        inputs=lambda draw, v: [draw.ints(v["k"] - 1, v["k"] + 1)],
        edges=([[]],),
    ),
    Template(
        name="long-words",
        signature="$f($ws: list[str]) -> int",
        wordings=(
            "Return how many words of the list $ws have more than $k letters.",
            "Count the strings that are longer than $k characters.",
            "A list of words is given. How many of them are longer than $k letters?",
        ),
        body="return sum(1 for word in $ws if len(word) > $k)",
        choices={"f": ("count_long", "long_words"), "ws": WORDS, "k": range(3, 6)},
        inputs=lambda draw, v: [draw.words()],
        edges=([[]],),
    ),
    Template(
        name="starting",
        signature="$f($ws: list[str]) -> int",
        wordings=(
            'Return how many words of the list $ws start with the letter "$c".',
            'Count the strings whose first character is "$c".',
            'A list of words is given. How many of them begin with "$c"?',
        ),
        body='return sum(1 for word in $ws if word.startswith("$c"))',
        choices={"f": ("count_starting", "words_with_start"), "ws": WORDS, "c": "strgowl"},
        inputs=lambda draw, v: [
            draw.sample([*draw.words(), f"{v['c']}{draw.word()}", f"{draw.word()}{v['c']}"], 4)
        ],
        edges=([[]],),
    ),
]

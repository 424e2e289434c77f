"""Strings made from parts (for training)."""

from codepref.problems.templates.template import TEXT, WORDS, Template

TEMPLATES = [
    Template(
        name="greeting",
        signature="$f($s: str) -> str",
        wordings=(
            'Return the text "$hi, " followed by the string $s and "!".',
            'Greet a person: "$hi, ", then the name $s, then an exclamation mark.',
            'Put "$hi, " before $s and "!" after it.',
        ),
        body='return "$hi, " + $s + "!"',
        choices={
            "f": ("greet", "welcome"),
            "s": ("name", "who", "person"),
            "hi": ("Hello", "Welcome", "Good morning", "Dear"),
        },
        inputs=lambda draw, v: [draw.word().title()],
        edges=([""],),
    ),
    Template(
        name="repeat-with",
        signature="$f($s: str) -> str",
        wordings=(
            'Return the string $s written $k times with "$c" between.',
            'Write a text $k times in a row, separated by "$c".',
            'Join $k copies of $s with "$c".',
        ),
        body='return "$c".join([$s] * $k)',
        choices={"f": ("repeat", "copies"), "s": TEXT, "k": (2, 3, 4), "c": ("-", "+", "/", "_")},
        inputs=lambda draw, v: [draw.word()],
        edges=([""],),
    ),
    Template(
        name="first-letters",
        signature="$f($s: str) -> str",
        wordings=(
            "Return the first $k characters of the string $s (all of them if it is shorter).",
            "Shorten a text to its first $k letters.",
            "Cut $s off after $k characters and return what is left.",
        ),
        body="return $s[:$k]",
        choices={"f": ("shorten", "beginning"), "s": TEXT, "k": range(2, 6)},
        inputs=lambda draw, v: [draw.sentence()],
        edges=([""], ["ab"]),
    ),
    Template(
        name="surround",
        signature="$f($s: str) -> str",
        wordings=(
            'Return the string $s with "$a" in front of it and "$b" behind it.',
            'Surround a text by "$a" on the left and "$b" on the right.',
            'Begin with "$a", go on with $s and end with "$b".',
        ),
        body='return "$a" + $s + "$b"',
        choices={
            "f": ("surround", "wrap"),
            "s": TEXT,
            "a": ("(", "<", "[", "*"),
            "b": (")", ">", "]", "#"),
        },
        inputs=lambda draw, v: [draw.word()],
        edges=([""],),
    ),
    Template(
        name="join",
        signature="$f($ws: list[str]) -> str",
        wordings=(
            'Return the words of the list $ws as one string with "$c" between them.',
            'Join the strings of a list by "$c".',
            'Write all words one after the other, separated by "$c".',
        ),
        body='return "$c".join($ws)',
        choices={"f": ("join_words", "one_line"), "ws": WORDS, "c": ("-", ", ", "/", "+", " and ")},
        inputs=lambda draw, v: [draw.words()],
        edges=([[]], [["one"]]),
    ),
]

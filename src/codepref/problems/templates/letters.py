"""The characters of a text (held out)."""

from codepref.problems.templates.template import Template

_TEXT = ("text", "s")

TEMPLATES = [
    Template(
        name="occurrences",
        signature="$f($s: str) -> int",
        wordings=(
            'Return how often the letter "$c" occurs in the string $s.',
            'Given a string $s, find the number of its letters "$c".',
            'How many times does the character "$c" appear in $s?',
        ),
        body='return $s.count("$c")',
        choices={"f": ("count_letter", "letter_count"), "s": _TEXT, "c": "aeinort"},
        inputs=lambda draw, v: [draw.sentence()],
        edges=([""],),
    ),
    Template(
        name="replace",
        signature="$f($s: str) -> str",
        wordings=(
            'Return the string $s with every "$c" replaced by "$d".',
            'Given a string $s, write "$d" wherever it has "$c".',
            'Replace all letters "$c" in the string $s by "$d".',
        ),
        body='return $s.replace("$c", "$d")',
        choices={"f": ("replace_letter", "exchange"), "s": _TEXT, "c": "aeinort", "d": "*#_@"},
        inputs=lambda draw, v: [draw.sentence()],
        edges=([""],),
    ),
    Template(
        name="without",
        signature="$f($s: str) -> str",
        wordings=(
            'Return the string $s without the letter "$c".',
            'Given a string $s, remove every "$c" from it.',
            'Delete all letters "$c" from the string $s.',
        ),
        body='return $s.replace("$c", "")',
        choices={"f": ("remove_letter", "without_letter"), "s": _TEXT, "c": "aeinort"},
        inputs=lambda draw, v: [draw.sentence()],
        edges=([""],),
    ),
    Template(
        name="upper-case",
        signature="$f($s: str) -> str",
        wordings=(
            'Return the string $s in upper case, followed by "$c".',
            'Given a string $s, change all letters to upper case and add "$c" at the end.',
            'Write the string $s in capital letters with "$c" after it.',
        ),
        body='return $s.upper() + "$c"',
        choices={"f": ("shout", "upper_case"), "s": _TEXT, "c": ("!", "?", "!!", ".")},
        inputs=lambda draw, v: [draw.sentence(1)],
        edges=([""],),
    ),
    Template(
        name="number-of-words",
        signature="$f($s: str) -> int",
        wordings=(
            "Return how many words the string $s has. Words are separated by spaces.",
            "Given a string $s of words with spaces between, find the number of words.",
            "Split the string $s at spaces: how many words are there?",
        ),
        body="return len($s.split())",
        choices={"f": ("word_count", "number_of_words"), "s": (*_TEXT, "line", "sentence")},
        inputs=lambda draw, v: [draw.sentence(1)],
        edges=([""],),
    ),
    Template(
        name="palindrome",
        signature="$f($s: str) -> bool",
        wordings=(
            "Return True if the string $s reads the same backwards, otherwise False.",
            "Given a string $s, check whether it is a palindrome.",
            "Is the string $s equal to its reverse?",
        ),
        body="return $s == $s[::-1]",
        choices={"f": ("is_palindrome", "same_backwards"), "s": (*_TEXT, "line", "word")},
        inputs=lambda draw, v: [
            (lambda half: half + draw.choice((half[::-1], half[-2::-1], "", "x")))(draw.word())
        ],
        edges=([""], ["abca"]),
    ),
]

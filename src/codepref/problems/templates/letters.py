"""The characters of a text (held out)."""

from codepref.problems.templates.template import Template

_LINE = ("text", "s", "line")

TEMPLATES = [
    Template(
        name="occurrences",
        signature="$f($s: str) -> int",
        wordings=(
            'How often does the letter "$c" stand in the text $s?',
            'Find the number of "$c" characters in $s.',
            'A typewriter lost its key "$c". How many characters of $s cannot be typed?',
        ),
        body='return $s.count("$c")',
        choices={"f": ("letter_count", "number_of"), "s": _LINE, "c": "aeinort"},
        inputs=lambda draw, v: [draw.sentence()],
        edges=([""],),
    ),
    Template(
        name="replace",
        signature="$f($s: str) -> str",
        wordings=(
            'Replace all letters "$c" in the text $s by "$d".',
            'Write $s with "$d" wherever it has "$c".',
            'A code exchanges "$c" for "$d". Encode the text $s.',
        ),
        body='return $s.replace("$c", "$d")',
        choices={"f": ("exchange", "encode"), "s": _LINE, "c": "aeinort", "d": "*#_@"},
        inputs=lambda draw, v: [draw.sentence()],
        edges=([""],),
    ),
    Template(
        name="mirror",
        signature="$f($s: str) -> str",
        wordings=(
            "Give the text $s in capital letters and from back to front.",
            "Reverse the characters of $s and write them in upper case.",
            "Read $s from its end to its start, every letter in upper case.",
        ),
        body="return $s[::-1].upper()",
        choices={"f": ("mirror", "shout_backwards"), "s": _LINE},
        inputs=lambda draw, v: [draw.sentence(1)],
        edges=([""],),
    ),
    Template(
        name="without",
        signature="$f($s: str) -> str",
        wordings=(
            'Delete all letters "$c" from the text $s.',
            'What remains of $s when each "$c" is taken out?',
            'Someone cannot say "$c". How does $s sound without this letter?',
        ),
        body='return $s.replace("$c", "")',
        choices={"f": ("without_letter", "delete_letter"), "s": _LINE, "c": "aeinort"},
        inputs=lambda draw, v: [draw.sentence()],
        edges=([""],),
    ),
    Template(
        name="initials",
        signature="$f($s: str) -> str",
        wordings=(
            "The text $s has words with a space between. Put together their first letters.",
            "Build the abbreviation of $s: the initial of all its words, without spaces.",
            "Take the initial letters of the words in $s and write them as one string.",
        ),
        body='return "".join(word[0] for word in $s.split())',
        choices={"f": ("initials", "abbreviation"), "s": _LINE},
        inputs=lambda draw, v: [draw.sentence(1)],
        edges=([""],),
    ),
    Template(
        name="same-ends",
        signature="$f($s: str) -> bool",
        wordings=(
            "Is the first character of the non-empty text $s the same as its last?",
            "Does $s begin and end with one and the same letter? It is not empty.",
            "Compare both ends of the non-empty string $s: are the outer characters equal?",
        ),
        body="return $s[0] == $s[-1]",
        choices={"f": ("same_ends", "ends_match"), "s": _LINE},
        inputs=lambda draw, v: [
            (lambda word: word + draw.choice((word[0], word[0], "")))(draw.word())
        ],
        edges=(["a"],),
    ),
]

"""The order and the places of elements (held out)."""

from codepref.problems.templates.template import NUMBERS, WORDS, Template

TEMPLATES = [
    Template(
        name="descending",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Sort the list $xs from the biggest to the smallest element.",
            "Put the elements of $xs into descending order.",
            "Arrange the scores in $xs so that the best comes first and the worst last.",
        ),
        body="return sorted($xs, reverse=True)",
        choices={"f": ("descending", "sort_down"), "xs": NUMBERS},
        inputs=lambda draw, v: [draw.ints(-9, 30)],
        edges=([[]],),
    ),
    Template(
        name="without-first",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Skip the first $k elements of $xs and give the remaining list.",
            "The list $xs loses $k elements at its front. What remains?",
            "From position $k on (the first is position 0), what does the list $xs hold?",
        ),
        body="return $xs[$k:]",
        choices={"f": ("skip_first", "remaining"), "xs": NUMBERS, "k": (1, 2, 3, 4)},
        inputs=lambda draw, v: [draw.ints(0, 30, least=5)],
        edges=([[]], [[4]]),
    ),
    Template(
        name="every-other",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Take every ${k}th element of $xs, beginning with the very first.",
            "From $xs take the elements at positions 0, $k, twice $k, and so on.",
            "Walk through $xs in steps of $k from its start and list what you meet.",
        ),
        body="return $xs[::$k]",
        choices={"f": ("every_kth", "in_steps"), "xs": NUMBERS, "k": (3, 4)},
        inputs=lambda draw, v: [draw.ints(0, 30, least=4) + draw.ints(0, 30)],
        edges=([[]], [[4]]),
    ),
    Template(
        name="rotate",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "Move the first element of $xs to the end. An empty list stays empty.",
            "The first in the queue $xs goes to its back. Give the new queue (it may be empty).",
            "Shift $xs by one place to the left; what falls out comes in again on the right.",
        ),
        body="return $xs[1:] + $xs[:1]",
        choices={"f": ("rotate", "to_the_back", "shift_left"), "xs": NUMBERS},
        inputs=lambda draw, v: [draw.ints(0, 30)],
        edges=([[]], [[4]]),
    ),
    Template(
        name="once-each",
        signature="$f($ws: list[str]) -> list[str]",
        wordings=(
            "Leave out repeated strings of $ws: each stands once, where it came first.",
            "List the different words of $ws in order of first appearance.",
            "A guest list $ws has names twice. Clean it so that no name repeats, order unchanged.",
        ),
        body=(
            "result = []\n"
            "for word in $ws:\n"
            "    if word not in result:\n"
            "        result.append(word)\n"
            "return result"
        ),
        choices={"f": ("once_each", "unique_words"), "ws": WORDS},
        inputs=lambda draw, v: [(draw.words() * 2)[: draw.randint(2, 7)]],
        edges=([[]],),
    ),
    Template(
        name="backwards",
        signature="$f($ws: list[str]) -> list[str]",
        wordings=(
            "Give the list $ws from its last element to its first.",
            "Turn the list $ws around so that the end becomes the start.",
            "Reverse the order of the strings in $ws.",
        ),
        body="return $ws[::-1]",
        choices={"f": ("backwards", "turn_around", "reverse_list"), "ws": WORDS},
        inputs=lambda draw, v: [draw.words()],
        edges=([[]],),
    ),
]

"""Largest, smallest, longest (held out)."""

from codepref.problems.templates.template import NUMBERS, WORDS, Template

TEMPLATES = [
    Template(
        name="floor",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Find the maximum of the list $xs. If the list is empty or its maximum is below $k, "
            "the answer is $k.",
            "What is the highest score in $xs? Scores start at $k, so the result is never lower.",
            "Give back the biggest of all the elements of $xs and the number $k.",
        ),
        body="return max([$k, *$xs])",
        choices={"f": ("highest", "best_score"), "xs": NUMBERS, "k": range(5, 30)},
        inputs=lambda draw, v: [draw.ints(v["k"] - 12, v["k"] + 8)],
        edges=([[]],),
    ),
    Template(
        name="spread",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "By how much does the maximum of the non-empty list $xs exceed its minimum?",
            "Find the gap from the smallest to the biggest element of $xs.",
            "Temperatures of one day are measured. Find the difference of the highest and lowest.",
        ),
        body="return max($xs) - min($xs)",
        choices={"f": ("spread", "value_range", "gap"), "xs": NUMBERS},
        inputs=lambda draw, v: [draw.ints(-20, 50)],
        edges=([[7]],),
    ),
    Template(
        name="longest-word",
        signature="$f($ws: list[str]) -> str",
        wordings=(
            "Find the longest string of the non-empty list $ws; the earliest one wins a tie.",
            "Which of the words has the most letters? Take the first of several.",
            "Give back the word of maximum length, the leftmost if there are more of them.",
        ),
        body="return max($ws, key=len)",
        choices={"f": ("longest", "longest_word"), "ws": WORDS},
        inputs=lambda draw, v: [draw.words()],
        edges=([["one"]],),
    ),
    Template(
        name="runner-up",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "All numbers of $xs are different. Find the second largest.",
            "Find the runner-up: only one element of $xs (no two are equal) is bigger.",
            "Which number comes right after the maximum when $xs, without repeats, is ranked?",
        ),
        body="return sorted($xs)[-2]",
        choices={"f": ("second_largest", "runner_up"), "xs": NUMBERS},
        inputs=lambda draw, v: [draw.sample(range(-20, 60), draw.randint(2, 6))],
    ),
    Template(
        name="place-of-smallest",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "At which index (from 0) does the minimum of $xs stand for the first time?",
            "Find the position, starting at 0, of the smallest element. Take the first if several.",
            "Prices are listed in $xs. Find the index of the cheapest one, counted from zero.",
        ),
        body="return $xs.index(min($xs))",
        choices={"f": ("index_of_min", "place_of_smallest"), "xs": NUMBERS},
        inputs=lambda draw, v: [draw.ints(-5, 20)],
        edges=([[3]], [[2, 2]]),
    ),
    Template(
        name="smallest-over",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Find the smallest element of $xs that is over $k. There is always one.",
            "Of the elements of $xs above $k (at least one is), find the minimum.",
            "Which element of $xs comes next after $k in size? Some element is larger.",
        ),
        body="return min(number for number in $xs if number > $k)",
        choices={"f": ("next_over", "smallest_over"), "xs": NUMBERS, "k": range(5, 30)},
        inputs=lambda draw, v: [
            [*draw.ints(v["k"] - 9, v["k"] + 9, near=v["k"]), v["k"] + draw.randint(2, 9)]
        ],
    ),
]

"""Sums and products over a list (held out)."""

from codepref.problems.templates.template import NUMBERS, WORDS, Template

TEMPLATES = [
    Template(
        name="sum-over",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Add up all elements of $xs that are over $k.",
            "Find the sum of those numbers in $xs which are bigger than $k.",
            "Only amounts above $k matter. Find their total in the list $xs.",
        ),
        body="return sum(number for number in $xs if number > $k)",
        choices={"f": ("sum_over", "big_total"), "xs": NUMBERS, "k": range(3, 30)},
        inputs=lambda draw, v: [draw.ints(v["k"] - 9, v["k"] + 9, near=v["k"])],
        edges=([[]],),
    ),
    Template(
        name="sum-of-powers",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Raise all elements of $xs to the power $k and find the sum.",
            "Find the total of the numbers of $xs, each taken to the exponent $k.",
            "What do the powers with exponent $k of the elements of $xs add up to?",
        ),
        body="return sum(number ** $k for number in $xs)",
        choices={"f": ("power_sum", "sum_of_powers"), "xs": NUMBERS, "k": (2, 3)},
        inputs=lambda draw, v: [draw.ints(-5, 9)],
        edges=([[]],),
    ),
    Template(
        name="product",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "Find the product of all elements of $xs. It is 1 for an empty list.",
            "Multiply all the numbers of $xs with each other (nothing to multiply gives 1).",
            "What is the result of multiplying together the whole list $xs, starting from 1?",
        ),
        body="result = 1\nfor number in $xs:\n    result *= number\nreturn result",
        choices={"f": ("product", "multiply_all"), "xs": NUMBERS},
        inputs=lambda draw, v: [draw.ints(-3, 9)],
        edges=([[]],),
    ),
    Template(
        name="running",
        signature="$f($xs: list[int]) -> list[int]",
        wordings=(
            "An account starts with $k coins and $xs are paid in one by one. List the balance "
            "after each payment.",
            "Starting from $k, the elements of $xs are added in turn. List the value after each "
            "step.",
            "List the partial sums of $xs, all of them with $k on top.",
        ),
        body=(
            "balance, result = $k, []\n"
            "for number in $xs:\n"
            "    balance += number\n"
            "    result.append(balance)\n"
            "return result"
        ),
        choices={"f": ("balances", "running_totals"), "xs": NUMBERS, "k": (5, 10, 20, 50, 100)},
        inputs=lambda draw, v: [draw.ints(-5, 30)],
        edges=([[]],),
    ),
    Template(
        name="total-length",
        signature="$f($ws: list[str]) -> int",
        wordings=(
            "How many characters do all the strings of $ws have together?",
            "Find the sum of the lengths of all words.",
            "A sign maker is paid per letter. Find the number of letters in the whole list $ws.",
        ),
        body="return sum(len(word) for word in $ws)",
        choices={"f": ("total_length", "all_letters"), "ws": WORDS},
        inputs=lambda draw, v: [draw.words()],
        edges=([[]], [[""]]),
    ),
    Template(
        name="bill",
        signature="$f($xs: list[int]) -> int",
        wordings=(
            "The prices $xs are to be paid, and $k more for the delivery. Find the bill.",
            "Find the sum of the whole list $xs, enlarged by $k.",
            "The parts of a trip take $xs minutes and the breaks $k minutes. Find the total time.",
        ),
        body="return sum($xs) + $k",
        choices={"f": ("bill", "total", "sum_with_extra"), "xs": NUMBERS, "k": range(3, 40)},
        inputs=lambda draw, v: [draw.ints(1, 40)],
        edges=([[]],),
    ),
]

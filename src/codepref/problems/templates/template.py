"""What a template is, and how one becomes problems: texts with gaps, filled by a seed.

``$name`` is a gap in a template's texts; its fillings are listed in ``choices``. Expected outputs
are what the reference solution returns.
"""

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template as Text
from typing import Any

from codepref.problems.sources.signatures import signature_of
from codepref.records import Problem, TestCase
from codepref.seeds import derive_seed
from codepref.values import encode

LICENCE = "Apache-2.0"
VISIBLE, HIDDEN = 3, 12
TRIES = 1000

NUMBERS = ("numbers", "nums", "values", "items")
THINGS = ("numbers", "integers", "scores", "prices", "ages", "temperatures", "lengths", "points")
WORDS = ("words", "names", "strings")
TERMS = ("titles", "cities", "nicknames", "labels")
TEXT = ("text", "s", "word")
_SIMPLE_WORDS = (
    "apple river stone cloud table green light mouse paper train bird sun lemon glass wind "
    "king tree boat idea rain sugar metal queen onion yard zebra fox ink jam owl map net oak "
    "pea road salt tiger urn van wolf banana letter window garden pencil summer orange animal"
)
_LEXICON = _SIMPLE_WORDS.split()

Values = Mapping[str, Any]
"""The filling of each gap."""


class Draw(random.Random):
    """Random arguments of the kinds that templates take."""

    def ints(self, low: int, high: int, near: int | None = None, least: int = 2) -> list[int]:
        """Return ``least`` to 6 integers of a range; often with ``near`` or a neighbour of it."""
        numbers = [self.randint(low, high) for _ in range(self.randint(least, 6))]
        if near is not None and self.random() < 0.8:
            numbers[self.randrange(len(numbers))] = near + self.choice((-1, 0, 0, 1))
        return numbers

    def word(self) -> str:
        """Return a word in lower case."""
        return self.choice(_LEXICON)

    def words(self, least: int = 2) -> list[str]:
        """Return ``least`` to 5 words, sometimes with one twice."""
        return [self.word() for _ in range(self.randint(least, 5))]

    def sentence(self, least: int = 2) -> str:
        """Return ``least`` to 5 words with spaces between."""
        return " ".join(self.words(least))

    def mapping(self, low: int, high: int, near: int | None = None) -> dict[str, int]:
        """Return a dictionary of 2 to 5 words and numbers."""
        names = self.sample(_LEXICON, self.randint(2, 5))
        return dict(zip(names, self.ints(low, high, near, least=6), strict=False))


@dataclass(frozen=True)
class Template:
    """A kind of problem.

    Attributes:
        name: unique in its family.
        signature: of the function, with types: ``$f($xs: list[int]) -> int``.
        wordings: the statement in several ways.
        body: of the reference solution, without indent.
        choices: the fillings of each gap.
        inputs: draws the arguments of one test.
        edges: arguments of hidden tests that are always there, for example an empty list, or
            what gives them.
    """

    name: str
    signature: str
    wordings: Sequence[str]
    body: str
    choices: Mapping[str, Sequence[Any]]
    inputs: Callable[[Draw, Values], list[Any]]
    edges: Sequence[list[Any]] | Callable[[Values], Sequence[list[Any]]] = ()

    def problems(self, family: str, seed: int) -> Iterator[Problem]:
        """Yield ever new problems of this template, until its gaps have no new filling.

        The wordings take turns. What comes first does not depend on how many are taken.
        """
        wordings, of_signature = list(self.wordings), set(gaps(self.signature))
        draw = Draw(derive_seed(seed, "template", family, self.name))
        draw.shuffle(wordings)
        seen: set[tuple[Any, ...]] = set()
        for number, _ in enumerate(iter(int, None)):
            for _ in range(TRIES):
                values = {name: draw.choice(fillings) for name, fillings in self.choices.items()}
                wording = wordings[number % len(wordings)]
                # Other names of function and arguments do not make another problem.
                asked = set(gaps(f"{wording} {self.body}")) - of_signature
                key = (wording, *(values[name] for name in sorted(asked)))
                if key not in seen:
                    break
            else:
                return
            seen.add(key)
            yield self.problem(family, number, wording, values, draw)

    def problem(
        self, family: str, number: int, wording: str, values: Values, draw: Draw
    ) -> Problem:
        """Return the problem that these fillings give."""
        starter = f"def {Text(self.signature).substitute(values)}:"
        body = Text(self.body).substitute(values)
        reference = starter + "".join(f"\n    {line}" for line in body.splitlines()) + "\n"
        cases = self._cases(run(reference), values, draw)
        signature = signature_of(starter)
        shown, answer = cases[0]
        arguments = ", ".join(map(repr, shown))
        title = f"{family} {self.name}".replace("_", " ").replace("-", " ").title()
        return Problem(
            id=f"templates/{family}-{self.name}-{number}",
            source="templates",
            # Not an address to open: one place per problem, so that two of one template, which have
            # the same words but other numbers, are not taken for duplicates.
            url=f"template:{family}/{self.name}/{number}",
            licence=LICENCE,
            title=title,
            statement=Text(wording).substitute(values),
            examples=[f"{signature.entry_point}({arguments}) returns {answer!r}."],
            interface="call",
            starter_code=starter,
            reference_solution=reference,
            tests=[
                TestCase(input=encode(given), expected=encode(expected), visible=at < VISIBLE)
                for at, (given, expected) in enumerate(cases)
            ],
            difficulty="easy",
            tags=[f"family:{family}", f"template:{family}/{self.name}"],
            **vars(signature),
        )

    def _cases(
        self, solve: Callable[..., Any], values: Values, draw: Draw
    ) -> list[tuple[list[Any], Any]]:
        """Return different arguments with their answers; the first makes a telling example."""
        always = self.edges(values) if callable(self.edges) else self.edges
        edges = {repr(arguments): arguments for arguments in always}
        drawn: dict[str, list[Any]] = {}
        for _ in range(TRIES):
            arguments = self.inputs(draw, values)
            if repr(arguments) not in edges:
                drawn[repr(arguments)] = arguments
            if len(drawn) + len(edges) == VISIBLE + HIDDEN:
                break
        cases = [(given, solve(*copy.deepcopy(given))) for given in drawn.values()]
        # Stable. An example tells most if its answer is neither empty nor an argument unchanged.
        cases.sort(key=lambda case: (not case[1], case[1] in case[0]))
        # Shown, too: one with another answer, an empty one if there is any.
        others = [at for at, (_, answer) in enumerate(cases) if answer != cases[0][1]]
        another = next((at for at in others if not cases[at][1]), others[0] if others else 0)
        cases.insert(1, cases.pop(another))
        return cases + [(given, solve(*copy.deepcopy(given))) for given in edges.values()]


def gaps(text: str) -> list[str]:
    """Return the names of a text's gaps."""
    return Text(text).get_identifiers()


def run(reference: str) -> Callable[..., Any]:
    """Return the function of a reference solution of our own."""
    namespace: dict[str, Any] = {}
    exec(reference, namespace)
    function: Callable[..., Any] = next(v for k, v in namespace.items() if k != "__builtins__")
    return function

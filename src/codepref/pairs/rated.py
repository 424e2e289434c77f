"""Pairs of responses that a judge has rated, which runs nothing (paper, section 3.3).

Rows are as in CodeUltraFeedback (Weyssow, Kamanda, Zhou, Sahraoui, arXiv 2403.09032): an
``instruction``, a ``preference`` that was looked at (readability, style, ...), ``responses``
(``model``, ``response``) and ``annotations`` (``model``, ``rating`` as text or "N/A",
``rationale``).

The rule is that of their code (``binarize_dataset`` in src/utils/data_processing.py of
github.com/martin-wey/CodeUltraFeedback, commit 9b756ec1403a37ca00d24f9e636d3a6cacc4ade6): "The
chosen response is the one with the highest rating. The rejected response is the one with the
lowest rating. If more than a single LLM have the highest/lowest ratings, we randomly pick one as
chosen/rejected." Ratings "N/A" are left out. Not as there: a row whose ratings are all the same
gives no pair (their code pairs two of the same rating, or a response with itself).
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from codepref.errors import UserError
from codepref.files import sha256_of
from codepref.pairs.settings import RatedPairs
from codepref.pairs.statements import Statements
from codepref.problems.decontamination.contamination import TextOverlap
from codepref.problems.sources.datasets import hub_rows, local_rows
from codepref.problems.sources.foreign import Foreign
from codepref.prompts import prompt_sha256
from codepref.records import Message, Pair, PairSide, Problem, Sample, Strict
from codepref.seeds import derive_seed
from codepref.strict import explain_record

REPOSITORY = "coseal/CodeUltraFeedback"
NO_RATING = "N/A"
_SPECIAL = re.compile(
    r"<[|｜][^|｜<>]{1,40}[|｜]>|</?s>|<(?:unk|pad|bos|eos|mask|cls|sep)>|\[/?INST\]|<</?SYS>>"
    r"|<(?:repo_?name|file_?name|file_sep|gh_stars|empty_output|PRE|MID|SUF|EOT)>"
    r"|<(?:issue|jupyter|commit|fim)_\w+>|<(?:start|end)_of_(?:turn|text)>"
)
"""what models read as a sign of its own: it would end the turn, or be trained on as a sign"""


class _Response(Foreign):
    model: str
    response: str


class _Annotation(Foreign):
    model: str
    rating: str = Field(pattern=r"^([0-9]{1,9}(\.[0-9]{1,9})?|N/A)$")


class _Row(Foreign):
    instruction: str = Field(min_length=1)
    preference: str = "unknown"
    responses: list[_Response] = Field(min_length=1)
    annotations: list[_Annotation]


class RatedResponse(Strict):
    """A rated response to an instruction that is a problem with tests, and the sample it became."""

    row: str = Field(description="the row: the pair's 'problem_id'")
    position: int = Field(ge=0, description="in the row: the index of a side of its pair")
    preference: str
    author: str
    rating: float
    problem_id: str
    index: int = Field(ge=0, description="of the sample, among those of the problem")


@dataclass(frozen=True)
class RatedRow:
    """One row, checked."""

    name: str
    instruction: str
    preference: str
    responses: list[tuple[int, str, str, float]]
    """position, author, text and rating of those that were rated"""


class RatedStatistics(Strict):
    """What was read, kept and left out of a source."""

    source: str
    seed: int
    rows: int
    pairs: int
    left_out: dict[str, int] = Field(description="rows, by why")
    unfit_responses: int = Field(description="with a model's special signs: on no side of a pair")
    ratings: dict[str, int]
    rows_with_tests: int
    responses_with_tests: int
    ambiguous_rows: int = Field(description="with the statements of several problems: none is run")


@dataclass
class Imported:
    """What came of a source."""

    pairs: list[Pair] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    rated: list[RatedResponse] = field(default_factory=list)
    rows: int = 0
    ratings: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    unfit_responses: int = 0
    ambiguous_rows: int = 0


def read_rows(source: RatedPairs, name: str) -> Iterator[RatedRow]:
    """Yield the rows of a source, named by it and their number from 1.

    Raises:
        UserError: the file is missing or another than expected, or a row is not of the format
            (names file and line).
    """
    if source.path:
        path = Path(source.path)
        rows: Iterator[tuple[str, Any]] = local_rows(path)
        first = next(rows, None)  # a missing file is told before its hash
        if first and (found := sha256_of(path)) != source.sha256:
            raise UserError(f"{path}: the sha256 is {found}, expected {source.sha256}")
        rows = local_rows(path)
    else:
        rows = hub_rows(REPOSITORY, str(source.revision), source.split)
    for number, (where, row) in enumerate(rows, start=1):
        if source.limit and number > source.limit:
            return
        yield _rated_row(row, where, f"{name}/{number}")


def _rated_row(row: Any, where: str, name: str) -> RatedRow:
    try:
        one = _Row.model_validate_json(row) if isinstance(row, bytes) else _Row.model_validate(row)
    except ValidationError as error:
        what = explain_record(error, _Row)
        raise UserError(f"{where}: not a row as in CodeUltraFeedback: {what}") from error
    authors = Counter(response.model for response in one.responses)
    places = {response.model: n for n, response in enumerate(one.responses)}
    rated = []
    for number, annotation in enumerate(one.annotations, start=1):
        if authors[annotation.model] != 1:
            raise UserError(
                f"{where}: annotation {number} is of '{annotation.model}', expected a model with "
                f"one response in this row: {', '.join(sorted(authors))}"
            )
        if annotation.rating != NO_RATING:
            position = places.pop(annotation.model, None)
            if position is None:
                raise UserError(f"{where}: '{annotation.model}' is rated twice; expected once")
            text = one.responses[position].response
            rated.append((position, annotation.model, text, float(annotation.rating)))
    return RatedRow(name, one.instruction, one.preference, sorted(rated))


def import_rated(
    rows: Iterable[RatedRow],
    name: str,
    seed: int,
    problems: Mapping[str, Problem],
    overlap: TextOverlap | None,
) -> Imported:
    """Return the pairs of all rows, and samples of those whose instruction is a problem with tests.

    Args:
        rows: of the source.
        name: the source's, which stands where samples have their model.
        seed: breaks ties of ratings, for each row anew.
        problems: to look for in the instructions.
        overlap: finds benchmark tasks: rows with one are left out; None: every row is kept.
    """
    found, statements = Imported(), Statements(problems.values())
    counts: Counter[str] = Counter()
    for row in rows:
        found.rows += 1
        found.ratings.update(f"{rating:g}" for _, _, _, rating in row.responses)
        if overlap and next(overlap.shared(row.instruction), None):
            found.left_out["a benchmark task in the instruction"] += 1
            continue
        if not _fits(row.instruction):
            found.left_out["a special sign in the instruction"] += 1
            continue
        found.unfit_responses += sum(not _fits(text) for _, _, text, _ in row.responses)
        drawn = draw_pair(row, name, seed)
        if isinstance(drawn, Pair):
            found.pairs.append(drawn)
        else:
            found.left_out[drawn] += 1
        asked = statements.find(row.instruction)
        found.ambiguous_rows += len(asked) > 1
        if len(asked) == 1:
            (problem,) = asked
            for position, author, text, rating in row.responses:
                index = counts[problem.id]
                counts[problem.id] += 1
                found.samples.append(_sample(problem.id, index, name, row.instruction, text))
                found.rated.append(
                    RatedResponse(
                        row=row.name,
                        position=position,
                        preference=row.preference,
                        author=author,
                        rating=rating,
                        problem_id=problem.id,
                        index=index,
                    )
                )
    return found


def draw_pair(row: RatedRow, name: str, seed: int) -> Pair | str:
    """Return the pair of a row, or why there is none."""
    usable = [one for one in row.responses if one[2].strip() and _fits(one[2])]
    ratings = [rating for _, _, _, rating in usable]
    if len(usable) < 2:
        return "fewer than two rated responses"
    if min(ratings) == max(ratings):
        return "all rated the same"
    draw = random.Random(derive_seed(seed, "rated pairs", row.name))
    good = draw.choice([one for one in usable if one[3] == max(ratings)])
    bad = draw.choice([one for one in usable if one[3] == min(ratings)])
    if good[2] == bad[2]:
        return "the same response on both sides"
    prompt = [Message(role="user", content=row.instruction)]
    sides = [PairSide(index=one[0], author=one[1], rating=one[3]) for one in (good, bad)]
    return Pair(
        problem_id=row.name,
        model=name,
        prompt=prompt,
        chosen=[Message(role="assistant", content=good[2])],
        rejected=[Message(role="assistant", content=bad[2])],
        prompt_sha256=prompt_sha256(prompt),
        chosen_from=sides[0],
        rejected_from=sides[1],
    )


def _fits(text: str) -> bool:
    return _SPECIAL.search(text) is None


def _sample(problem_id: str, index: int, name: str, instruction: str, text: str) -> Sample:
    return Sample(
        problem_id=problem_id,
        index=index,
        model=name,
        prompt_sha256=prompt_sha256([Message(role="user", content=instruction)]),
        completion=text,
        finish_reason="stop",
        tokens=0,
        seed=0,
        engine="not sampled here",
        model_revision="unknown",
    )


def statistics_of(found: Imported, name: str, seed: int) -> RatedStatistics:
    """Return what was read, kept and left out."""
    return RatedStatistics(
        source=name,
        seed=seed,
        rows=found.rows,
        pairs=len(found.pairs),
        left_out=dict(sorted(found.left_out.items())),
        unfit_responses=found.unfit_responses,
        ratings=dict(sorted(found.ratings.items())),
        rows_with_tests=len({one.row for one in found.rated}),
        responses_with_tests=len(found.rated),
        ambiguous_rows=found.ambiguous_rows,
    )


def pairs_by_row(pairs: Sequence[Pair]) -> dict[str, tuple[int, int]]:
    """Return the positions of chosen and rejected in each row."""
    return {one.problem_id: (one.chosen_from.index, one.rejected_from.index) for one in pairs}

"""One row per score: ours, the paper's, the difference to base and what to make of it."""

from dataclasses import dataclass, replace

from codepref.tables.differences import Pairing
from codepref.tables.layout import change_text, discordant, number, p_text, points
from codepref.tables.results import Answers, Results
from codepref.tables.score_tables import interval
from codepref.tables.statistics import SIGNIFICANCE, holm


@dataclass(frozen=True)
class ScoreRow:
    """A score as the first table shows it."""

    model: str
    method: str
    benchmark: str
    answers: Answers
    ours: str
    counts: str
    paper: str
    change: str
    paper_change: str
    verdict: str
    moved: str
    """tasks gained and lost against base"""
    pairing: Pairing | None
    adjusted: float = 1.0
    """p after Holm's correction over all rows that have one"""

    @property
    def link(self) -> str:
        """Where the report shows its tasks."""
        return f"#cell/{self.model}/{self.method}/{self.benchmark}"

    @property
    def tested(self) -> str:
        """The adjusted p of the test that the difference is 0; nothing for too few tasks."""
        if self.pairing is None or self.pairing.interval is None:
            return ""
        return p_text(self.adjusted).removeprefix("p ").removeprefix("= ")


def score_rows(results: Results) -> list[ScoreRow]:
    """Return a row per policy and benchmark column that has a result.

    A benchmark that is answered greedily has its greedy score, which the paper reports; another
    one the mean pass rate of its samples.
    """
    config = results.config
    rows = []
    for experiment in config.experiments:
        for method in experiment.methods:
            for name in config.use_benchmarks:
                for column in (name, f"{name}+"):
                    greedy = name in results.answered("greedy")
                    make = _greedy_row if greedy else _sampled_row
                    if row := make(results, experiment.model, method, column):
                        rows.append(row)
    adjusted = iter(holm([row.pairing.p_value for row in rows if row.pairing]))
    rows = [replace(row, adjusted=next(adjusted)) if row.pairing else row for row in rows]
    return [replace(row, verdict=row.verdict or _chance(row)) for row in rows]


def _chance(row: ScoreRow) -> str:
    """Say what the adjusted test says where the paper has nothing to compare with."""
    if row.pairing is None:
        return ""
    if row.pairing.interval is None:
        return "too few tasks"
    return "beyond chance" if row.adjusted < SIGNIFICANCE else "within chance"


def _change(pairing: Pairing | None) -> str:
    return "" if pairing is None else change_text(pairing)


def _greedy_row(results: Results, model: str, method: str, benchmark: str) -> ScoreRow | None:
    cell = results.cell(model, method, benchmark)
    if not cell.run:
        return None
    spread = f" ± {number(cell.spread)}" if cell.spread is not None else ""
    solved = number(cell.mean_solved, 0 if len(cell.solved) == 1 else 1)
    paper = "" if cell.paper_rate is None else number(cell.paper_rate)
    theirs = "" if cell.paper_to_base is None else points(cell.paper_to_base / 100)
    return ScoreRow(
        *(model, method, benchmark, "greedy", number(cell.rate) + spread),
        f"{solved}/{cell.total} {interval(cell)}",
        *(paper, _change(cell.pairing), theirs),
        cell.verdict if cell.comparable else "",
        discordant(cell.pairing) if cell.pairing else "",
        cell.pairing,
    )


def _sampled_row(results: Results, model: str, method: str, benchmark: str) -> ScoreRow | None:
    rates, samples = results.rates(model, method, benchmark, "sampled")
    if rates.empty:
        return None
    base = results.config.base_of(model)
    pairing = None
    if base and method != base:
        pairing = results.pairing(model, base, method, [benchmark], "sampled")
    mean = float(rates.to_numpy().mean())
    return ScoreRow(
        *(model, method, benchmark, "sampled", number(100 * mean)),
        f"mean of {samples} samples, {len(rates)} tasks",
        *("", _change(pairing), "", ""),
        discordant(pairing) if pairing else "",
        pairing,
    )

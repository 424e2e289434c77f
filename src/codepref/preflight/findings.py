"""What one look at a site finds, and what it measures."""

from typing import Literal

from pydantic import Field

from codepref.strict import Strict

Verdict = Literal["ok", "failed", "not done"]
Kind = Literal["sample", "train", "execute"]
KINDS: dict[Kind, str] = {"sample": "sampling", "train": "training", "execute": "execution"}
"""The kinds of jobs of the configuration's ``compute``, and how the table names them."""


class Finding(Strict):
    """One check: what was found, and how to mend what is not as it must be."""

    check: str
    found: str
    verdict: Verdict = "ok"
    mend: str = ""


class Found(Strict):
    """What a step, or all steps of a job, found."""

    findings: list[Finding] = Field(default=[])
    figures: dict[str, float] = Field(default={})
    """measured; see ``codepref.preflight.table.THROUGHPUT`` for those that ``make plan`` reads"""
    hardware: str | None = None
    """the GPU's name"""
    model: str | None = None

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return any(one.verdict == "failed" for one in self.findings)


def refused(check: str, error: Exception) -> Finding:
    """Return a failed check: a UserError's message says what is wrong, and then how to mend it."""
    found, _, mend = str(error).partition("; ")
    return Finding(check=check, found=found, verdict="failed", mend=mend)


def not_done(check: str, why: str, mend: str) -> Finding:
    """Return a check that could not be done here."""
    return Finding(check=check, found=why, verdict="not done", mend=mend)

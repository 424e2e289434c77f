"""A figure on the page: picture, caption, the files behind it and the command that drew it."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from codepref.errors import UserError
from codepref.files import read_text
from codepref.provenance.record import ROOT, Provenance, read_provenance, sidecar

TITLES = {
    "differences": "Differences to base",
    "scores": "Pass@1",
    "pass_at_k": "Pass@k",
    "learning_curves": "Training curves",
    "log_probs": "What each loss does to both sides' log-probability",
    "figure1": "Figure 1: what the implicit reward tells apart",
    "figure2": "Figure 2: from problems to preference pairs",
    "pair_yield": "Which problems give a pair",
    "verdict_classes": "Verdicts before and after training",
    "data_size": "Pass@1 against the number of pairs",
    "workflow": "For developers: the rules of the workflow",
}
"""in the order of the page"""
CHARTS = ("differences", "scores", "pass_at_k", "learning_curves")
"""figures that the page also draws itself, to answer on hover; print has the picture"""


@dataclass(frozen=True)
class Source:
    """A file behind a figure."""

    path: str
    link: str
    """relative to the report"""
    sha256: str


@dataclass(frozen=True)
class FigurePart:
    """What the page shows of one figure."""

    stem: str
    title: str
    svg: Markup
    caption: str
    chart: bool
    files: list[Source]
    code: Source | None
    """the script that drew it; its hash is the commit"""
    command: str
    formats: list[tuple[str, str]]
    """(format, link) of the files that the picture is kept in"""


def figure_parts(
    figures: Sequence[Path], captions: Sequence[Path], folder: Path
) -> list[FigurePart]:
    """Return the figures in the order of the page.

    Args:
        figures: SVG files.
        captions: one for each figure, with the same stem.
        folder: where the report will lie; links are relative to it.

    Raises:
        UserError: a figure has no caption, or is missing or no SVG.
    """
    texts = {path.stem: path for path in captions}
    order = list(TITLES)
    found = []
    for path in sorted(figures, key=lambda f: order.index(f.stem) if f.stem in order else 99):
        if path.stem not in texts:
            raise UserError(f"--captions: none for {path}; every figure needs {path.stem}.rst")
        record = read_provenance(path) if sidecar(path).is_file() else None
        links = [(kind, path.with_suffix(f".{kind}")) for kind in ("svg", "pdf", "png")]
        found.append(
            FigurePart(
                path.stem,
                TITLES.get(path.stem, path.stem.replace("_", " ")),
                figure_svg(path),
                caption(texts[path.stem]),
                path.stem in CHARTS,
                _sources(record, folder),
                _code(record, folder),
                _command(record),
                [(kind, _link(file, folder)) for kind, file in links],
            )
        )
    return found


def _sources(record: Provenance | None, folder: Path) -> list[Source]:
    inputs = record.inputs if record else []
    return [Source(i.path, _link(Path(i.path), folder), i.sha256) for i in inputs]


def _code(record: Provenance | None, folder: Path) -> Source | None:
    if record is None:
        return None
    script = Path(record.command[0])
    commit = str(record.code.commit)[:12]
    return Source(f"scripts/{script.name}", _link(script, folder), commit)


def _command(record: Provenance | None) -> str:
    """Return the command without the folders of the machine that it ran on."""
    if record is None:
        return ""
    script, *options = record.command
    return " ".join([f"python scripts/{Path(script).name}", *options])


def _link(path: Path, folder: Path) -> str:
    """Return where a recorded path lies; the project's own files are relative to the project."""
    ours = not path.exists() and (ROOT / path).exists()
    return Path(os.path.relpath(ROOT / path if ours else path, folder)).as_posix()


def figure_svg(path: Path) -> Markup:
    """Return an SVG file as a fragment whose ids cannot clash with another figure's.

    Raises:
        UserError: the file is missing or no SVG.
    """
    text = read_text(path)
    start = text.find("<svg")
    if start < 0:
        raise UserError(f"{path}: not an SVG file")
    text = text[start:]
    prefix = re.sub(r"\W", "_", path.stem)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{prefix}-\1"', text)
    # The caption says what it shows; to a screen reader it is one picture.
    label = prefix.replace("_", " ")
    return Markup(text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1))


def caption(path: Path) -> str:
    """Return the caption of a figure, which Snakemake's report uses, too, as plain text."""
    return re.sub(r"\*\*?|``", "", " ".join(read_text(path).split()))

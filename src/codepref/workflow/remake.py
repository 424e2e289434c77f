"""Making the tables of a release again by the real rules; comparing them with the shipped ones.

The release is entered at the tier 'verdicts' in a folder of its own; Snakemake then makes tables,
figures, claims and the report there. Rules that need a model or a sandbox are out of its reach.
"""

import difflib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import read_record, sha256_of, whole_folder
from codepref.provenance.record import ROOT, git, released_run
from codepref.provenance.release import MANIFEST, compared, write_manifest
from codepref.tables.inputs import read_config
from codepref.tables.registration import Registrations, register
from codepref.workflow.job_graph import JobGraph
from codepref.workflow.tiers import enter

DIFF_LINES = 12
"""of the difference of one file that are shown"""


def newest(folder: Path) -> Path:
    """Return the release in a folder with the latest date in its name.

    Raises:
        UserError: there is none.
    """
    found = [path.parent for path in folder.glob(f"*/{MANIFEST}")]
    if not found:
        raise UserError(
            f"{folder.name}/ holds no release yet; make one of a finished run (make release "
            "RUN=demo) and name it (RELEASE=results/release-demo)"
        )
    dated = re.compile(r"\d{4}-\d\d-\d\d")
    return max(found, key=lambda path: (dated.findall(path.name)[-1:], path.name))


def targets_of(config: Config) -> list[str]:
    """Return the rules that end with what a reader reads."""
    graph = JobGraph(config)
    return [
        *("tables_render", "claims_write", "report_build"),
        *(["pairs_label_noise"] if graph.models else []),
        *(["pairs_compare_rounds"] if graph.of_rounds else []),
        *(["rated_compare"] if config.rated_sources else []),
        *(["own_claims_write"] if config.own_claims else []),
    ]


def rules_of(config: Config) -> list[str]:
    """Return the rules that make what a reader reads from verdicts, and no others."""
    graph = JobGraph(config)
    return [
        *targets_of(config),
        *("config_keep", "benchmarks_collect"),
        *(["benchmarks_collect_samples"] if graph.sampled else []),
        *(["own_claims_decide"] if config.own_claims else []),
        *(f"figures_draw_{name}" for name in graph.figures),
    ]


def remake(release: Path, folder: Path, cores: str) -> Path:
    """Make tables, figures, claims and report of a release again; return the run's folder.

    Args:
        release: unpacked.
        folder: where; it is replaced if it is there.
        cores: for Snakemake.

    Raises:
        UserError: the release has no tables, or a rule failed (its log was shown).
    """
    source = released_run(release)
    if not any(source.glob("tables/*")):
        raise UserError(
            f"{source.name}: the run had no tables yet when it was released; go on with it from a "
            "tier that it has (scripts/enter_run.py)"
        )
    config = read_config(source / "config.json")
    run = Path("results") / config.run
    if folder.exists():
        shutil.rmtree(folder)
    enter(release, folder / run, "verdicts")
    (folder / run / "benchmarks/samples.csv").unlink(
        missing_ok=True
    )  # a table in its stage's folder
    shutil.copyfile(source / "config.json", folder / "config.json")
    rules, place = rules_of(config), str(folder.resolve())
    kept = ["figures/rule_graph.dot"]  # of the rules that made the run
    if _same_claims(source / "registration.json", config):
        kept.append("registration.json")
    else:
        rules.append("claims_register")
    for name in kept:
        (folder / run / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(source / name, folder / run / name)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
            *("--directory", place, "--configfile", f"{place}/config.json"),
            *("--cores", cores, "--resources", "gpu=0", "--logger", "codepref", "--nolock"),
            *("--rerun-triggers", "mtime", "--allowed-rules", *rules, "--"),
            *targets_of(config),
        ]
    )
    if done.returncode:
        raise UserError("the tables could not be made again; Snakemake's message is above")
    return folder / run


def _same_claims(registration: Path, config: Config) -> bool:
    """Whether this checkout has the claims word for word that a release registered.

    Which commit first had them is then known, also where there is no history of git. Where there
    is one, it has to say the same.
    """
    files = [ROOT / "paper/claims.yaml", *([ROOT / config.own_claims] if config.own_claims else [])]
    known = {one.sha256: one for one in read_record(registration, Registrations).files}
    if not all(path.is_file() and sha256_of(path) in known for path in files):
        return False
    if git("rev-parse", "--is-shallow-repository") != "false":
        return True
    here = {path: register(path) for path in files}
    return all(
        (one.commit, one.committed) == (known[one.sha256].commit, known[one.sha256].committed)
        for one in here.values()
        if one.commit is not None
    )


@dataclass(frozen=True)
class Compared:
    """One file: as shipped, and as made again."""

    name: str
    result: str
    diff: str = ""

    @property
    def same(self) -> bool:
        """Whether it has the same bytes."""
        return self.result == "same"


def compare(shipped: Path, again: Path) -> Iterator[Compared]:
    """Compare each file that is read, byte for byte.

    Args:
        shipped: the release as it lies in the repository, or a run's folder.
        again: the folder of the run that was made again.
    """
    before, after = set(compared(shipped)), set(compared(again))
    for path in sorted(before | after):
        if path not in after:
            yield Compared(path.as_posix(), "not made again")
        elif path not in before:
            yield Compared(path.as_posix(), "not shipped")
        elif (old := (shipped / path).read_bytes()) == (new := (again / path).read_bytes()):
            yield Compared(path.as_posix(), "same")
        else:
            yield Compared(path.as_posix(), "differs", _diff(old.decode(), new.decode()))


def _diff(old: str, new: str) -> str:
    """Return the first lines of the difference, each cut to what a terminal shows."""
    before, after = old.splitlines(), new.splitlines()
    lines = list(difflib.unified_diff(before, after, "shipped", "made again", n=0, lineterm=""))
    shown = [line if len(line) <= 160 else f"{line[:157]}..." for line in lines[2:DIFF_LINES]]
    left = len(lines) - DIFF_LINES
    return "\n".join([*shown, *([f"... {left} more lines"] if left > 0 else [])])


def update(shipped: Path, again: Path) -> None:
    """Put what was made again into a release, in the place of what was shipped for reading.

    The packed files stay: they are what was measured.
    """
    with whole_folder(shipped) as folder:
        shutil.copytree(shipped, folder, dirs_exist_ok=True)
        for path in compared(shipped):
            (folder / path).unlink()
        for path in compared(again):
            (folder / path).parent.mkdir(exist_ok=True)
            shutil.copyfile(again / path, folder / path)
        write_manifest(folder)

"""Names of the configuration: listed once, not taken, known.

Every function here takes a configuration whose keys and types are right and returns what is wrong.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from codepref.config import Config
from codepref.config_rounds import round_names
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.models.settings import DerivedModel, TrainedModel
from codepref.problems.settings import FromTemplates, SynthesisedSource
from codepref.problems.templates import PARTS
from codepref.strict import Key, Mistake, nearest

RESERVED: dict[str, dict[str, str]] = {
    "run": {
        "again": "make tables writes to a folder of this name",
        "certify": "make certify writes to a folder of this name",
        "graded": "make grade writes to a folder of this name",
    },
    "models": {"data": "benchmarks/data holds the benchmarks' tasks"},
    "methods": {"redrawn": "pairs/<model>/redrawn holds pairs drawn with another seed"},
    "problem_sources": {
        "all": "problems/all.jsonl holds the problems of all sources",
        "candidates": "problems/candidates.jsonl holds those that a pilot chooses from",
        "report": "problems/report.json says what became of all sources",
        "shards": "problems/shards holds the problems as jobs take them",
    },
}
"""Names that files of a run have already, and which those are."""


def mistake(key: Key, text: str) -> Mistake:
    """Return what is wrong with a key, which the text begins with."""
    return Mistake(key, f"{'.'.join(map(str, key))}: {text}")


def nothing_is_listed_twice(config: Config) -> Iterator[Mistake]:
    """Find what a list names twice."""
    yield from _repeated((), config)


def _repeated(key: Key, value: Any) -> Iterator[Mistake]:
    """Find entries that come twice in a list, anywhere: no list of the configuration has a use."""
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _repeated((*key, name), inner)
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            if isinstance(entry, BaseModel):
                yield from _repeated((*key, number), entry)
            elif entry in value[:number]:
                shown = f"'{entry}'" if isinstance(entry, str) else entry
                text = f"{shown} is listed twice; expected each once, remove one"
                yield mistake((*key, number), text)


def no_name_is_taken(config: Config) -> Iterator[Mistake]:
    """Find names that files of a run have already."""
    for name in sorted(config.rated_pairs.keys() & config.models.keys()):
        text = f"'{name}' is a model's name, and pairs/{name}.jsonl holds its pairs; choose another"
        yield mistake(("rated_pairs", name), text)
    names = {"run": [config.run], **{name: getattr(config, name) for name in list(RESERVED)[1:]}}
    for section, reserved in RESERVED.items():
        for name in sorted(set(names[section]) & reserved.keys()):
            key = (section,) if section == "run" else (section, name)
            yield mistake(key, f"the name '{name}' is taken ({reserved[name]}); choose another")
    if config.run.startswith("release-"):
        text = f"the name '{config.run}' is taken (make release writes there); choose another"
        yield mistake(("run",), text)


def names_are_known(config: Config) -> Iterator[Mistake]:
    """Find names that no catalogue has, with the nearest one."""
    for key, name, catalogue in _named(config):
        known: Collection[str] = getattr(config, catalogue)
        if name in known:
            continue
        if catalogue == "methods" and (first := round_names(config).get(name)):
            yield mistake(
                key,
                f"'{name}' is made by 'methods.{first}.rounds', with every '{first}': remove it "
                f"here; to name it, write the rounds of '{first}' as methods with 'after'",
            )
            continue
        yield mistake(key, f"'{name}' is not in '{catalogue}'{nearest(name, known)}")
    for name, benchmark in config.benchmarks.items():
        if benchmark.dataset not in BENCHMARKS:
            meant = nearest(benchmark.dataset, BENCHMARKS)
            text = f"there is no judge for '{benchmark.dataset}'{meant}"
            yield mistake(("benchmarks", name, "dataset"), text)


def _named(config: Config) -> Iterator[tuple[Key, str, str]]:
    """Yield every use of a catalogue's name: its key, the name, the catalogue."""
    for number, experiment in enumerate(config.experiments):
        key = ("experiments", number)
        yield (*key, "model"), experiment.model, "models"
        for position, method in enumerate(experiment.methods):
            yield (*key, "methods", position), method, "methods"
        if experiment.off_policy_from:
            yield (*key, "off_policy_from"), experiment.off_policy_from, "models"
    lists = {
        ("use_benchmarks",): (config.use_benchmarks, "benchmarks"),
        ("preflight",): (config.preflight, "models"),
        ("problems", "sources"): (config.problems.sources, "problem_sources"),
    }
    for path, (names, catalogue) in lists.items():
        for position, name in enumerate(names):
            yield (*path, position), name, catalogue
    for name, source in config.problem_sources.items():
        if isinstance(source, SynthesisedSource):
            yield ("problem_sources", name, "model"), source.model, "models"
            if source.seeds_from:
                yield ("problem_sources", name, "seeds_from"), source.seeds_from, "problem_sources"
    for name, way in config.methods.items():
        if way.pairs_from:
            where = "rated_pairs" if way.pairs == "rated" else "models"
            yield ("methods", name, "pairs_from"), way.pairs_from, where
        if way.after:
            yield ("methods", name, "after"), way.after, "methods"
    for name, model in config.models.items():
        if isinstance(model.source, TrainedModel):
            yield ("models", name, "source", "model"), model.source.model, "models"
            yield ("models", name, "source", "method"), model.source.method, "methods"
        if isinstance(model.source, DerivedModel):
            yield ("models", name, "source", "base"), model.source.base, "models"


def families_are_known(config: Config) -> Iterator[Mistake]:
    """Find families and parts of templates that there are not."""
    places: dict[Key, Any] = {("problem_sources", n): s for n, s in config.problem_sources.items()}
    places |= {("benchmarks", n, "data"): b.data for n, b in config.benchmarks.items()}
    for key, section in places.items():
        if isinstance(section, FromTemplates):
            known = PARTS[section.part]
            for number, name in enumerate(section.families):
                if name not in known:
                    text = f"'{name}' is no family of part '{section.part}'{nearest(name, known)}"
                    yield mistake((*key, "families", number), text)

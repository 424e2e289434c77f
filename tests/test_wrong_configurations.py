"""Wrong configurations are refused at the door: one message, its key, file and line, the mend."""

import re
from pathlib import Path
from typing import Literal

import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import Snakemake
from pydantic import ValidationError

from codepref.errors import UserError
from codepref.strict import Section, explain
from codepref.workflow.dry_run import configuration

OWN = "models: {own: {label: Own, source: {kind: folder, path: own}}}\n"
LOCAL = "models: {%s: {label: Own, source: {kind: folder, path: own}}}\n"
WRITTEN = "problem_sources: {mine: {kind: synthesised, %s}}"
EXPERIMENT = "experiments: [{model: codeqwen, methods: %s}]\n"

# What mine.yaml says, the line of the mistake (None: of config.yaml), what the message says.
WRONG = {
    # Once each.
    "a model in two experiments": (
        "experiments:\n- {model: codeqwen, methods: [base]}\n- model: codeqwen\n  methods: [dpo]\n",
        *(3, "experiments.1.model: 'codeqwen' is the model of experiments.0 already; expected one"),
    ),
    "a method twice": (
        EXPERIMENT % "[base, dpo, dpo]",
        *(1, "experiments.0.methods.2: 'dpo' is listed twice; expected each once, remove one"),
    ),
    "a seed twice": (
        "training:\n  seeds:\n  - 0\n  - 1\n  - 0\n",
        *(5, "training.seeds.2: 0 is listed twice; expected each once, remove one"),
    ),
    "a benchmark twice": (
        "use_benchmarks: [mbpp, mbpp]",
        *(1, "use_benchmarks.1: 'mbpp' is listed twice"),
    ),
    "a source twice": (
        "\nproblems: {sources: [apps, taco, apps]}",
        *(2, "problems.sources.2: 'apps' is listed twice"),
    ),
    "a family twice": (
        "problem_sources:\n  templates: {families: [counting, counting]}",
        *(2, "problem_sources.templates.families.1: 'counting' is listed twice"),
    ),
    "a model to try twice": ("preflight: [codeqwen, codeqwen]", 1, "preflight.1: 'codeqwen' is"),
    "a key twice": (
        "seed: 1\nrun: mine\nseed: 2\n",
        *(3, "the key 'seed' occurs a second time, after line 1; YAML would keep only the last"),
    ),
    "an inner key twice": (
        "training:\n  dpo: {beta: 0.1}\n  dpo: {epochs: 2}\n",
        *(3, "the key 'dpo' occurs a second time, after line 2"),
    ),
    "two models with one label": (
        "models:\n  own:\n    label: CodeQwen1.5 7B\n    source: {kind: folder, path: own}\n"
        "experiments: [{model: codeqwen, methods: [base]}, {model: own, methods: [base]}]\n",
        *(3, "models.own.label: 'CodeQwen1.5 7B' is the label of 'codeqwen' too; expected another"),
    ),
    "two methods with one label": (
        "methods:\n  mine:\n    label: DPO\n    trainer: dpo\n" + EXPERIMENT % "[dpo, mine]",
        *(3, "methods.mine.label: 'DPO' is the label of 'dpo' too; expected another"),
    ),
    "two benchmarks with one label": (
        "benchmarks:\n  mbpp: {label: HumanEval}\n",
        *(None, "benchmarks.humaneval.label: 'HumanEval' is the label of 'mbpp' too"),
    ),
    "a loss that is none": (
        "methods:\n  dpo_nll:\n    dpo:\n      loss_type: [sigmod, sft]\n",
        *(4, "methods.dpo_nll.dpo.loss_type: there is no loss 'sigmod'; did you mean 'sigmoid'?"),
    ),
    "nothing to choose from": (
        "evaluation:\n  samples_per_task: 0\n  rerank: [agreement]\n",
        *(3, "evaluation.rerank: there is nothing to choose from: set samples_per_task"),
    ),
    "the model as it came twice": (
        "methods: {plain: {label: plain}}\n" + EXPERIMENT % "[base, plain]",
        *(2, "experiments.0.methods.1: 'plain' and 'base' are both the model as it came"),
    ),
    # Names.
    "a source called all": (
        "problem_sources:\n  all: {kind: builtin}\n",
        *(2, "problem_sources.all: the name 'all' is taken (problems/all.jsonl holds"),
    ),
    "a model called data": (
        LOCAL % "data",
        *(1, "models.data: the name 'data' is taken (benchmarks/data holds the benchmarks' tasks)"),
    ),
    "a run where make grade writes": ("run: graded", 1, "run: the name 'graded' is taken"),
    "a run where make release writes": ("run: release-demo", 1, "run: the name 'release-demo' is"),
    "a name that ends like a file's": (
        'benchmarks:\n  "mbpp.sampled": {label: M}\n',
        *(2, "benchmarks.mbpp.sampled: expected a name of small letters, digits, '_' and '-'"),
    ),
    "a name with a slash": (
        LOCAL % '"a/b"',
        *(1, "models.a/b: expected a name of small letters, digits, '_' and '-'"),
    ),
    "a name with a brace": (
        'methods:\n  "{x}": {label: X}\n',
        *(2, "methods.{x}: expected a name of small letters"),
    ),
    "a run above its folder": ("run: ../other", 1, "run: expected a name of small letters"),
    "a run with spaces": ("seed: 0\nrun: My run\n", 2, "run: expected a name of small letters"),
    "too long a name": (f"run: {'a' * 65}", 1, "run: expected at most 64 characters, found 'aaa"),
    "a name that YAML takes for false": (
        "models:\n  no: {label: N, source: {kind: folder, path: own}}\n",
        *(1, "models: expected text as a key, found false; YAML reads no, off, yes and on so: put"),
    ),
    "a label of two lines": (
        'methods:\n  dpo: {label: "a\\nb"}\n',
        *(2, "methods.dpo.label: expected one line of text, found 'a\\nb'"),
    ),
    "an unknown key": (
        "training: {dpo: {lerning_rate: 1}}\n",
        *(1, "unknown key 'training.dpo.lerning_rate'; did you mean 'learning_rate'?"),
    ),
    "an unknown model": (
        "experiments:\n- model: codeqen\n  methods: [base]\n",
        *(2, "experiments.0.model: 'codeqen' is not in 'models'; did you mean 'codeqwen'?"),
    ),
    "an unknown method": (
        "experiments:\n- model: codeqwen\n  methods:\n  - base\n  - dop\n",
        *(5, "experiments.0.methods.1: 'dop' is not in 'methods'; did you mean 'dpo'?"),
    ),
    "an unknown benchmark": (
        "use_benchmarks: [mbp]",
        *(1, "use_benchmarks.0: 'mbp' is not in 'benchmarks'; did you mean 'mbpp'?"),
    ),
    "an unknown source": (
        "problems: {sources: [leetcod]}",
        *(1, "problems.sources.0: 'leetcod' is not in 'problem_sources'; did you mean 'leetcode'?"),
    ),
    "an unknown family": (
        "problem_sources:\n  templates: {families: [countin]}",
        *(2, "'countin' is no family of part 'train'; did you mean 'counting'?"),
    ),
    "an unknown judge": (
        "benchmarks:\n  mbpp:\n    dataset: mbp\n",
        *(3, "benchmarks.mbpp.dataset: there is no judge for 'mbp'; did you mean 'mbpp'?"),
    ),
    "an unknown trainer": (
        "methods:\n  mine: {label: M, trainer: dpoo}",
        *(2, "methods.mine.trainer: there is no such trainer; did you mean 'dpo'?"),
    ),
    "an unknown kind of model": (
        "models:\n  own:\n    label: O\n    source:\n      kind: foldr\n      path: own\n",
        *(5, "models.own.source.kind: expected 'hub', 'package', 'derived', 'folder' or"),
    ),
    "a source without its kind": (
        "problem_sources:\n  mine:\n    path: mine.jsonl\n",
        *(2, "problem_sources.mine: the key 'kind' is missing; add it: 'builtin', 'templates'"),
    ),
    # Problems that a model writes.
    "a writer that is not in the catalogue": (
        WRITTEN % "model: codeqwenn, seeds_from: apps",
        *(
            1,
            "problem_sources.mine.model: 'codeqwenn' is not in 'models'; did you mean 'codeqwen'?",
        ),
    ),
    "seeds of a source that is not in the catalogue": (
        WRITTEN % "model: codeqwen, seeds_from: app",
        *(1, "problem_sources.mine.seeds_from: 'app' is not in 'problem_sources'; did you mean"),
    ),
    "a writer that is made of the problems": (
        "models: {own: {label: O, source: {kind: derived, base: codeqwen}}}\n"
        + WRITTEN % "model: own, seeds_from: apps",
        *(2, "problem_sources.mine.model: 'own' is itself made from the run's problems"),
    ),
    "seeds that are written, too": (
        WRITTEN % "model: codeqwen, seeds_from: mine",
        *(1, "problem_sources.mine.seeds_from: 'mine' is synthesised, too; expected a source"),
    ),
    "nothing to start from": (
        WRITTEN % "model: codeqwen",
        *(1, "problem_sources.mine: kind 'synthesised' needs either 'seeds_from' or a 'path'"),
    ),
    "a majority of all": (
        WRITTEN % "model: codeqwen, seeds_from: apps, solutions: 5, agree: 5",
        *(1, "problem_sources.mine.agree: 5 of 5 solutions; expected more than half of them, and"),
    ),
    "a minority": (
        WRITTEN % "model: codeqwen, seeds_from: apps, solutions: 8, agree: 4",
        *(1, "problem_sources.mine.agree: 4 of 8 solutions; expected more than half of them, and"),
    ),
    # Whose pairs, from which model.
    "a model derived from itself": (
        "models:\n  own:\n    label: O\n    source: {kind: derived, base: own}\n",
        *(4, "models.own.source.base: 'own' would be derived from itself (own from own)"),
    ),
    "pairs of the model itself": (
        "experiments:\n- model: codeqwen\n  methods: [dpo]\n  off_policy_from: codeqwen\n",
        *(4, "experiments.0.off_policy_from: 'codeqwen' is the experiment's own model; expected"),
    ),
    "pairs of no other model": (
        EXPERIMENT % "[dpo_off_policy]",
        *(1, "experiments.0.methods.0: method 'dpo_off_policy' needs 'off_policy_from'"),
    ),
    "rated pairs of nobody": (
        "methods:\n  m: {label: M, trainer: dpo, pairs: rated}\n" + EXPERIMENT % "[m]",
        *(2, "methods.m.pairs_from: name the source in 'rated_pairs' here"),
    ),
    "rated pairs of an unknown source": (
        "methods:\n  m: {label: M, trainer: dpo, pairs: rated, pairs_from: codeultra}\n"
        + EXPERIMENT % "[m]",
        *(2, "methods.m.pairs_from: 'codeultra' is not in 'rated_pairs'; did you mean 'codeultraf"),
    ),
    "rated pairs with a control": (
        "methods:\n  m: {label: M, trainer: dpo, pairs: rated, pairs_from: codeultrafeedback,\n"
        "    control: shared_problems}\n" + EXPERIMENT % "[m]",
        *(3, "methods.m.control: it does nothing here: rated pairs are of no problems"),
    ),
    "rated pairs under a model's name": (
        "rated_pairs:\n  codeqwen: {kind: codeultrafeedback, revision: " + "a" * 40 + "}\n",
        *(2, "rated_pairs.codeqwen: 'codeqwen' is a model's name, and pairs/codeqwen.jsonl holds"),
    ),
    "a benchmark with dates and a model without": (
        "benchmarks:\n  l: {label: L, dataset: livecodebench, data: {kind: livecodebench, release: "
        "v6}, prompt_style: chat}\nuse_benchmarks: [mbpp, l]\n" + EXPERIMENT % "[base]",
        *(None, "models.codeqwen.released_after: 'l' has tasks with dates"),
    ),
    "a prompt style that a benchmark does not have": (
        "benchmarks:\n  l:\n    label: L\n    dataset: livecodebench\n"
        "    data: {kind: livecodebench, release: v6}\n    prompt_style: evalplus\n"
        "use_benchmarks: [mbpp, l]\n" + EXPERIMENT % "[base]",
        *(6, "benchmarks.l.prompt_style: expected chat for tasks of 'livecodebench', found 'evalp"),
    ),
    "a hash that is none": (
        "benchmarks:\n  l: {label: L, dataset: livecodebench, data: {kind: livecodebench, release: "
        "v6, path: p, sha256: [x]}}\n",
        *(2, "benchmarks.l.data.sha256: expected 64 hexadecimal digits each"),
    ),
    "a day that is in no calendar": (
        "models:\n  codeqwen: {released_after: 2023-11-31}\n",
        *(2, "'2023-11-31' is not in the calendar"),
    ),
    "a year for a day": (
        "models:\n  codeqwen:\n    released_after: 2024\n",
        *(3, "models.codeqwen.released_after: expected a day, YYYY-MM-DD, found 2024"),
    ),
    "one sample to choose from": (
        "evaluation: {samples_per_task: 1, rerank: [agreement]}\n",
        *(1, "evaluation.rerank: there is nothing to choose from: set samples_per_task to 2"),
    ),
    "fewer tests than a written problem needs": (
        "problem_sources:\n  s: {kind: synthesised, model: codeqwen, seeds_from: templates, "
        "max_tests: 2}\n",
        *(2, "problem_sources.s.max_tests: expected min_tests (4) or more, found 2"),
    ),
    "problems written by a checkpoint of the run": (
        "models:\n  q: {label: Q, source: {kind: trained, model: codeqwen, method: dpo}}\n"
        "problem_sources:\n  s: {kind: synthesised, model: q, seeds_from: templates}\n",
        *(4, "problem_sources.s.model: 'q' is itself made from the run's problems"),
    ),
    "a release that is none": (
        "benchmarks:\n  l: {label: L, dataset: livecodebench, data: {kind: livecodebench, release: "
        "v9}}\n",
        *(2, "benchmarks.l.data.release: expected a version as LiveCodeBench names them"),
    ),
    "pairs of sources that are not used": (
        "problems: {sources: [apps]}\nmethods:\n"
        "  m: {label: M, trainer: dpo, problem_sources: [tac]}\n" + EXPERIMENT % "[m]",
        *(3, "methods.m.problem_sources.0: no problem of this run is of 'tac'; valid: apps"),
    ),
    "one sample makes no pair": (
        "sampling:\n  samples_per_problem: 1\n",
        *(2, "sampling.samples_per_problem: expected 2 or more, found 1: method 'rft' trains on"),
    ),
    # Values.
    "an empty list of experiments": (
        "experiments: []",
        *(1, "experiments: expected a list with at least 1 of them, found an empty list"),
    ),
    "an empty list of methods": (
        EXPERIMENT % "[]",
        *(1, "experiments.0.methods: expected a list with at least 1 of them, found an empty list"),
    ),
    "no seeds": ("training: {seeds: []}", 1, "training.seeds: expected a list with at least 1"),
    "a negative seed": (
        "training: {seeds: [-1]}",
        1,
        "training.seeds.0: expected 0 or more, found",
    ),
    "a seed that is no number": (
        "training: {seeds: [one]}",
        *(1, "training.seeds.0: expected a whole number, found 'one'"),
    ),
    "no list": (
        EXPERIMENT % "base",
        *(1, "experiments.0.methods: expected a list, found 'base'; write [base]"),
    ),
    "no value": (
        "seed: 1\ntraining:\nrun: mine\n",
        *(2, "training: expected keys with values, found nothing; give it a value or remove"),
    ),
    "a list instead of keys": (
        "sampling: [1, 2]",
        *(1, "sampling: expected keys with values, found the list [1, 2]"),
    ),
    "half a sample": (
        "sampling: {samples_per_problem: 2.5}",
        *(1, "sampling.samples_per_problem: expected a whole number, found 2.5"),
    ),
    "true is no number": ("seed: true", 1, "seed: expected a number, found true"),
    "a number is no text": (
        "run: 2024",
        *(1, "run: expected text, found 2024; put it in quotes"),
    ),
    "neither true nor false": (
        "keep_checkpoints: maybe",
        *(1, "keep_checkpoints: expected true or false, found 'maybe'"),
    ),
    "not a number": (
        "training:\n  dpo:\n    learning_rate: .nan\n",
        *(3, "training.dpo.learning_rate: expected "),
    ),
    "without end": (
        "training:\n  dpo:\n    learning_rate: .inf\n",
        *(3, "training.dpo.learning_rate: expected a finite number, found inf"),
    ),
    "a negative size": (
        "compute:\n  train:\n    memory_mb: -1\n",
        *(3, "compute.train.memory_mb: expected 500 or more, found -1"),
    ),
    "a share above one": ("sampling: {top_p: 1.5}", 1, "sampling.top_p: expected 1 or less, found"),
    "one of several words": (
        "training: {launch: fdsp2}",
        *(1, "training.launch: expected 'auto', 'fsdp2', 'zero3' or 'ddp', found 'fdsp2'; did you"),
    ),
    "a revision that is a branch": (
        "models:\n  codeqwen:\n    source:\n      revision: main\n",
        *(4, "models.codeqwen.source.revision: expected 40 hexadecimal digits, found 'main'"),
    ),
    "a repository without owner": (
        "models: {codeqwen: {source: {repo: CodeQwen}}}",
        *(1, "models.codeqwen.source.repo: expected a repository of the hub, as owner/name"),
    ),
    "an empty path": (
        "problem_sources:\n  mine: {kind: jsonl, path: ''}\n",
        *(2, "problem_sources.mine.path: expected one line of text, found ''"),
    ),
    "no label": (
        "models:\n  own:\n    source: {kind: folder, path: own}\n",
        *(2, "models.own.label: is missing; add it (how tables name it)"),
    ),
    "more tasks than there are": (
        "benchmarks:\n  b:\n    label: B\n    dataset: mbpp\n"
        "    data: {kind: builtin_mbpp, tasks: 25}\n",
        *(5, "benchmarks.b.data.tasks: expected 24 or less, found 25"),
    ),
    # What does not fit together.
    "data of another judge": (
        "benchmarks:\n  b:\n    label: B\n    dataset: humaneval\n"
        "    data: {kind: builtin_mbpp, tasks: 3}\n",
        *(5, "benchmarks.b.data.kind: data of kind 'builtin_mbpp' belongs to dataset 'mbpp', 'hum"),
    ),
    "an entry merged with that of another kind": (
        "benchmarks:\n  humaneval:\n    data: {kind: builtin_humaneval, tasks: 3}\n",
        *(None, "unknown key 'benchmarks.humaneval.data.version'; valid: kind, plus_inputs, tasks"),
    ),
    "a batch that devices cannot share": (
        "compute:\n  train: {gpus: 3}\n",
        *(None, "training.rft.batch_size: 16 cannot be made from 3 devices"),
    ),
    "responses that make no whole problems": (
        "training:\n  ppo:\n    samples_per_problem: 6\n" + EXPERIMENT % "[ppo]",
        *(None, "training.ppo.batch_size: 128 responses are not a whole number of problems"),
    ),
    "more memory than a node has": (
        "compute:\n  train:\n    max_memory_mb: 1000\n    gpus: 0\n",
        *(None, "compute.train.memory_mb: 8000 is more than max_memory_mb, 1000; lower it"),
    ),
    "a setting of another trainer": (
        "methods:\n  m:\n    label: M\n    trainer: dpo\n    rft: {epochs: 2}\n",
        *(5, "methods.m.rft: it does nothing here: the method's trainer is 'dpo'; remove it"),
    ),
    "a pilot of all samples": (
        "problems:\n  pilot:\n    keep: 9\n    samples: 8\n",
        *(
            4,
            "problems.pilot.samples: expected less than sampling.samples_per_problem (8), found 8",
        ),
    ),
    "a pilot by a checkpoint of the run": (
        "models:\n  q: {label: Q, source: {kind: trained, model: codeqwen, method: dpo}}\n"
        "problems: {pilot: {keep: 9}}\n"
        "experiments:\n- {model: q, methods: [base]}\n- {model: codeqwen, methods: [dpo]}\n",
        *(5, "experiments.0.model: 'q' is made from the problems, so it cannot choose them"),
    ),
    "a pilot by a model made from what it chooses": (
        "problems: {pilot: {keep: 9}}\nexperiments:\n- {model: own, methods: [base]}\n"
        "models: {own: {label: Own, source: {kind: derived, base: codeqwen}}}\n",
        *(3, "experiments.0.model: 'own' is made from the problems, so it cannot choose them"),
    ),
    "LoRA on sharded weights": (
        "training:\n  launch: fsdp2\nmethods:\n  m: {label: M, trainer: dpo, dpo: {lora_rank: 8}}\n"
        + EXPERIMENT % "[m]",
        *(2, "training.launch: 'fsdp2' cannot train 'm' with LoRA: set it to 'auto' or 'ddp'"),
    ),
    "nothing answers greedily": (
        "evaluation:\n  greedy: false\n",
        *(2, "evaluation.greedy: Tables 1 and 2 are made of greedy answers: set it to true"),
    ),
    "an end of answers whose block the prompt does not open": (
        "generation: {prompt_style: chat, stop_at: block}\n",
        *(1, "generation: stop_at: block needs prompt_style: evalplus"),
    ),
    "held-out pairs without samples": (
        "training:\n  rewards: {held_out: mbpp}\nevaluation: {samples_per_task: 1}\n",
        *(2, "training.rewards.held_out: 'mbpp' is no benchmark of 'use_benchmarks' with two"),
    ),
    # Not even YAML.
    "a tab": ("training:\n\tseeds: [0]\n", 2, "not YAML"),
    "an open bracket": ("seeds: [0, 1\nrun: mine\n", 2, "not YAML"),
    "no keys": ("- run\n", 1, "expected keys with values (run: mine), as in config.yaml"),
}
JARGON = re.compile(
    r"Input should|type=|pydantic|valid (integer|string|dict)|NoneType|<class|Error"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the defaults of config.yaml."""
    (tmp_path / "config.yaml").symlink_to(ROOT / "config.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(*options: str) -> list[str]:
    """The messages with which a configuration is refused."""
    with pytest.raises(UserError) as caught:
        configuration(list(options))
    first, *others = str(caught.value).split("\n")
    return others if first == "configuration is not valid:" else [first, *others]


def place_of(text: str, key: str) -> str:
    """The place of a setting in config.yaml, by its words there."""
    lines = (ROOT / "config.yaml").read_text("utf-8").split("\n")
    return f"{text}:{1 + next(n for n, line in enumerate(lines) if key in line)}"


@pytest.mark.parametrize(("text", "line", "message"), WRONG.values(), ids=WRONG)
def test_it_is_refused_with_its_place(
    folder: Path, text: str, line: int | None, message: str
) -> None:
    (folder / "mine.yaml").write_text(text)
    found = refused("--configfile", "mine.yaml")
    place = rf"mine\.yaml:{line}: " if line else r"config\.yaml:\d+: "
    assert re.match(r" *" + place, found[0]), found
    assert message in found[0]
    assert not JARGON.search("\n".join(found))


def test_there_are_more_than_forty() -> None:
    assert len(WRONG) >= 40


def test_a_chain_that_comes_back_is_named_at_each_of_its_models(folder: Path) -> None:
    (folder / "mine.yaml").write_text(
        "models:\n"
        "  a: {label: A, source: {kind: derived, base: b}}\n"
        "  b: {label: B, source: {kind: derived, base: c}}\n"
        "  c: {label: C, source: {kind: derived, base: a}}\n"
    )
    found = refused("--configfile", "mine.yaml")
    assert [line.split(": ")[0].strip() for line in found] == [f"mine.yaml:{n}" for n in (2, 3, 4)]
    assert "'a' would be derived from itself (a from b from c from a)" in found[0]


def test_the_place_is_the_last_file_that_has_the_key(folder: Path) -> None:
    (folder / "first.yaml").write_text("seed: -1\nsampling: {top_p: 2}\nuse_benchmarks: [x]\n")
    (folder / "second.yaml").write_text("run: second\n\nseed: -2\n")
    found = refused("--configfile", "first.yaml", "second.yaml", "--config", "problems_per_shard=0")
    places = [line.split(": ")[:2] for line in found]
    assert [(place.strip(), key) for place, key in places] == [
        ("second.yaml:3", "seed"),
        ("first.yaml:2", "sampling.top_p"),
        ("--config", "problems_per_shard"),
    ]


def test_a_list_of_an_overlay_hides_that_of_the_defaults(folder: Path) -> None:
    """A key that is missing in it is not looked for in the list that it replaced."""
    (folder / "mine.yaml").write_text("experiments:\n- {model: codeqwen, methods: [dpo]}\n- {}\n")
    found = refused("--configfile", "mine.yaml")
    assert [line.split(": ")[:2] for line in found] == [
        ["  mine.yaml:3", "experiments.1.model"],
        ["  mine.yaml:3", "experiments.1.methods"],
    ]


def test_aliases_and_merged_mappings_have_places(folder: Path) -> None:
    (folder / "mine.yaml").write_text(
        "methods:\n  a: &a\n    label: A\n    trainer: dpo\n    max_pairs: -1\n"
        "  b:\n    <<: *a\n    label: B\n"
    )
    found = refused("--configfile", "mine.yaml")
    assert [line.split(": ")[0].strip() for line in found] == ["mine.yaml:5", "mine.yaml:5"]


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    (found,) = refused("--configfile", "nowhere.yaml")
    assert found == "nowhere.yaml: no such file; expected a configuration (YAML)"


def test_json_is_a_configuration_too(folder: Path) -> None:
    (folder / "mine.json").write_text('{\n\t"seed": -1\n}\n')
    (found,) = refused("--configfile", "mine.json")
    assert "seed: expected 0 or more, found -1" in found


@pytest.mark.parametrize("case", ["a method twice", "a key twice"])
def test_snakemake_refuses_it_alike(snakemake: Snakemake, checkout: Path, case: str) -> None:
    text, line, message = WRONG[case]
    (checkout / "mine.yaml").write_text(text)
    done = snakemake("-n", "--cores", "1", "--configfile", "mine.yaml")
    assert done.returncode != 0
    assert f"mine.yaml:{line}: {message}" in done.stdout
    assert "Traceback" not in done.stdout and not JARGON.search(
        done.stdout.split("WorkflowError")[-1]
    )
    assert not (checkout / "results").exists()


class Several(Section):
    """A setting that may be of several kinds."""

    rows: bool | Literal["auto"] = "auto"


def test_a_value_of_several_kinds_has_one_mistake() -> None:
    with pytest.raises(ValidationError) as caught:
        Several.model_validate({"rows": "maybe"})
    expected = "rows: expected true or false or 'auto', found 'maybe'"
    assert explain(caught.value, Several) == [expected]

"""What each job of a run has to do, in tokens and samples, and how long that takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from codepref.config import Config
from codepref.devices import Precision, Wanted
from codepref.errors import UserError
from codepref.models.settings import HubModel
from codepref.planning.architecture import Architecture
from codepref.planning.costs import Costs, Throughputs
from codepref.planning.schedule import Cost, Job
from codepref.planning.throughput import CpuRate, TrainingRate, sampling_rate
from codepref.problems.settings import SynthesisedSource
from codepref.training.trainers import TRAINERS, PairTrainerConfig, PpoConfig, TrainerConfig

SMALL_GB = 0.02
"""Disk of a job's records, logs and tables."""


@dataclass(frozen=True)
class Setting:
    """What prices depend on.

    Attributes:
        config: what is run.
        costs: ``envs/costs.yaml``.
        gpu: the kind of GPU, by its name there.
        tasks: tasks of each benchmark, by its name in the configuration.
        architectures: sizes of models, by their names in the configuration.
        throughputs: what the site's own GPUs did; replaces arithmetic where it has something.
        problems: how many are sampled; None: as many as the configuration says.
        cores: of the machine, for jobs without a GPU; they take all of them, one after another.
        cpu_precision: the number format that ``auto`` is on its processor.
        corrections: measured divided by planned time, by rule and model (``""``: any).
    """

    config: Config
    costs: Costs
    gpu: str
    tasks: Mapping[str, int]
    architectures: Mapping[str, Architecture]
    problems: int | None = None
    cores: int = 1
    cpu_precision: Precision = "fp32"
    throughputs: Throughputs | None = None
    corrections: Mapping[tuple[str, str], float] = field(default_factory=dict)


class Work:
    """Prices of jobs: seconds and disk."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.config, self.costs = setting.config, setting.costs
        self.gpu = setting.costs.of_gpu(setting.gpu)
        self._seconds: dict[str, Callable[[Job], float]] = {
            "models_fetch": self._fetch,
            "problems_collect": self._collect,
            "problems_merge": lambda job: self.candidates() * self.costs.merge_seconds,
            "pilot_draw": lambda job: self._sample(job, self.pilot_samples()),
            "pilot_execute": lambda job: self._execute_samples(job, self.pilot_samples()),
            "samples_draw": self._draw,
            "synthesis_write": self._write,
            "synthesis_try": self._try,
            "executions_run": self._execute,
            "references_score": self._references,
            "policies_train": self._train,
            "policies_train_online": self._train,
            "rewards_score": self._rewards,
            "rewards_score_held_out": self._held_out,
            "reranking_score": self._rerank,
            "benchmarks_generate": self._answer,
            "benchmarks_grade": lambda job: self._grade(job, 1),
            "benchmarks_grade_sampled": self._grade_sampled,
            "benchmarks_compare_judges": lambda job: self._grade(job, 0),
        }

    @property
    def priced(self) -> list[str]:
        """The rules with an estimate of their own."""
        return sorted({*self._seconds, *self.costs.minutes} - {"others"})

    def planned_seconds(self, job: Job) -> float:
        """Return the estimate for a job, without corrections from a finished run."""
        if job.rule in self._seconds:
            return self._seconds[job.rule](job)
        minutes = self.costs.minutes
        return 60 * minutes.get(job.rule, minutes["others"])

    def cost(self, job: Job) -> Cost:
        """Return what a job takes."""
        corrections = self.setting.corrections
        model = job.wildcards.get("model", "")
        factor = corrections.get((job.rule, model), corrections.get((job.rule, ""), 1.0))
        seconds = factor * self.planned_seconds(job)
        if job.rule == "models_fetch":
            return Cost(seconds, self._weights_gb(job))
        if job.rule in ("policies_train", "policies_train_online"):
            saves = seconds > 60 * self._method(job).checkpoint_minutes
            # Weights and Adam's moments in fp32, once; the finished model as it came.
            state = 12 * self.size(job).parameters / 1e9 if saves else 0.0
            temporary = not self.config.keep_checkpoints
            return Cost(seconds, self._weights_gb(job), state, temporary)
        return Cost(seconds, SMALL_GB)

    def gpu_hours(self, job: Job) -> float:
        """Return the GPU hours of a job."""
        return job.gpus * self.cost(job).seconds / 3600

    def size(self, job: Job) -> Architecture:
        """Return the architecture of a job's model.

        Raises:
            UserError: it is not known yet.
        """
        name = job.wildcards["model"]
        if name not in self.setting.architectures:
            raise UserError(
                f"the size of model '{name}' is not known: fetch it first (make fetch), or add its "
                "config.json's fields to architectures in envs/costs.yaml"
            )
        return self.setting.architectures[name]

    # --- Responses --------------------------------------------------------------------------------

    def problems(self) -> int:
        """Return how many problems are sampled."""
        known = self.setting.problems
        return self.config.problems.most(self.config.problem_sources) if known is None else known

    def candidates(self) -> int:
        """Return how many problems are merged; without a pilot all of them are sampled."""
        config = self.config.problems
        return config.candidates(self.config.problem_sources) if config.pilot else self.problems()

    def pilot_samples(self) -> int:
        """Return how many samples the pilot draws of all candidates together."""
        pilot = self.config.problems.pilot
        return self.candidates() * pilot.samples if pilot else 0

    def prompt_tokens(self) -> float:
        """Return the mean length of a problem's prompt."""
        return self._mean_of_sources(self.costs.tokens.problem)

    def _mean_of_sources(self, known: Mapping[str, float]) -> float:
        """Return a mean over the sources of problems, each with the same weight."""
        kinds = [self.config.problem_sources[name].kind for name in self.config.problems.sources]
        return sum(known.get(kind, known["others"]) for kind in kinds) / len(kinds)

    def response_tokens(self) -> int:
        """Return the mean length of a response to a problem."""
        tokens, sampling = self.costs.tokens, self.config.sampling
        mean = tokens.code_response if sampling.stop_after_code else tokens.response
        return min(mean, sampling.max_tokens)

    def answer_tokens(self) -> int:
        """Return the mean length of an answer to a benchmark task."""
        return min(self.costs.tokens.benchmark_answer, self.config.generation.max_tokens)

    def _generate(
        self, job: Job, prompt: float, response: float, count: float, wanted: Wanted
    ) -> float:
        """Return the seconds of an engine's start and of so many responses."""
        if not job.gpus:
            rate_of_cores = self._cpu_rate(job, wanted).sampled()
            return self.costs.cpu.start_seconds + count * response / rate_of_cores
        model, measured = job.wildcards["model"], self.setting.throughputs
        rate = self._measured(model, "sampled_tokens_per_second")
        if rate is None:
            size = self.size(job)
            rate = sampling_rate(size, self.gpu, self.costs, prompt, response)
            if not rate:
                raise UserError(f"model '{model}' does not fit on one {self.gpu.label}")
        start = self.costs.sampling.start_seconds
        if measured is not None and measured.start_seconds is not None:
            start = measured.start_seconds
        return start + count * response / (job.gpus * rate)

    def _cpu_rate(self, job: Job, wanted: Wanted) -> CpuRate:
        precision = self.setting.cpu_precision if wanted == "auto" else wanted
        costs = self.costs.cpu.bf16 if precision == "bf16" else self.costs.cpu.fp32
        return CpuRate(self.size(job), costs, min(job.threads, self.setting.cores))

    def _measured(self, model: str, what: str) -> float | None:
        found = self.setting.throughputs
        mine = found.models.get(model) if found else None
        return getattr(mine, what) if mine else None

    def _draw(self, job: Job) -> float:
        shards = int(job.wildcards["scatteritem"].split("-of-")[1])
        each = self.config.sampling.samples_per_problem
        if (pilot := self.config.problems.pilot) and job.wildcards[
            "model"
        ] == self.config.pilot_model:
            each -= pilot.samples
        return self._sample(job, self.problems() * each / shards)

    def _sample(self, job: Job, count: float) -> float:
        """Return the seconds of drawing so many samples, those of a problem at once."""
        each = self.config.sampling.samples_per_problem
        # The prompt is in the cache once for all of its responses.
        prompt, response = self.prompt_tokens() / each, self.response_tokens()
        return self._generate(job, prompt, response, count, self.config.sampling.precision)

    def _written(self, job: Job) -> tuple[SynthesisedSource, float]:
        """Return a synthesised source, and how many of its problems a job works on."""
        source = self.config.problem_sources[job.wildcards["source"]]
        assert isinstance(source, SynthesisedSource)
        return source, source.items / int(job.wildcards["part"].split("-of-")[1])

    def _write(self, job: Job) -> float:
        source, count = self._written(job)
        each = source.solutions if job.wildcards["stage"] == "solution" else 1
        its = replace(job, wildcards={**job.wildcards, "model": source.model})
        prompt, response = self.costs.tokens.problem["others"] / each, self.response_tokens()
        wanted = self.config.sampling.precision
        return self._generate(its, prompt, response, count * each, wanted)

    def _try(self, job: Job) -> float:
        source, count = self._written(job)
        each = self.costs.execute.core_seconds["others"]
        return self._run_programs(job, count * source.solutions, each)

    def _answer(self, job: Job) -> float:
        config, tokens = self.config, self.costs.tokens
        sampled = sum(self.setting.tasks[n] * config.samples_per_task(n) for n in self._benchmarks)
        greedy = sum(self.setting.tasks[n] * config.is_greedy(n) for n in self._benchmarks)
        prompt, response, count = tokens.benchmark_task, self.answer_tokens(), sampled + greedy
        return self._generate(job, prompt, response, count, config.generation.precision)

    @property
    def _benchmarks(self) -> list[str]:
        return self.config.use_benchmarks

    # --- Training ---------------------------------------------------------------------------------

    def pairs(self, maximum: int | None = None) -> int:
        """Return how many pairs are trained on, at most ``maximum``."""
        pairs = self.config.pairs
        chosen = self.config.problems.pilot is not None
        share = self.costs.share_after_pilot if chosen else self.costs.share_with_pair
        with_pair = self.problems() * share
        found = round(with_pair * max(pairs.pairs_per_problem, 1))
        return min(number for number in (found, pairs.max_pairs, maximum) if number is not None)

    def _method(self, job: Job) -> TrainerConfig:
        return self.config.settings_of(job.wildcards["method"])

    def _rate(self, job: Job, wanted: Wanted) -> TrainingRate | CpuRate:
        if not job.gpus:
            return self._cpu_rate(job, wanted)
        return TrainingRate(self.size(job), self.gpu, job.gpus, self.costs)

    def _train_start(self, job: Job) -> float:
        """Return the seconds to read and hash the model, and to write and hash the new one."""
        training = self.costs.training
        start = training.start_seconds if job.gpus else self.costs.cpu.start_seconds
        return start + 4 * self._weights_gb(job) / training.disk_gb_per_second

    def _pass_tokens(self, sides: int) -> float:
        return sides * (self.prompt_tokens() + self.response_tokens())

    def _train(self, job: Job) -> float:
        method = self.config.methods[job.wildcards["method"]]
        settings, trainer = self._method(job), TRAINERS[method.trainer]
        start = self._train_start(job)
        if isinstance(settings, PpoConfig):
            return start + self._online(job, settings)
        assert isinstance(settings, PairTrainerConfig)
        passes = settings.epochs * self.pairs(method.max_pairs) / max(job.gpus, 1)
        tokens = self._pass_tokens(len(trainer.sides))
        return start + passes * self._update(job, tokens, settings.precision)

    def _update(self, job: Job, tokens: float, wanted: Wanted) -> float:
        measured = self._measured(job.wildcards["model"], "trained_tokens_per_second")
        measured = measured if job.gpus else None
        if measured:
            return tokens / measured
        return self._rate(job, wanted).update(tokens)

    def _online(self, job: Job, settings: PpoConfig) -> float:
        gpus, drawn = max(job.gpus, 1), settings.responses_drawn
        generated = drawn * min(self.costs.tokens.response, settings.max_tokens)
        online = gpus * self.costs.sampling.online_tokens_per_second
        rate = online if job.gpus else self._cpu_rate(job, settings.precision).sampled()
        passes = settings.steps * settings.batch_size / gpus
        tokens = self._pass_tokens(1)
        scored = self._rate(job, settings.precision).scoring(tokens)
        update = self._update(job, tokens, settings.precision)
        return generated / rate + passes * (update + scored)

    def _references(self, job: Job) -> float:
        rate = self._rate(job, self.config.training.of("dpo").precision)
        seconds = rate.scoring(self._pass_tokens(2) * self.pairs())
        return self._train_start(job) / 2 + seconds / max(job.gpus, 1)

    def _rewards(self, job: Job) -> float:
        problems = self.config.training.rewards.max_problems or self.problems()
        count = problems * self.config.sampling.samples_per_problem
        return self._score_both(job, self._pass_tokens(1) * count)

    def _held_out(self, job: Job) -> float:
        name = self.config.training.rewards.held_out
        assert name is not None
        return self._score_answers(job, name)

    def _rerank(self, job: Job) -> float:
        return self._score_answers(job, job.wildcards["benchmark"])

    def _score_answers(self, job: Job, name: str) -> float:
        tokens = self.costs.tokens.benchmark_task + self.answer_tokens()
        count = self.setting.tasks[name] * self.config.samples_per_task(name)
        return self._score_both(job, tokens * count)

    def _score_both(self, job: Job, tokens: float) -> float:
        """Return the seconds to score responses under the policy and under the reference.

        Without a GPU that is done in fp32.
        """
        seconds = 2 * self._rate(job, "fp32").scoring(tokens) / max(job.gpus, 1)
        return self._train_start(job) + seconds

    # --- Programs ---------------------------------------------------------------------------------

    def _fetch(self, job: Job) -> float:
        """Return the seconds of getting a model: over a network only from the hub."""
        source = self.config.models[job.wildcards["model"]].source
        seconds = self._weights_gb(job) * self.costs.download_seconds_per_gb
        return seconds if isinstance(source, HubModel) else 60 * self.costs.minutes["others"]

    def _collect(self, job: Job) -> float:
        source = self.config.problem_sources[job.wildcards["source"]]
        here = source.kind in ("builtin", "templates") or getattr(source, "path", None)
        return 60 * self.costs.minutes["others" if here else "problems_collect"]

    def _run_programs(self, job: Job, count: float, each: float) -> float:
        """Return the seconds of running so many programs of ``each`` core seconds."""
        execute = self.costs.execute
        cores = max(job.threads, 1)
        if not self.config.compute.generate.gpus:  # one machine does it all
            cores = min(cores, self.setting.cores)
        return execute.start_seconds + count * each / cores

    def _execute(self, job: Job) -> float:
        shards = int(job.wildcards["scatteritem"].split("-of-")[1])
        each = self.config.sampling.samples_per_problem
        return self._execute_samples(job, self.problems() * each / shards)

    def _execute_samples(self, job: Job, count: float) -> float:
        return self._run_programs(
            job, count, self._mean_of_sources(self.costs.execute.core_seconds)
        )

    def _grade(self, job: Job, answers: int) -> float:
        """Return the seconds of grading so many answers to each task of a benchmark."""
        name, known = job.wildcards["benchmark"], self.costs.execute.core_seconds
        each = known.get(self.config.benchmarks[name].data.kind, known["others"])
        return self._run_programs(job, self.setting.tasks[name] * answers, each)

    def _grade_sampled(self, job: Job) -> float:
        return self._grade(job, self.config.samples_per_task(job.wildcards["benchmark"]))

    # --- Disk -------------------------------------------------------------------------------------

    def _weights_gb(self, job: Job) -> float:
        return 2 * self.size(job).parameters / 1e9

# Tables, figures, claims and the report: what the reader reads. No number is typed by hand.


localrules:
    tables_config,
    tables_collect,
    tables_render,
    tables_claims,
    tables_report,


VERDICTS = expand(
    "{folder}/{name}.verdicts.json",
    folder=per_policy("benchmarks/{model}/{method}/seed{seed}"),
    name=CONFIG.use_benchmarks,
)
JUDGES = expand(
    "{folder}/{name}.judges.json",
    folder=per_policy("benchmarks/{model}/{method}/seed{seed}"),
    name=[
        n for n in CONFIG.use_benchmarks if BENCHMARKS[CONFIG.benchmarks[n].dataset].second_judge
    ],
)
STATISTICS = expand(f"{RUN}/pairs/{{model}}.stats.json", model=MODELS)
TRAINED = ("rft", "dpo", "ppo")
CHECKPOINTS = per_policy("checkpoints/{model}/{method}/seed{seed}", trainers=TRAINED)
TRAININGS = per_policy("training/{model}/{method}/seed{seed}/training.json", trainers=TRAINED)
TRAINING_LOGS = per_policy(
    "training/{model}/{method}/seed{seed}/training_log.jsonl", trainers=TRAINED
)
REWARDED = [experiment.model for experiment in CONFIG.experiments if "dpo" in experiment.methods]
REWARDS = expand(
    f"{RUN}/rewards/{{model}}/dpo/seed{CONFIG.training.seeds[0]}.jsonl", model=REWARDED
)
FIGURES = [
    *(["figure1"] if REWARDS else []),
    "figure2",
    *(["learning_curves"] if TRAINING_LOGS else []),
    *("pair_yield", "verdict_classes", "scores"),
    *(["data_size"] if any(CONFIG.methods[method].max_pairs for _, method, _ in POLICIES) else []),
]


rule tables_config:
    """Keep the configuration of the run as it was resolved, for readers and later stages."""
    output:
        f"{RUN}/config.json",
    log:
        f"{RUN}/logs/config.log",
    params:
        config=CONFIG.model_dump_json(indent=1),
    message:
        "Keeping the configuration"
    shell:
        """
        printf '%s\\n' {params.config:q} \
            | python scripts/keep_config.py --output {output:q} 2>&1 | tee {log:q}
        """


rule tables_collect:
    """Collect all gradings: one row per score, and one per task for the statistics."""
    input:
        verdicts=VERDICTS,
        samples=[path.replace(".verdicts.json", ".samples.jsonl") for path in VERDICTS],
    output:
        benchmarks=report(
            f"{RUN}/benchmarks.csv", category="Data", caption="../report/captions/benchmarks.rst"
        ),
        tasks=report(
            f"{RUN}/task_verdicts.csv",
            category="Data",
            caption="../report/captions/benchmarks.rst",
        ),
    log:
        f"{RUN}/logs/benchmarks.log",
    params:
        gradings=gradings,
    message:
        "Collecting verdicts"
    shell:
        """
        python scripts/collect_benchmarks.py \
            {params.gradings} \
            --output {output.benchmarks:q} \
            --tasks {output.tasks:q} 2>&1 | tee {log:q}
        """


rule tables_render:
    """Render Tables 1 to 4 with the paper's numbers beside ours."""
    input:
        config=f"{RUN}/config.json",
        benchmarks=f"{RUN}/benchmarks.csv",
        tasks=f"{RUN}/task_verdicts.csv",
        paper="paper/tables.yaml",
        training=TRAININGS,
    output:
        expand(
            f"{RUN}/tables/table{{number}}.{{suffix}}",
            number=[1, 2, 3, 4],
            suffix=["md", "tex", "csv"],
        ),
        report(
            expand(f"{RUN}/tables/table{{number}}.html", number=[1, 2]),
            category="Tables",
            caption="../report/captions/tables.rst",
        ),
        report(
            expand(f"{RUN}/tables/table{{number}}.html", number=[3, 4]),
            category="Tables",
            caption="../report/captions/settings.rst",
        ),
    log:
        f"{RUN}/logs/tables.log",
    params:
        folder=subpath(output[0], parent=True),
    message:
        "Rendering Tables 1 to 4"
    shell:
        """
        python scripts/render_tables.py \
            --config {input.config:q} \
            --benchmarks {input.benchmarks:q} \
            --tasks {input.tasks:q} \
            --training {input.training:q} \
            --output-folder {params.folder:q} 2>&1 | tee {log:q}
        """


rule tables_claims:
    """Answer each claim of the paper with this run's evidence."""
    input:
        config=f"{RUN}/config.json",
        benchmarks=f"{RUN}/benchmarks.csv",
        tasks=f"{RUN}/task_verdicts.csv",
        paper="paper/claims.yaml",
        statistics=STATISTICS,
        rewards=REWARDS,
    output:
        text=f"{RUN}/claims.md",
        page=report(
            f"{RUN}/claims.html", category="Claims", caption="../report/captions/claims.rst"
        ),
    log:
        f"{RUN}/logs/claims.log",
    message:
        "Answering the claims"
    shell:
        """
        python scripts/write_claims.py \
            --config {input.config:q} \
            --benchmarks {input.benchmarks:q} \
            --tasks {input.tasks:q} \
            --statistics {input.statistics:q} \
            --rewards {input.rewards:q} \
            --output {output.text:q} \
            --page {output.page:q} 2>&1 | tee {log:q}
        """


rule tables_report:
    """Build the report of the run: one HTML file that opens offline."""
    input:
        config=f"{RUN}/config.json",
        benchmarks=f"{RUN}/benchmarks.csv",
        tasks=f"{RUN}/task_verdicts.csv",
        paper="paper/claims.yaml",
        looks=["report/front/report.html.j2", "report/front/report.css", "report/front/report.js"],
        training=TRAININGS,
        statistics=STATISTICS,
        rewards=REWARDS,
        problems=f"{RUN}/problems/all.jsonl",
        problem_report=f"{RUN}/problems/report.json",
        samples=expand(f"{RUN}/samples/{{model}}.jsonl", model=MODELS),
        executions=expand(f"{RUN}/executions/{{model}}.jsonl", model=MODELS),
        pairs=expand(f"{RUN}/pairs/{{model}}.jsonl", model=MODELS),
        data=expand(f"{RUN}/benchmarks/data/{{name}}.jsonl", name=CONFIG.use_benchmarks),
        verdicts=VERDICTS,
        figures=expand(f"{RUN}/figures/{{name}}.svg", name=FIGURES),
    output:
        report(f"{RUN}/report.html", category="Report", caption="../report/captions/report.rst"),
    log:
        f"{RUN}/logs/report.log",
    message:
        "Building the report"
    shell:
        """
        python scripts/build_report.py \
            --config {input.config:q} \
            --benchmarks {input.benchmarks:q} \
            --tasks {input.tasks:q} \
            --training {input.training:q} \
            --statistics {input.statistics:q} \
            --rewards {input.rewards:q} \
            --problems {input.problems:q} \
            --problem-report {input.problem_report:q} \
            --samples {input.samples:q} \
            --executions {input.executions:q} \
            --pairs {input.pairs:q} \
            --benchmark-data {input.data:q} \
            --figures {input.figures:q} \
            --output {output:q} 2>&1 | tee {log:q}
        """

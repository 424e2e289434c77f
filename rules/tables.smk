# Tables, claims and the report: what the reader reads. No number is typed by hand. A hash of the code
# that makes each is a param, so a changed module makes it again.

JUDGES = GRAPH.of_gradings(".judges.json", second_judge=True)
TRAININGS = GRAPH.of_rows("training/{model}/{method}/seed{seed}/training.json", GRAPH.trained)
STATISTICS = expand(f"{RUN}/pairs/{{model}}.stats.json", model=GRAPH.models)
# Templates, styles and scripts of the report; what is not ours (vendor) comes first.
THEME = [
    str(path)
    for folder in ("report/vendor", "report/front")
    for path in sorted(Path(here(folder)).iterdir())
    if path.suffix in (".j2", ".css", ".js")
]
ANALYSES = GRAPH.of_rows("rewards/{model}/{method}/seed{seed}.analysis.json", GRAPH.rewarded)


rule config_keep:
    """Keep the run's configuration, all defaults filled in, for readers and later stages."""
    output:
        CONFIG_FILE,
    log:
        f"{RUN}/logs/config.log",
    localrule: True
    params:
        script=script("keep_config.py"),
        config=literal(CONFIG.model_dump_json(indent=1)),
    shell:
        """
        printf '%s\\n' {params.config:q} \
            | python {params.script} --output {output:q} >{log:q} 2>&1
        """


SAMPLED_TABLES = [
    *(["sampled", "failures"] if GRAPH.sampled else []),
    *(["reranked"] if GRAPH.reranked else []),
]


rule tables_render:
    """Render Tables 1 to 4 with the paper's numbers beside ours, and those of sampled answers."""
    input:
        **GRAPH.sample_table,
        config=CONFIG_FILE,
        benchmarks=f"{RUN}/benchmarks.csv",
        tasks=f"{RUN}/task_verdicts.csv",
        paper=here("paper/tables.yaml"),
        published=here("paper/published_scores.yaml"),
        training=TRAININGS,
        statistics=STATISTICS,
        benchmark_data=BENCHMARK_DATA,
        verdicts=GRAPH.of_gradings(".verdicts.json"),
        reranked=GRAPH.reranked,
    output:
        expand(
            f"{RUN}/tables/{{name}}.{{suffix}}",
            name=[*(f"table{number}" for number in (1, 2, 3, 4)), *SAMPLED_TABLES, "deviations"],
            suffix=["md", "tex", "csv"],
        ),
        report(
            expand(f"{RUN}/tables/table{{number}}.html", number=[1, 2]),
            category="Tables",
            caption="../report/captions/tables.rst",
        ),
        report(
            expand(f"{RUN}/tables/{{name}}.html", name=["table3", "table4", "deviations"]),
            category="Tables",
            caption="../report/captions/settings.rst",
        ),
        report(
            expand(f"{RUN}/tables/{{name}}.html", name=SAMPLED_TABLES),
            category="Tables",
            caption="../report/captions/sampled.rst",
        ),
    log:
        f"{RUN}/logs/tables.log",
    localrule: True
    params:
        script=script("render_tables.py"),
        code=code_of(HERE / "scripts/render_tables.py"),
        folder=subpath(output[0], parent=True),
        inputs=lambda wildcards, input: options_of(input),
    shell:
        """
        python {params.script} \
            {params.inputs} \
            --output-folder {params.folder:q} >{log:q} 2>&1
        """


rule claims_register:
    """Record which commit first had the claims as they are: whether they were fixed before the run."""
    input:
        claims=[
            here("paper/claims.yaml"),
            *([ancient(here(CONFIG.own_claims))] if CONFIG.own_claims else []),
        ],
    output:
        f"{RUN}/registration.json",
    log:
        f"{RUN}/logs/registration.log",
    localrule: True
    params:
        script=script("register_claims.py"),
        given=content_of(here(CONFIG.own_claims)) if CONFIG.own_claims else "",
        code=code_of(HERE / "scripts/register_claims.py"),
        inputs=lambda wildcards, input: options_of(input),
    shell:
        """
        python {params.script} \
            {params.inputs} \
            --output {output:q} >{log:q} 2>&1
        """


rule claims_write:
    """Answer each of the paper's claims with this run's evidence."""
    input:
        **GRAPH.sample_table,
        config=CONFIG_FILE,
        benchmarks=f"{RUN}/benchmarks.csv",
        tasks=f"{RUN}/task_verdicts.csv",
        paper=here("paper/tables.yaml"),
        claims=here("paper/claims.yaml"),
        registration=f"{RUN}/registration.json",
        others=here("paper/others.yaml"),
        published=here("paper/published_scores.yaml"),
        verdicts=GRAPH.of_gradings(".verdicts.json"),
        answers=GRAPH.of_gradings(".samples.jsonl"),
        statistics=STATISTICS,
        analyses=ANALYSES,
        benchmark_data=BENCHMARK_DATA,
    output:
        text=f"{RUN}/claims.md",
        page=report(
            f"{RUN}/claims.html", category="Claims", caption="../report/captions/claims.rst"
        ),
    log:
        f"{RUN}/logs/claims.log",
    localrule: True
    params:
        script=script("write_claims.py"),
        code=code_of(HERE / "scripts/write_claims.py"),
        inputs=lambda wildcards, input: options_of(input),
    shell:
        """
        python {params.script} \
            {params.inputs} \
            --output {output.text:q} \
            --page {output.page:q} >{log:q} 2>&1
        """


if CONFIG.own_claims:

    rule own_claims_decide:
        """Decide the claims about this run's own models that were fixed beforehand."""
        input:
            **GRAPH.sample_table,
            config=CONFIG_FILE,
            claims=ancient(here(CONFIG.own_claims)),
            registration=f"{RUN}/registration.json",
            benchmark_data=BENCHMARK_DATA,
            accuracies=GRAPH.held_out_accuracies,
            training=TRAININGS,
            logs=GRAPH.of_rows(
                "training/{model}/{method}/seed{seed}/training_log.jsonl", GRAPH.trained
            ),
        output:
            f"{RUN}/own_claims.json",
        log:
            f"{RUN}/logs/own_claims.log",
        localrule: True
        params:
            script=script("decide_claims.py"),
            given=content_of(here(CONFIG.own_claims)),
            code=code_of(HERE / "scripts/decide_claims.py"),
            inputs=lambda wildcards, input: options_of(input),
        shell:
            """
            python {params.script} \
                {params.inputs} \
                --output {output:q} >{log:q} 2>&1
            """

    rule own_claims_write:
        """Write for readers how the claims about this run's own models came out."""
        input:
            f"{RUN}/own_claims.json",
        output:
            f"{RUN}/own_claims.md",
        log:
            f"{RUN}/logs/own_claims.text.log",
        localrule: True
        params:
            script=script("write_own_claims.py"),
            code=code_of(HERE / "scripts/write_own_claims.py"),
        shell:
            """
            python {params.script} \
                --decided {input:q} \
                --output {output:q} >{log:q} 2>&1
            """


rule report_build:
    """Build the report of the run: one HTML file that opens offline."""
    input:
        **GRAPH.sample_table,
        **GRAPH.of_rounds,
        config=CONFIG_FILE,
        benchmarks=f"{RUN}/benchmarks.csv",
        tasks=f"{RUN}/task_verdicts.csv",
        paper=here("paper/tables.yaml"),
        published=here("paper/published_scores.yaml"),
        claims=here("paper/claims.yaml"),
        registration=f"{RUN}/registration.json",
        others=here("paper/others.yaml"),
        theme=THEME,
        captions=[here(f"report/captions/{name}.rst") for name in GRAPH.figures],
        training=TRAININGS,
        logs=GRAPH.of_rows("training/{model}/{method}/seed{seed}/training_log.jsonl", GRAPH.trained),
        statistics=STATISTICS,
        analyses=ANALYSES,
        rewards=GRAPH.of_rows("rewards/{model}/{method}/seed{seed}.jsonl", GRAPH.rewarded),
        own_claims=[f"{RUN}/own_claims.json"] if CONFIG.own_claims else [],
        problems=f"{RUN}/problems/all.jsonl",
        problem_report=f"{RUN}/problems/report.json",
        samples=expand(f"{RUN}/samples/{{model}}.jsonl", model=GRAPH.models),
        executions=expand(f"{RUN}/executions/{{model}}.jsonl", model=GRAPH.models),
        pairs=expand(f"{RUN}/pairs/{{model}}.jsonl", model=GRAPH.models),
        benchmark_data=BENCHMARK_DATA,
        solutions=GRAPH.of_gradings(".samples.jsonl"),
        verdicts=GRAPH.of_gradings(".verdicts.json"),
        sampled_solutions=GRAPH.of_sampled(".sampled.jsonl"),
        sampled_verdicts=GRAPH.of_sampled(".sampled_verdicts.json"),
        reranked=GRAPH.reranked,
        judges=JUDGES,
        held_out=GRAPH.held_out_accuracies,
        figures=expand(f"{RUN}/figures/{{name}}.svg", name=GRAPH.figures),
    output:
        report(f"{RUN}/report.html", category="Report", caption="../report/captions/report.rst"),
    log:
        f"{RUN}/logs/report.log",
    localrule: True
    params:
        script=script("build_report.py"),
        code=code_of(HERE / "scripts/build_report.py"),
        inputs=lambda wildcards, input: options_of(input),
    shell:
        """
        python {params.script} \
            {params.inputs} \
            --output {output:q} >{log:q} 2>&1
        """

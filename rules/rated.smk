# Rated pairs: responses of several models that a judge has rated (paper, section 3.3: Weyssow et al.
# 2024), and what our executor says of those that are answers to a problem with tests.


rule rated_import:
    """Make pairs of rated responses: the highest rated against the lowest."""
    input:
        GRAPH.user_files.of_rated,
        problems=f"{RUN}/problems/all.jsonl",
        benchmarks=BENCHMARK_DATA,
    output:
        pairs=f"{RUN}/pairs/{{rated}}.jsonl",
        samples=f"{RUN}/rated/{{rated}}.samples.jsonl",
        ratings=f"{RUN}/rated/{{rated}}.ratings.jsonl",
        stats=f"{RUN}/rated/{{rated}}.stats.json",
    log:
        f"{RUN}/logs/rated/{{rated}}.log",
    benchmark:
        f"{RUN}/usage/rated/{{rated}}.tsv"
    localrule: True
    params:
        script=script("import_rated.py"),
        given=content(GRAPH.user_files.of_rated),
        options=lambda wildcards: flags(CONFIG.rated_pairs[wildcards.rated]),
        words=CONFIG.problems.overlap_words,
        seed=CONFIG.seed,
    shell:
        """
        python {params.script} \
            --name {wildcards.rated} \
            --problems {input.problems:q} \
            --benchmarks {input.benchmarks:q} \
            --overlap-words {params.words} \
            --seed {params.seed} \
            --output {output.pairs:q} \
            --samples {output.samples:q} \
            --ratings {output.ratings:q} \
            --stats {output.stats:q} \
            {params.options} >{log:q} 2>&1
        """


use rule executions_run as rated_execute with:
    input:
        problems=f"{RUN}/problems/all.jsonl",
        samples=f"{RUN}/rated/{{rated}}.samples.jsonl",
    output:
        f"{RUN}/rated/{{rated}}.executions.jsonl",
    log:
        f"{RUN}/logs/rated/{{rated}}.executions.log",
    benchmark:
        f"{RUN}/usage/rated/{{rated}}.executions.tsv"


if CONFIG.rated_sources:

    rule rated_compare:
        """Count how often the judge prefers what fails its tests."""
        input:
            ratings=expand(f"{RUN}/rated/{{name}}.ratings.jsonl", name=CONFIG.rated_sources),
            executions=expand(f"{RUN}/rated/{{name}}.executions.jsonl", name=CONFIG.rated_sources),
            pairs=expand(f"{RUN}/pairs/{{name}}.jsonl", name=CONFIG.rated_sources),
            statistics=expand(f"{RUN}/rated/{{name}}.stats.json", name=CONFIG.rated_sources),
        output:
            multiext(f"{RUN}/tables/judge", ".csv", ".md", ".tex"),
            report(
                f"{RUN}/tables/judge.html", category="Data", caption="../report/captions/judge.rst"
            ),
        log:
            f"{RUN}/logs/judge.log",
        localrule: True
        params:
            script=script("write_judge_table.py"),
            code=code_of(HERE / "scripts/write_judge_table.py"),
            folder=subpath(output[0], parent=True),
            inputs=lambda wildcards, input: options_of(input),
        shell:
            """
            python {params.script} \
                {params.inputs} \
                --output-folder {params.folder:q} >{log:q} 2>&1
            """

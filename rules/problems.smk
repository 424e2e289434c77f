# Problems: coding problems with tests, from all sources, without duplicates.


rule problems_collect:
    """Collect the problems of one source as records of the common format."""
    input:
        GRAPH.source_file,
    output:
        problems=f"{RUN}/problems/{{source}}.jsonl",
        report=f"{RUN}/problems/{{source}}.report.json",
        manifest=f"{RUN}/problems/{{source}}.manifest.jsonl",
    log:
        f"{RUN}/logs/problems/{{source}}.log",
    benchmark:
        f"{RUN}/usage/problems/{{source}}.tsv"
    localrule: True
    params:
        script=script("collect_problems.py"),
        options=lambda wildcards: flags(CONFIG.problem_sources[wildcards.source]),
    shell:
        """
        python {params.script} \
            --source {wildcards.source} \
            --output {output.problems:q} \
            --report {output.report:q} \
            --manifest {output.manifest:q} \
            {params.options} 2>&1 | tee {log:q}
        """


rule problems_merge:
    """Merge the sources: drop duplicates and benchmark tasks, make more tests if asked to."""
    input:
        problems=expand(f"{RUN}/problems/{{source}}.jsonl", source=CONFIG.problems.sources),
        reports=expand(f"{RUN}/problems/{{source}}.report.json", source=CONFIG.problems.sources),
        benchmarks=expand(f"{RUN}/benchmarks/data/{{name}}.jsonl", name=CONFIG.use_benchmarks),
    output:
        problems=f"{RUN}/problems/all.jsonl",
        report=f"{RUN}/problems/report.json",
        table=f"{RUN}/problems/report.md",
        page=report(
            f"{RUN}/problems/report.html",
            category="Data",
            caption="../report/captions/problems.rst",
        ),
    log:
        f"{RUN}/logs/problems/all.log",
    benchmark:
        f"{RUN}/usage/problems/all.tsv"
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("merge_problems.py"),
        options=given(flags(CONFIG.problems, leave_out=("sources",))),
        isolation="--weaker-isolation" if CONFIG.execution.weaker_isolation else "",
        seed=f"--seed {CONFIG.seed}" if CONFIG.problems.sharpen_tests else "",
    shell:
        """
        python {params.script} \
            --inputs {input.problems:q} \
            --collected {input.reports:q} \
            --benchmarks {input.benchmarks:q} \
            --output {output.problems:q} \
            --report {output.report:q} \
            --table {output.table:q} \
            --page {output.page:q} \
            {params.seed} \
            {params.isolation} \
            {params.options} 2>&1 | tee {log:q}
        """


rule problems_split:
    """Split the problems into shards; one job samples, and one executes, each shard."""
    input:
        f"{RUN}/problems/all.jsonl",
    output:
        scatter.shards(f"{RUN}/problems/shards/{{scatteritem}}.jsonl"),
    log:
        f"{RUN}/logs/problems/shards.log",
    localrule: True
    params:
        script=script("split_problems.py"),
        per_shard=CONFIG.problems_per_shard,
    shell:
        """
        python {params.script} \
            --problems {input:q} \
            --per-shard {params.per_shard} \
            --outputs {output:q} 2>&1 | tee {log:q}
        """

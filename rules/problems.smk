# Problems: coding problems with tests, from all sources, without duplicates.


rule problems_collect:
    """Collect the problems of one source as records of the common format."""
    input:
        GRAPH.user_files.of_source,
    output:
        problems=f"{RUN}/problems/{{source}}.jsonl",
        report=f"{NOTED}/problems/{{source}}.report.json",
        manifest=f"{NOTED}/problems/{{source}}.manifest.jsonl",
    log:
        f"{RUN}/logs/problems/{{source}}.log",
    benchmark:
        f"{RUN}/usage/problems/{{source}}.tsv"
    wildcard_constraints:
        source=SYNTHESIS.others,
    localrule: True
    params:
        script=script("collect_problems.py"),
        given=content(GRAPH.user_files.of_source),
        options=lambda wildcards: flags(CONFIG.problem_sources[wildcards.source]),
    shell:
        """
        python {params.script} \
            --source {wildcards.source} \
            --output {output.problems:q} \
            --report {output.report:q} \
            --manifest {output.manifest:q} \
            {params.options} >{log:q} 2>&1
        """


rule problems_report:
    """Keep how many of a source's problems were collected and left out, and why."""
    input:
        f"{NOTED}/problems/{{source}}.report.json",
    output:
        f"{RUN}/problems/{{source}}.report.json",
    log:
        f"{RUN}/logs/problems/{{source}}.report.log",
    localrule: True
    params:
        script=script("keep_account.py"),
    shell:
        """
        python {params.script} \
            --account {input:q} \
            --output {output:q} >{log:q} 2>&1
        """


# The same for the pages that a source was read from.
use rule problems_report as problems_list_pages with:
    input:
        f"{NOTED}/problems/{{source}}.manifest.jsonl",
    output:
        f"{RUN}/problems/{{source}}.manifest.jsonl",
    log:
        f"{RUN}/logs/problems/{{source}}.manifest.log",


# A pilot chooses from the merged problems (rules/pilot.smk); without one, all of them are sampled.
MERGED = "candidates" if CONFIG.problems.pilot else "all"


rule problems_merge:
    """Merge the sources: drop duplicates and benchmark tasks, make more tests if asked to."""
    input:
        problems=expand(f"{RUN}/problems/{{source}}.jsonl", source=CONFIG.problems.sources),
        reports=expand(f"{NOTED}/problems/{{source}}.report.json", source=CONFIG.problems.sources),
        benchmarks=expand(f"{RUN}/benchmarks/data/{{name}}.jsonl", name=CONFIG.use_benchmarks),
    output:
        problems=f"{RUN}/problems/{MERGED}.jsonl",
        report=f"{NOTED}/problems/report.json",
    log:
        f"{RUN}/logs/problems/all.log",
    benchmark:
        f"{RUN}/usage/problems/all.tsv"
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("merge_problems.py"),
        options=literal(flags(CONFIG.problems, leave_out=("sources", "pilot"))),
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
            {params.seed} \
            {params.isolation} \
            {params.options} >{log:q} 2>&1
        """


use rule problems_report as problems_describe with:
    input:
        f"{NOTED}/problems/report.json",
    output:
        f"{RUN}/problems/report.json",
    log:
        f"{RUN}/logs/problems/report.log",


rule problems_tabulate:
    """Write for readers what was kept and dropped, and why."""
    input:
        f"{RUN}/problems/report.json",
    output:
        table=f"{RUN}/problems/report.md",
        page=report(
            f"{RUN}/problems/report.html",
            category="Data",
            caption="../report/captions/problems.rst",
        ),
    log:
        f"{RUN}/logs/problems/table.log",
    localrule: True
    params:
        script=script("tabulate_problems.py"),
        code=code_of(HERE / "scripts/tabulate_problems.py"),
    shell:
        """
        python {params.script} \
            --report {input:q} \
            --output {output.table:q} \
            --page {output.page:q} >{log:q} 2>&1
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
            --outputs {output:q} >{log:q} 2>&1
        """

# Benchmarks: greedy pass@1 of every policy (paper, section 3.1), and samples of every task. The
# registry of data sets and their judges is codepref.evaluation.benchmarks.BENCHMARKS.


rule benchmarks_fetch:
    """Get a benchmark's tasks, checked against the pinned version."""
    input:
        GRAPH.user_files.of_benchmark,
    output:
        f"{RUN}/benchmarks/data/{{benchmark}}.jsonl",
    log:
        f"{RUN}/logs/benchmarks/data/{{benchmark}}.log",
    benchmark:
        f"{RUN}/usage/benchmarks/data/{{benchmark}}.tsv"
    localrule: True
    params:
        script=script("fetch_benchmark.py"),
        given=content(GRAPH.user_files.of_benchmark),
        dataset=lambda wildcards: CONFIG.benchmarks[wildcards.benchmark].dataset,
        options=lambda wildcards: flags(CONFIG.benchmarks[wildcards.benchmark].data),
    shell:
        """
        python {params.script} \
            --name {wildcards.benchmark} \
            --dataset {params.dataset} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule benchmarks_window:
    """Keep the tasks of a benchmark with dates that are newer than a model's training data."""
    input:
        f"{RUN}/benchmarks/data/{{benchmark}}.jsonl",
    output:
        f"{RUN}/benchmarks/windows/{{model}}/{{benchmark}}.jsonl",
    log:
        f"{RUN}/logs/benchmarks/windows/{{model}}/{{benchmark}}.log",
    benchmark:
        f"{RUN}/usage/benchmarks/windows/{{model}}/{{benchmark}}.tsv"
    localrule: True
    params:
        script=script("select_tasks.py"),
        after=WINDOWS.after,
    shell:
        """
        python {params.script} \
            --data {input:q} \
            --released-after {params.after} \
            --output {output:q} >{log:q} 2>&1
        """


rule benchmarks_generate:
    """Answer every task of every benchmark, greedily and by samples; the model is loaded once."""
    input:
        model=GRAPH.policy_folder,
        data=WINDOWS.of_every_benchmark,
    output:
        [f"{OF_POLICY}/{name}.samples.jsonl" for name in GRAPH.greedy],
        [f"{OF_POLICY}/{name}.sampled.jsonl" for name in GRAPH.sampled],
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}.log",
    benchmark:
        f"{RUN}/usage/benchmarks/{{model}}/{{method}}/seed{{seed}}.tsv"
    container:
        image("sampling", GENERATE)
    threads: GENERATE.threads
    resources:
        **GENERATE.requests,
    params:
        on_gpus=script("on_gpus.py"),
        per_engine=CONFIG.compute.generate.gpus_per_engine,
        script=script("generate_solutions.py"),
        data=WINDOWS.named,
        folder=subpath(output[0], parent=True),
        answering=GRAPH.answering_options,
        options=literal(flags(CONFIG.generation)),
    shell:
        """
        python {params.on_gpus} sampling {resources.given_gpus} python {params.script} \
            --gpus {resources.given_gpus} \
            --gpus-per-engine {params.per_engine} \
            --model-folder {input.model:q} \
            --model {wildcards.model} \
            --method {wildcards.method} \
            --training-seed {wildcards.seed} \
            {params.data} \
            --output-folder {params.folder:q} \
            {params.answering} \
            {params.options} >{log:q} 2>&1
        """


rule benchmarks_grade:
    """Grade one policy's solutions of one benchmark with its judges (EvalPlus, our executor)."""
    input:
        data=WINDOWS.of_benchmark,
        samples=f"{OF_POLICY}/{{benchmark}}.samples.jsonl",
    output:
        f"{OF_POLICY}/{{benchmark}}.verdicts.json",
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.log",
    benchmark:
        f"{RUN}/usage/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.tsv"
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("grade_benchmark.py"),
        dataset=lambda wildcards: CONFIG.benchmarks[wildcards.benchmark].dataset,
        cache=f"{RUN}/work/ground_truth",
        options=literal(flags(CONFIG.grading)),
    shell:
        """
        python {params.script} \
            --dataset {params.dataset} \
            --data {input.data:q} \
            --samples {input.samples:q} \
            --model {wildcards.model} \
            --method {wildcards.method} \
            --seed {wildcards.seed} \
            --benchmark {wildcards.benchmark} \
            --cache {params.cache:q} \
            --workers {threads} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule benchmarks_grade_sampled:
    """Grade one policy's samples of one benchmark with both judges; equal programs run once."""
    input:
        data=WINDOWS.of_benchmark,
        samples=f"{OF_POLICY}/{{benchmark}}.sampled.jsonl",
    output:
        f"{OF_POLICY}/{{benchmark}}.sampled_verdicts.json",
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.sampled.log",
    benchmark:
        f"{RUN}/usage/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.sampled.tsv"
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("grade_sampled.py"),
        dataset=lambda wildcards: CONFIG.benchmarks[wildcards.benchmark].dataset,
        cache=f"{RUN}/work/ground_truth",
        options=literal(flags(CONFIG.grading)),
    shell:
        """
        python {params.script} \
            --dataset {params.dataset} \
            --data {input.data:q} \
            --samples {input.samples:q} \
            --model {wildcards.model} \
            --method {wildcards.method} \
            --seed {wildcards.seed} \
            --benchmark {wildcards.benchmark} \
            --cache {params.cache:q} \
            --workers {threads} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule benchmarks_compare_judges:
    """List where the benchmark's two judges differ; stop if they differ on too many tasks."""
    input:
        data=WINDOWS.of_benchmark,
        samples=f"{OF_POLICY}/{{benchmark}}.samples.jsonl",
        verdicts=f"{OF_POLICY}/{{benchmark}}.verdicts.json",
    output:
        f"{OF_POLICY}/{{benchmark}}.judges.json",
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.judges.log",
    benchmark:
        f"{RUN}/usage/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.judges.tsv"
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("compare_judges.py"),
        dataset=lambda wildcards: CONFIG.benchmarks[wildcards.benchmark].dataset,
        options=literal(flags(CONFIG.grading)),
    shell:
        """
        python {params.script} \
            --dataset {params.dataset} \
            --data {input.data:q} \
            --samples {input.samples:q} \
            --verdicts {input.verdicts:q} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule benchmarks_collect:
    """Collect all verdicts: a row per score, and for the statistics a row per task."""
    input:
        verdicts=GRAPH.of_gradings(".verdicts.json"),
        samples=GRAPH.of_gradings(".samples.jsonl"),
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
    localrule: True
    params:
        script=script("collect_benchmarks.py"),
        code=code_of(HERE / "scripts/collect_benchmarks.py"),
        inputs=lambda wildcards, input: options_of(input),
    shell:
        """
        python {params.script} \
            {params.inputs} \
            --output {output.benchmarks:q} \
            --tasks {output.tasks:q} >{log:q} 2>&1
        """


if GRAPH.sampled:

    rule benchmarks_collect_samples:
        """Collect the verdicts on all samples: a row per sample."""
        input:
            verdicts=GRAPH.of_sampled(".sampled_verdicts.json"),
            samples=GRAPH.of_sampled(".sampled.jsonl"),
        output:
            report(
                GRAPH.sample_table["sampled"],
                category="Data",
                caption="../report/captions/benchmarks.rst",
            ),
        log:
            f"{RUN}/logs/benchmarks/samples.log",
        localrule: True
        params:
            script=script("collect_samples.py"),
            code=code_of(HERE / "scripts/collect_samples.py"),
            inputs=lambda wildcards, input: options_of(input),
        shell:
            """
            python {params.script} \
                {params.inputs} \
                --output {output:q} >{log:q} 2>&1
            """

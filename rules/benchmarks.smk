# Benchmarks: greedy pass@1 of every policy (paper, section 4). The judge of a data set, and whether
# it has a second one, say codepref.evaluation.benchmarks.BENCHMARKS.


localrules:
    benchmarks_fetch,


rule benchmarks_fetch:
    """Get a benchmark's tasks, checked against the pinned version."""
    output:
        f"{RUN}/benchmarks/data/{{benchmark}}.jsonl",
    log:
        f"{RUN}/logs/benchmarks/data/{{benchmark}}.log",
    benchmark:
        f"{RUN}/usage/benchmarks/data/{{benchmark}}.tsv"
    params:
        dataset=lambda wildcards: CONFIG.benchmarks[wildcards.benchmark].dataset,
        options=lambda wildcards: flags(CONFIG.benchmarks[wildcards.benchmark].data),
    message:
        "Preparing benchmark {wildcards.benchmark}"
    shell:
        """
        python scripts/fetch_benchmark.py \
            --name {wildcards.benchmark} \
            --dataset {params.dataset} \
            --output {output:q} \
            {params.options} 2>&1 | tee {log:q}
        """


rule benchmarks_generate:
    """Answer every task of every benchmark greedily; the model is loaded once."""
    input:
        model=policy_folder,
        data=expand(f"{RUN}/benchmarks/data/{{name}}.jsonl", name=CONFIG.use_benchmarks),
    output:
        expand(
            f"{RUN}/benchmarks/{{{{model}}}}/{{{{method}}}}/seed{{{{seed}}}}/{{name}}.samples.jsonl",
            name=CONFIG.use_benchmarks,
        ),
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}.log",
    benchmark:
        f"{RUN}/usage/benchmarks/{{model}}/{{method}}/seed{{seed}}.tsv"
    container:
        image("sampling", CONFIG.compute.generate)
    threads: CONFIG.compute.generate.threads
    resources:
        gpu=CONFIG.compute.generate.gpus,
        nodes=1,
        mem_mb=memory(CONFIG.compute.generate),
        runtime=minutes(CONFIG.compute.generate),
    params:
        data=lambda wildcards, input: [
            f"--benchmark {name}:{CONFIG.benchmarks[name].dataset}={path}"
            for name, path in zip(CONFIG.use_benchmarks, input.data)
        ],
        folder=subpath(output[0], parent=True),
        options=flags(CONFIG.generation),
    message:
        "Answering benchmarks with {wildcards.model} {wildcards.method}, seed {wildcards.seed}"
    shell:
        """
        python scripts/generate_solutions.py \
            --model-folder {input.model:q} \
            --model {wildcards.model} \
            {params.data} \
            --output-folder {params.folder:q} \
            {params.options} 2>&1 | tee {log:q}
        """


rule benchmarks_grade:
    """Grade one policy's solutions of one benchmark with its judge (EvalPlus)."""
    input:
        data=f"{RUN}/benchmarks/data/{{benchmark}}.jsonl",
        samples=f"{RUN}/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.samples.jsonl",
    output:
        f"{RUN}/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.verdicts.json",
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.log",
    benchmark:
        f"{RUN}/usage/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.tsv"
    threads: CONFIG.compute.execute.threads
    resources:
        mem_mb=memory(CONFIG.compute.execute),
        runtime=minutes(CONFIG.compute.execute),
    params:
        dataset=lambda wildcards: CONFIG.benchmarks[wildcards.benchmark].dataset,
        cache=f"{RUN}/work/ground_truth",
        options=flags(CONFIG.grading),
    message:
        "Grading {wildcards.model} {wildcards.method}, seed {wildcards.seed} on {wildcards.benchmark}"
    shell:
        """
        python scripts/evaluate_benchmark.py \
            --dataset {params.dataset} \
            --data {input.data:q} \
            --samples {input.samples:q} \
            --cache {params.cache:q} \
            --workers {threads} \
            --output {output:q} \
            {params.options} 2>&1 | tee {log:q}
        """


rule benchmarks_judge:
    """Grade the same solutions by the second judge (our executor) and list where they differ."""
    input:
        data=f"{RUN}/benchmarks/data/{{benchmark}}.jsonl",
        samples=f"{RUN}/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.samples.jsonl",
        verdicts=f"{RUN}/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.verdicts.json",
    output:
        f"{RUN}/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.judges.json",
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.judges.log",
    benchmark:
        f"{RUN}/usage/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.judges.tsv"
    threads: CONFIG.compute.execute.threads
    resources:
        mem_mb=memory(CONFIG.compute.execute),
        runtime=minutes(CONFIG.compute.execute),
    params:
        dataset=lambda wildcards: CONFIG.benchmarks[wildcards.benchmark].dataset,
        cache=f"{RUN}/work/ground_truth",
        options=flags(CONFIG.grading),
    message:
        "Judging {wildcards.model} {wildcards.method}, seed {wildcards.seed} on {wildcards.benchmark} again"
    shell:
        """
        python scripts/compare_judges.py \
            --dataset {params.dataset} \
            --data {input.data:q} \
            --samples {input.samples:q} \
            --verdicts {input.verdicts:q} \
            --cache {params.cache:q} \
            --workers {threads} \
            --output {output:q} \
            {params.options} 2>&1 | tee {log:q}
        """

# Reranking: best of n samples of a benchmark task, chosen by what is known without their verdicts.
# Nothing is sampled for it (evaluation.rerank).


rule reranking_run_visible:
    """Run samples on the inputs that the prompts show: those with the same outputs agree."""
    input:
        data=WINDOWS.of_benchmark,
        samples=f"{OF_POLICY}/{{benchmark}}.sampled.jsonl",
    output:
        f"{OF_POLICY}/{{benchmark}}.visible.jsonl",
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.visible.log",
    benchmark:
        f"{RUN}/usage/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.visible.tsv"
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("run_visible.py"),
        dataset=lambda wildcards: CONFIG.benchmarks[wildcards.benchmark].dataset,
        options=literal(flags(CONFIG.execution)),
    shell:
        """
        python {params.script} \
            --dataset {params.dataset} \
            --data {input.data:q} \
            --samples {input.samples:q} \
            --workers {threads} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


# The samples' implicit reward by the policy that drew them; of tasks with passing and failing ones.
use rule rewards_score_held_out as reranking_score with:
    input:
        policy=f"{RUN}/checkpoints/{{model}}/{{method}}/seed{{seed}}",
        reference=GRAPH.reference_folder,
        data=WINDOWS.of_benchmark,
        answers=f"{OF_POLICY}/{{benchmark}}.sampled.jsonl",
        verdicts=f"{OF_POLICY}/{{benchmark}}.sampled_verdicts.json",
    output:
        f"{OF_POLICY}/{{benchmark}}.rewards.jsonl",
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.rewards.log",
    benchmark:
        f"{RUN}/usage/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.rewards.tsv"
    params:
        on_gpus=script("on_gpus.py"),
        script=script("score_answers.py"),
        dataset=lambda wildcards: CONFIG.benchmarks[wildcards.benchmark].dataset,
        beta=lambda wildcards: CONFIG.settings_of(wildcards.method).beta,


rule reranking_choose:
    """Choose one sample of each task in each way, and look up whether it passes."""
    input:
        unpack(GRAPH.reranking_files),
        verdicts=f"{OF_POLICY}/{{benchmark}}.sampled_verdicts.json",
    output:
        f"{OF_POLICY}/{{benchmark}}.reranked.json",
    log:
        f"{RUN}/logs/benchmarks/{{model}}/{{method}}/seed{{seed}}/{{benchmark}}.reranked.log",
    localrule: True
    params:
        script=script("rerank.py"),
        code=code_of(HERE / "scripts/rerank.py"),
        inputs=lambda wildcards, input: options_of(input),
    shell:
        """
        python {params.script} \
            {params.inputs} \
            --output {output:q} >{log:q} 2>&1
        """

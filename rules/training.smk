# Training: from a model and its pairs or problems to a checkpoint. The registry of trainers is
# codepref.training.trainers.TRAINERS.


rule references_score:
    """Score both sides of pairs under the model that trainings start from (the reference, eq. 3)."""
    input:
        model=lambda wildcards: GRAPH.model_folder(wildcards.model),
        pairs=f"{RUN}/pairs/{{pairs}}.jsonl",
    output:
        f"{RUN}/references/{{model}}/{{pairs}}.jsonl",
    log:
        f"{RUN}/logs/references/{{model}}/{{pairs}}.log",
    benchmark:
        f"{RUN}/usage/references/{{model}}/{{pairs}}.tsv"
    container:
        image("training", TRAIN)
    threads: TRAIN.threads
    resources:
        **TRAIN.requests,
    params:
        on_gpus=script("on_gpus.py"),
        launch=lambda wildcards: GRAPH.launch(wildcards, here("envs/accelerate")),
        script=script("score_references.py"),
        work=f"{RUN}/work/references/{{model}}/{{pairs}}",
        options=literal(flags(GRAPH.reference_settings)),
    shell:
        """
        python {params.on_gpus} training {resources.given_gpus} {params.launch} {params.script} \
            --gpus {resources.given_gpus} \
            --model-folder {input.model:q} \
            --pairs {input.pairs:q} \
            --work {params.work:q} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule policies_train:
    """Train on preference pairs: DPO (eq. 3, Table 4), RFT on their chosen side (Table 3)."""
    input:
        model=GRAPH.start_folder,
        data=GRAPH.training_data,
        references=GRAPH.references,
        kept=GRAPH.kept_reference,
    output:
        folder=kept_or_temporary(f"{RUN}/checkpoints/{{model}}/{{method}}/seed{{seed}}"),
        facts=f"{NOTED}/training/{{model}}/{{method}}/seed{{seed}}/training.json",
        steps=f"{NOTED}/training/{{model}}/{{method}}/seed{{seed}}/training_log.jsonl",
    log:
        f"{RUN}/logs/checkpoints/{{model}}/{{method}}/seed{{seed}}.log",
    benchmark:
        f"{RUN}/usage/checkpoints/{{model}}/{{method}}/seed{{seed}}.tsv"
    wildcard_constraints:
        method=GRAPH.methods(lambda trainer: trainer.data == "pairs"),
    container:
        image("training", TRAIN)
    threads: TRAIN.threads
    resources:
        **TRAIN.requests,
    params:
        on_gpus=script("on_gpus.py"),
        launch=lambda wildcards: GRAPH.launch(wildcards, here("envs/accelerate")),
        script=script("train_policy.py"),
        trainer=GRAPH.training_options,
        work=f"{RUN}/work/{{model}}/{{method}}/seed{{seed}}",
        records=subpath(output.facts, parent=True),
    shell:
        """
        python {params.on_gpus} training {resources.given_gpus} {params.launch} {params.script} {params.trainer} \
            --gpus {resources.given_gpus} \
            --model-folder {input.model:q} \
            --model {wildcards.model} \
            --method {wildcards.method} \
            --seed {wildcards.seed} \
            --work {params.work:q} \
            --records {params.records:q} \
            --output {output.folder:q} >{log:q} 2>&1
        """


# PPO: the same command, on problems instead of pairs.
use rule policies_train as policies_train_online with:
    wildcard_constraints:
        method=GRAPH.methods(lambda trainer: trainer.data == "problems"),


# What a training was, and its log by step; a checkpoint may be deleted before.
use rule problems_report as policies_describe with:
    input:
        f"{NOTED}/training/{{model}}/{{method}}/seed{{seed}}/training.json",
    output:
        f"{RUN}/training/{{model}}/{{method}}/seed{{seed}}/training.json",
    log:
        f"{RUN}/logs/training/{{model}}/{{method}}/seed{{seed}}/facts.log",


use rule problems_report as policies_log with:
    input:
        f"{NOTED}/training/{{model}}/{{method}}/seed{{seed}}/training_log.jsonl",
    output:
        f"{RUN}/training/{{model}}/{{method}}/seed{{seed}}/training_log.jsonl",
    log:
        f"{RUN}/logs/training/{{model}}/{{method}}/seed{{seed}}/steps.log",


rule rewards_score:
    """Score a model's samples with the implicit reward of a policy trained on its pairs (eq. 4)."""
    input:
        policy=f"{RUN}/checkpoints/{{model}}/{{method}}/seed{{seed}}",
        reference=lambda wildcards: GRAPH.model_folder(wildcards.model),
        problems=f"{RUN}/problems/all.jsonl",
        samples=f"{RUN}/samples/{{model}}.jsonl",
        executions=f"{RUN}/executions/{{model}}.jsonl",
    output:
        f"{RUN}/rewards/{{model}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/rewards/{{model}}/{{method}}/seed{{seed}}.log",
    benchmark:
        f"{RUN}/usage/rewards/{{model}}/{{method}}/seed{{seed}}.tsv"
    wildcard_constraints:
        method=GRAPH.methods(lambda trainer: trainer.implicit_reward),
    container:
        image("training", GENERATE)
    threads: GENERATE.threads
    resources:
        **GENERATE.requests,
    params:
        on_gpus=script("on_gpus.py"),
        script=script("score_rewards.py"),
        beta=lambda wildcards: CONFIG.settings_of(wildcards.method).beta,
        seed=CONFIG.seed,
        options=literal(flags(CONFIG.training.rewards, leave_out=("held_out",))),
    shell:
        """
        python {params.on_gpus} training {resources.given_gpus} python {params.script} \
            --gpus {resources.given_gpus} \
            --policy {input.policy:q} \
            --reference {input.reference:q} \
            --problems {input.problems:q} \
            --samples {input.samples:q} \
            --executions {input.executions:q} \
            --beta {params.beta} \
            --seed {params.seed} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule rewards_analyse:
    """Ask how well the implicit reward ranks failing samples that the rule reward scores alike."""
    input:
        f"{RUN}/rewards/{{model}}/{{method}}/seed{{seed}}.jsonl",
    output:
        f"{RUN}/rewards/{{model}}/{{method}}/seed{{seed}}.analysis.json",
    log:
        f"{RUN}/logs/rewards/{{model}}/{{method}}/seed{{seed}}.analysis.log",
    localrule: True
    params:
        script=script("analyse_rewards.py"),
        code=code_of(HERE / "scripts/analyse_rewards.py"),
    shell:
        """
        python {params.script} \
            --rewards {input:q} \
            --model {wildcards.model} \
            --method {wildcards.method} \
            --seed {wildcards.seed} \
            --output {output:q} >{log:q} 2>&1
        """


rule rewards_score_held_out:
    """Score the untrained model's answers to a benchmark: pairs that no policy was trained on."""
    input:
        unpack(GRAPH.held_out_files),
        policy=f"{RUN}/checkpoints/{{model}}/{{method}}/seed{{seed}}",
        reference=lambda wildcards: GRAPH.model_folder(wildcards.model),
    output:
        f"{RUN}/rewards/{{model}}/{{method}}/seed{{seed}}.held_out.jsonl",
    log:
        f"{RUN}/logs/rewards/{{model}}/{{method}}/seed{{seed}}.held_out.log",
    benchmark:
        f"{RUN}/usage/rewards/{{model}}/{{method}}/seed{{seed}}.held_out.tsv"
    wildcard_constraints:
        method=GRAPH.methods(lambda trainer: trainer.implicit_reward),
    container:
        image("training", GENERATE)
    threads: GENERATE.threads
    resources:
        **GENERATE.requests,
    params:
        on_gpus=script("on_gpus.py"),
        script=script("score_answers.py"),
        dataset=lambda wildcards: CONFIG.benchmarks[CONFIG.training.rewards.held_out].dataset,
        beta=lambda wildcards: CONFIG.settings_of(wildcards.method).beta,
    shell:
        """
        python {params.on_gpus} training {resources.given_gpus} python {params.script} \
            --gpus {resources.given_gpus} \
            --policy {input.policy:q} \
            --reference {input.reference:q} \
            --dataset {params.dataset} \
            --data {input.data:q} \
            --answers {input.answers:q} \
            --verdicts {input.verdicts:q} \
            --beta {params.beta} \
            --output {output:q} >{log:q} 2>&1
        """


rule rewards_measure_accuracy:
    """Count how often the implicit reward prefers, of two held-out answers, the one that passes."""
    input:
        rewards=f"{RUN}/rewards/{{model}}/{{method}}/seed{{seed}}.held_out.jsonl",
        data=WINDOWS.of_held_out,
    output:
        f"{RUN}/rewards/{{model}}/{{method}}/seed{{seed}}.held_out.json",
    log:
        f"{RUN}/logs/rewards/{{model}}/{{method}}/seed{{seed}}.accuracy.log",
    localrule: True
    params:
        script=script("measure_accuracy.py"),
        code=code_of(HERE / "scripts/measure_accuracy.py"),
        name=CONFIG.training.rewards.held_out,
    shell:
        """
        python {params.script} \
            --rewards {input.rewards:q} \
            --data {input.data:q} \
            --model {wildcards.model} \
            --method {wildcards.method} \
            --seed {wildcards.seed} \
            --benchmark {params.name} \
            --output {output:q} >{log:q} 2>&1
        """

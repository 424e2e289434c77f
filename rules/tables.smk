# Tables: what the reader reads.


localrules:
    tables,


rule tables:
    """Tables 1 to 4."""
    input:
        f"{RUN}/benchmarks/data/humaneval.jsonl",

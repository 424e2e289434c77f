"""What knows Snakemake or ``results/``: job graph, plan, images, run lock, entry tiers."""

"""Training of the paper's methods on preference pairs: DPO, RFT and the PPO baseline."""

import os

# Progress is ours (codepref.progress): the libraries' own bars fill log files. No telemetry.
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

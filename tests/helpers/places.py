"""Where things lie: this repository, and the real data beside it."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
SCRIPTS = ROOT / "scripts"
PAPER = ROOT / "paper"
SHARED = ROOT.parent / "shared" / "data"

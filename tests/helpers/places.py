"""Where things lie: this repository, and the real data beside it."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
SCRIPTS = ROOT / "scripts"
PAPER = ROOT / "paper"
CONFIGS = ROOT / "configs"
SHARED = ROOT.parent / "shared" / "data"


def overlays() -> dict[str, list[Path]]:
    """Return the files of each configuration by its name: ``a_b`` lies on top of ``a``."""
    files = sorted(path for path in CONFIGS.glob("*.yaml") if not path.stem.endswith("_claims"))
    return {
        path.stem: [*(below for below in files if path.stem.startswith(below.stem + "_")), path]
        for path in files
    }

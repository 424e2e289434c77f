"""What is said of number formats: measured on a layer, against what the settings take."""

from pathlib import Path

import pytest

from codepref.devices import Precision
from codepref.preflight import precision


def test_both_formats_are_measured_on_a_layer(tiny_model_folder: Path) -> None:
    seconds = precision.measure(tiny_model_folder, rows=2, least=0)
    assert list(seconds) == ["fp32", "bf16"]
    assert all(0 < taken < 60 for taken in seconds.values())


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        ({"fp32": 0.010, "bf16": 0.004}, "sampling.precision: bf16 would be 2.5 times as fast"),
        ({"fp32": 0.002, "bf16": 0.030}, "generation.precision: fp32 would be 15.0 times as fast"),
        ({"fp32": 0.010, "bf16": 0.009}, "no difference that matters"),
    ],
)
def test_the_faster_format_is_advised(
    seconds: dict[Precision, float], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "measure", lambda folder, rows: seconds)
    wanted: dict[str, precision.Wanted] = {
        "sampling.precision": "fp32",
        "generation.precision": "bf16",
    }
    found = precision.look("precision", Path(), 64, wanted).found
    assert found.endswith(f"; {says}")
    assert found.startswith(f"64 rows through a layer: fp32 {1000 * seconds['fp32']:.0f} ms")
    same = precision.look("precision", Path(), 64, {"sampling.precision": "bf16"}).found
    if seconds["bf16"] == 0.004:
        assert same.endswith("; the settings take bf16, 2.5 times as fast")

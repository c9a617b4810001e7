"""500 random networks through model file and ONNX: equal answers. `make test` does a part of them.

    PYTHONPATH=.:tests .venv/bin/python tests/bench/described_networks.py

Takes about a minute on one core.
"""

import tempfile
import time
from pathlib import Path

from hypothesis import given
from networks import networks
from test_networks import at_most, check_file_and_onnx

NETWORKS = 500


def main() -> None:
    """Check all of them and say how many and how long it took."""
    checked, began = [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:

        @at_most(NETWORKS)
        @given(networks())
        def check(network):
            check_file_and_onnx(network, Path(folder) / "model.pt")
            checked.append(network.text)

        check()
    seconds = time.perf_counter() - began
    print(f"{len(checked)} networks, {len(set(checked))} of them different, gave equal answers")
    print(f"through model file and ONNX, in {seconds:.0f} s.")


if __name__ == "__main__":
    main()

"""Speed and cost, measured on real parts: `python -m benchmarks`. Ratios are taken within one run."""

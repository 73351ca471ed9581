"""The figures of docs/performance.md, each re-runnable: `python -m benchmarks <name> --json`."""

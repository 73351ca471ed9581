"""Bare engines on one run's graph, without any of our code around: LiteRT, ONNX Runtime, OpenVINO."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from core.runs.folder import Run

MISSING = "Not measured: pip install onnx tf2onnx {} to compare."


def litert(run: Run, threads: int) -> Callable[[], object]:
    """A bare `invoke` of the run's `model.tflite` on one fixed batch."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(run.folder / "model.tflite"), num_threads=threads)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch(run))
    return interpreter.invoke


def others(run: Run, folder: Path, threads: int) -> tuple[dict[str, Callable[[], object]], dict[str, str]]:
    """ONNX Runtime and OpenVINO on the exported graph.

    Args:
        run: Whose `model.keras` is exported by the command line.
        folder: Where the exported file goes.
        threads: Threads of a forward pass.

    Returns:
        Calls by engine, and for each engine that is left out one sentence why.
    """
    calls, reasons = {}, {}
    wanted = {"onnxruntime": _onnxruntime, "openvino": _openvino}
    for name in list(wanted):
        if not all(map(find_spec, (name, "onnx", "tf2onnx"))):
            reasons[name] = MISSING.format(name)
            del wanted[name]
    if not wanted:
        return calls, reasons
    command = [sys.executable, "-m", "core", "export", run.run_id, "--format", "onnx", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    found = sorted(folder.rglob("*.onnx"))
    for name, make in wanted.items():
        try:
            if not found:
                raise RuntimeError((done.stderr.strip().splitlines() or ["no file"])[-1])
            calls[name] = make(found[0], batch(run), threads)
            calls[name]()
        except Exception as error:  # a foreign engine that refuses the graph is a result, not our failure
            calls.pop(name, None)
            reasons[name] = f"Not measured: {str(error).splitlines()[0]}"
    return calls, reasons


def batch(run: Run) -> np.ndarray:
    """One fixed `float32` batch, shape `(1, height, width, 3)`, 0-255."""
    return np.random.default_rng(0).uniform(0, 255, (1, *run.image_size, 3)).astype(np.float32)


def throughput(calls: list[Callable[[], object]], seconds: float) -> tuple[float, float]:
    """All calls together, each repeated in a thread of its own: calls a second, processor milliseconds a call."""
    counts = [0] * len(calls)
    started, used = time.perf_counter(), time.process_time()

    def repeat(number: int) -> None:
        while time.perf_counter() - started < seconds:
            calls[number]()
            counts[number] += 1

    threads = [threading.Thread(target=repeat, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started), 1000 * (time.process_time() - used) / sum(counts)


def _onnxruntime(file: Path, pixels: np.ndarray, threads: int) -> Callable[[], object]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: pixels})


def _openvino(file: Path, pixels: np.ndarray, threads: int) -> Callable[[], object]:
    import openvino

    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    model = openvino.Core().read_model(file)
    model.reshape({model.input(0): list(pixels.shape)})
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    return lambda: compiled(pixels)

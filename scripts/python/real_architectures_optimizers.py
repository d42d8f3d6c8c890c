"""What other optimizers make of an ONNX file, counted in nodes."""

import json
import subprocess
from collections import Counter
from pathlib import Path

import onnx
import onnxoptimizer
import onnxruntime
import onnxscript.optimizer
import onnxslim

LEVELS = onnxruntime.GraphOptimizationLevel
ROOT = Path(__file__).resolve().parents[2]
ONNXSIM = ROOT / ".cache/bench/onnxsim/node_modules/onnxsim"
OPTIMIZER_SECONDS = 120
ANY_SIZE = 2**40
ONNXSIM_TRIES = 3  # Now and then its workers wait for each other for ever.


def count_ops(model):
    """How often each operator stands in the graph and in graphs inside nodes."""
    ops = Counter()
    graphs = [model.graph]
    for graph in graphs:
        for node in graph.node:
            ops[f"{node.domain}.{node.op_type}".removeprefix(".").removeprefix("ai.onnx.")] += 1
            graphs += [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    return ops


def with_onnxscript(path, scratch):
    return onnxscript.optimizer.optimize(onnx.load(path))


def with_onnxruntime(level):
    def optimize(path, scratch):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        options.optimized_model_filepath = str(scratch)
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return onnx.load(scratch)

    return optimize


def with_onnxsim(path, scratch):
    """The package from npm that `npm run bench` installs."""
    script = ROOT / "scripts/bench/simplify-with-onnxsim.mjs"
    command = ["node", script, ONNXSIM / "index.mjs", path, scratch]
    for _ in range(ONNXSIM_TRIES):
        try:
            subprocess.run(command, check=True, timeout=OPTIMIZER_SECONDS / ONNXSIM_TRIES - 1)
            return onnx.load(scratch)
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"ended with status {error.returncode}") from error
        except subprocess.TimeoutExpired:
            continue
    raise TimeoutError(f"not done after {OPTIMIZER_SECONDS} s")


def with_onnxslim(path, scratch):
    return onnxslim.slim(str(path))


def with_onnxoptimizer(path, scratch):
    """Its default passes; then constants are folded, which they count on; then they run again."""
    model = onnxoptimizer.optimize(onnx.load(path))
    onnxscript.optimizer.fold_constants(
        model, input_size_limit=ANY_SIZE, output_size_limit=ANY_SIZE, onnx_shape_inference=True
    )
    return onnxoptimizer.optimize(model)


def onnxsim_version():
    return json.loads((ONNXSIM / "package.json").read_text())["version"]


OPTIMIZERS = {
    "onnxscript": with_onnxscript,
    "ort-basic": with_onnxruntime(LEVELS.ORT_ENABLE_BASIC),
    "ort-extended": with_onnxruntime(LEVELS.ORT_ENABLE_EXTENDED),
    "onnxsim": with_onnxsim,
    "onnxslim": with_onnxslim,
    "onnxoptimizer": with_onnxoptimizer,
}

"""What other optimizers make of an ONNX file, counted in nodes."""

from collections import Counter

import onnx
import onnxruntime
import onnxscript.optimizer

LEVELS = onnxruntime.GraphOptimizationLevel


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


OPTIMIZERS = {
    "onnxscript": with_onnxscript,
    "ort-basic": with_onnxruntime(LEVELS.ORT_ENABLE_BASIC),
    "ort-extended": with_onnxruntime(LEVELS.ORT_ENABLE_EXTENDED),
}

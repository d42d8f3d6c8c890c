"""The two exporters of torch as the other scripts use them, and a run through ONNX Runtime.

The batch dimension is dynamic, the weights are inside the file, and no file names a folder of the
machine that wrote it.
"""

import re

import onnx
import onnxruntime
import torch

STACK_TRACE = "pkg.torch.onnx.stack_trace"
BULKY = ["namespace", "pkg.torch.onnx.fx_node", STACK_TRACE]
FOLDER = re.compile(r'(?<=File ")[^"]*/(?:site-packages|scripts/python)/')


def export_torchscript(model, example, path, names=("input", "output")):
    batch = {name: {0: "batch"} for name in names}
    torch.onnx.export(
        model,
        (example,),
        path,
        dynamo=False,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        opset_version=17,
        input_names=names[:1],
        output_names=names[1:],
        dynamic_axes=batch,
    )


def export_dynamo(model, example, path, names=("input", "output"), optimize=False, compact=False):
    program = torch.onnx.export(
        model,
        (example,),
        dynamo=True,
        optimize=optimize,
        opset_version=20,
        input_names=names[:1],
        output_names=names[1:],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        verbose=False,
    )
    onnx.save(tidy(program.model_proto, compact), path)


def tidy(model, compact):
    """Cut absolute folders off the recorded stack traces; compact leaves out bulky metadata."""
    for node in model.graph.node:
        for entry in list(node.metadata_props):
            if compact and entry.key in BULKY:
                node.metadata_props.remove(entry)
            elif entry.key == STACK_TRACE:
                entry.value = FOLDER.sub("", entry.value)
    return model


def run(path, batch):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: batch})[0]


def difference(model, path, batch):
    """The largest absolute difference between torch and ONNX Runtime."""
    with torch.no_grad():
        return abs(model(batch).numpy() - run(path, batch.numpy())).max()

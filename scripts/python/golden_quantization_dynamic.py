"""Golden results of dynamic quantization: torch's quantize_dynamic, and that of ONNX Runtime.

Writes packages/quantization/test/golden/dynamic-linear.json. Inputs and weights come from the formula
of golden_quantization_inputs.py: seed 1 the input, 11 the weight, 12 the bias.

torch puts the input on 128 steps by default (reduce_range), ONNX on 256; torch's operator is told to
use 256. Weights are int8 in base64.

Run: python scripts/python/golden_quantization_dynamic.py
"""

import base64
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch.ao.quantization import default_dynamic_qconfig, per_channel_dynamic_qconfig

from golden import ROOT, write_json
from golden_quantization_inputs import encoded, value

SHAPES = [([3, 20], 7), ([2, 5, 64], 16), ([4, 300], 33)]


def int8_bytes(integers):
    return base64.b64encode(np.ascontiguousarray(integers, dtype=np.int8).tobytes()).decode("ascii")


def layer(features, outputs, bias):
    linear = torch.nn.Linear(features, outputs, bias=bias)
    with torch.no_grad():
        linear.weight.copy_(value(11, [outputs, features]))
        if bias:
            linear.bias.copy_(value(12, [outputs]))
    return linear.eval()


def torch_case(shape, outputs, bias, per_channel):
    config = per_channel_dynamic_qconfig if per_channel else default_dynamic_qconfig
    model = torch.nn.Sequential(layer(shape[-1], outputs, bias))
    quantized = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear: config})
    x = value(1, shape)
    weight = quantized[0].weight()
    packed = quantized[0]._packed_params._packed_params
    scales = weight.q_per_channel_scales().float() if per_channel else torch.tensor(weight.q_scale())
    return {
        "source": "torch",
        "shape": shape,
        "outputs": outputs,
        "bias": bias,
        "perChannel": per_channel,
        "weight": int8_bytes(weight.int_repr().numpy()),
        "scale": encoded(scales),
        "output": encoded(torch.ops.quantized.linear_dynamic(x, packed, False)),
    }


def onnx_model(shape, linear):
    weight = linear.weight.detach().numpy()
    tensors = [numpy_helper.from_array(np.ascontiguousarray(weight.T), "weight")]
    nodes = [helper.make_node("MatMul", ["x", "weight"], ["y" if linear.bias is None else "product"])]
    if linear.bias is not None:
        tensors.append(numpy_helper.from_array(linear.bias.detach().numpy(), "bias"))
        nodes.append(helper.make_node("Add", ["product", "bias"], ["y"]))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [*shape[:-1], weight.shape[0]])
    graph = helper.make_graph(nodes, "linear", [x], [y], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def onnxruntime_case(shape, outputs, bias, per_channel):
    with tempfile.TemporaryDirectory() as folder:
        float_path, path = Path(folder, "float.onnx"), Path(folder, "int8.onnx")
        onnx.save(onnx_model(shape, layer(shape[-1], outputs, bias)), float_path)
        quantize_dynamic(float_path, path, per_channel=per_channel, weight_type=QuantType.QInt8)
        tensors = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (y,) = session.run(None, {"x": value(1, shape).numpy()})
    scales = tensors["weight_scale"] if per_channel else tensors["weight_scale"].reshape(())
    return {
        "source": "onnxruntime",
        "shape": shape,
        "outputs": outputs,
        "bias": bias,
        "perChannel": per_channel,
        "weight": int8_bytes(tensors["weight_quantized"].T),
        "scale": encoded(torch.from_numpy(np.array(scales))),
        "output": encoded(torch.from_numpy(y)),
    }


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    cases = [
        make(shape, outputs, bias, per_channel)
        for make in (torch_case, onnxruntime_case)
        for shape, outputs in SHAPES
        for bias in (True, False)
        for per_channel in (True, False)
    ]
    head = {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__}
    path = ROOT / "packages/quantization/test/golden/dynamic-linear.json"
    write_json(path, {**head, "cases": cases})


if __name__ == "__main__":
    main()

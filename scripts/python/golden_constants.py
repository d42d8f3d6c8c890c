"""Values of constants that ONNX files compute in the graph, for the ONNX reader.

Writes packages/onnx/test/golden/constants.json: for each case a small model, and its output as ONNX Runtime computes
it without optimizations. Models with an input x are run on zeros: their output depends on the type of x only.

Run: python scripts/python/golden_constants.py
"""

import base64

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from golden import ROOT, write_json

OUTPUT = ROOT / "packages/onnx/test/golden/constants.json"

WEIGHT = np.sin(np.arange(24, dtype=np.float32)).reshape(2, 3, 4)
BYTES = np.array([[-128, -7, 0], [3, 90, 127]], np.int8)


def ints(*values):
    return np.array(values, np.int64)


def node(op, inputs, outputs=("y",), **attributes):
    return helper.make_node(op, list(inputs), list(outputs), **attributes)


def case(name, nodes, opset=17, x=None, **constants):
    """`x`: the shape of a float input, where the constant depends on the type of data."""
    y = helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)
    inputs = [] if x is None else [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)]
    initializers = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, "constants", inputs, [y], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    sizes = [size if isinstance(size, int) else 2 for size in x or []]
    (result,) = session.run(["y"], {} if x is None else {"x": np.zeros(sizes, np.float32)})
    return {
        "name": name,
        "model": base64.b64encode(model.SerializeToString()).decode("ascii"),
        "dtype": str(result.dtype),
        "shape": list(result.shape),
        "data": base64.b64encode(np.ascontiguousarray(result).tobytes()).decode("ascii"),
    }


def constant_cases():
    yield case("Constant, value", [node("Constant", [], value=numpy_helper.from_array(WEIGHT, "w"))])
    yield case("Constant, value_float", [node("Constant", [], value_float=0.1)])
    yield case("Constant, value_floats", [node("Constant", [], value_floats=[0.1, -2.0])])
    yield case("Constant, value_int", [node("Constant", [], value_int=7)])
    yield case("Constant, value_ints", [node("Constant", [], value_ints=[7, -1])])
    yield case("Identity of Identity", [node("Identity", "w", "a"), node("Identity", "a")], w=WEIGHT)
    yield case("Cast to float16", [node("Cast", "w", to=TensorProto.FLOAT16)], w=WEIGHT)
    yield case("Cast of float16", [node("Cast", "w", to=TensorProto.FLOAT)], w=WEIGHT.astype(np.float16))
    yield case("CastLike a constant", [node("CastLike", "bw")], b=BYTES, w=WEIGHT)
    yield case("CastLike data", [node("CastLike", "bx")], x=["batch"], b=BYTES)
    like = [node("Sigmoid", "x", "a"), node("Softmax", "a", "s"), node("CastLike", "bs")]
    yield case("CastLike data that layers compute", like, x=["batch", 3], b=BYTES)


def shape_cases():
    yield case("Transpose", [node("Transpose", "w", perm=[2, 0, 1])], w=WEIGHT)
    yield case("Transpose without perm", [node("Transpose", "w")], w=WEIGHT)
    yield case("Reshape", [node("Reshape", "ws")], w=WEIGHT, s=ints(0, -1, 2))
    yield case("Squeeze, opset 11", [node("Squeeze", "w", axes=[0])], opset=11, w=WEIGHT[:1])
    yield case("Squeeze", [node("Squeeze", "wa")], w=WEIGHT[:1], a=ints(-3))
    yield case("Squeeze of all", [node("Squeeze", "w")], w=WEIGHT[:1, :, :1])
    yield case("Unsqueeze, opset 11", [node("Unsqueeze", "w", axes=[0, 4])], opset=11, w=WEIGHT)
    yield case("Unsqueeze", [node("Unsqueeze", "wa")], w=WEIGHT, a=ints(-1, 1))
    for axis in (0, 1, 2, 3, -1):
        yield case(f"Flatten, axis {axis}", [node("Flatten", "w", axis=axis)], w=WEIGHT)
    yield case("Shape of a constant", [node("Shape", "w", start=-2)], w=WEIGHT)
    yield case("Shape of data", [node("Shape", "x")], x=[2, 3, 4])
    yield case("Shape of data but its batch", [node("Shape", "x", start=1)], x=["batch", 3, 4])
    inner = [node("Relu", "x", "a"), node("Shape", "a", "s"), node("Gather", "si")]
    yield case("Shape of data that layers compute", inner, x=[2, 5], i=np.array(1, np.int64))


def joining_cases():
    yield case("Gather", [node("Gather", "wi", axis=2)], w=WEIGHT, i=ints(1, -1))
    deep = WEIGHT.reshape(3, 4, 2)
    yield case("GatherND", [node("GatherND", "wi")], w=deep, i=ints([[2, -1], [0, 1]], [[1, 0], [-3, 3]]))
    yield case("GatherND of slices", [node("GatherND", "wi", batch_dims=0)], w=deep, i=ints([2], [-2]))
    yield case("Slice", [node("Slice", "wseat")], w=WEIGHT, s=ints(-1, 0), e=ints(-9, 2), a=ints(2, 1), t=ints(-2, 1))
    yield case("Concat", [node("Concat", "ww", axis=1)], w=WEIGHT)
    yield case("Expand", [node("Expand", "ws")], w=WEIGHT[:, :1], s=ints(3, 1))
    shape = [node("Shape", "w", "s"), node("ConstantOfShape", "s")]
    yield case("ConstantOfShape", shape, w=WEIGHT)
    zeros = np.array([0.5], np.float16)
    yield case("ConstantOfShape, value", [node("ConstantOfShape", "s", value=numpy_helper.from_array(zeros))], s=ints(2))
    for name, dtype, numbers in (
        ("Range", np.int64, (3, -4, -2)),
        ("Range of nothing", np.int32, (3, 1, 1)),
        ("Range of floats", np.float32, (0.1, 1.25, 0.3)),
    ):
        start, limit, delta = (np.array(number, dtype) for number in numbers)
        yield case(name, [node("Range", ["start", "limit", "delta"])], start=start, limit=limit, delta=delta)


def arithmetic_cases():
    row = np.array([[0.3], [-1.7], [2.9]], np.float32)
    for op in ("Add", "Sub", "Mul", "Div"):
        yield case(f"{op} of floats", [node(op, "wr")], w=WEIGHT, r=row)
        yield case(f"{op} of integers", [node(op, "ab")], a=ints(-7, 9), b=ints(2))
        yield case(f"{op} of float16", [node(op, "ab")], a=WEIGHT.astype(np.float16), b=row.astype(np.float16))
    yield case("Div, the constant first", [node("Div", "rw")], w=WEIGHT + 2, r=row[1])
    yield case("Pow", [node("Pow", "we")], w=WEIGHT, e=np.array(2, np.float32))
    yield case("Pow by an integer", [node("Pow", "we")], w=WEIGHT, e=ints(2))
    yield case("Neg", [node("Neg", "w")], w=WEIGHT)
    yield case("Neg of integers", [node("Neg", "a")], a=ints(-7, 9))
    yield case("Sqrt", [node("Sqrt", "w")], w=WEIGHT + 2)
    yield case("Reciprocal", [node("Reciprocal", "w")], w=WEIGHT + 2)
    yield case("Floor", [node("Floor", "w")], w=WEIGHT * 3)
    yield case("Mod", [node("Mod", "ab")], a=ints(-7, 7, 0), b=ints(3))
    yield case("Mod by a negative number", [node("Mod", "ab", fmod=0)], a=ints(-7, 7, 0), b=ints(-3))
    for op in ("Max", "Min"):
        yield case(f"{op} of integers", [node(op, "abc")], a=ints(-7, 9), b=ints([2], [10]), c=ints(4))
        yield case(f"{op} of one", [node(op, "w")], w=WEIGHT)
    yield case("Equal", [node("Equal", "ab")], a=ints(-7, 2), b=ints([2], [-7]))
    scale = [node("Add", "ve", "a"), node("Sqrt", "a", "s"), node("Div", "gs")]
    yield case("gamma / sqrt(var + eps)", scale, v=row[:, 0] + 3, g=row[:, 0], e=np.array(1e-5, np.float32))


def approximate_cases():
    for op in ("Exp", "Sin", "Cos", "Tanh", "Sigmoid", "Abs", "Ceil"):
        yield case(op, [node(op, "w")], w=WEIGHT * 3)
    yield case("Log", [node("Log", "w")], w=WEIGHT + 2)
    yield case("Clip", [node("Clip", "wab")], w=WEIGHT, a=np.array(-0.5, np.float32), b=np.array(0.25, np.float32))
    yield case("Clip from below", [node("Clip", "wa")], w=WEIGHT, a=np.array(-0.5, np.float32))
    yield case("Clip, opset 10", [node("Clip", "w", min=-0.5, max=0.25)], opset=10, w=WEIGHT)
    yield case("Clip of integers", [node("Clip", ["a", "", "b"])], a=ints(-7, 9), b=np.array(2, np.int64))
    for op in ("L1", "L2", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"):
        axes = {} if op == "Sum" else {"axes": [0, -1]}
        given = {"axes": ints(0, -1)} if op == "Sum" else {}
        yield case(f"Reduce{op}", [node(f"Reduce{op}", ["w", *given], **axes)], w=WEIGHT, **given)
        yield case(f"Reduce{op} of all", [node(f"Reduce{op}", "w", keepdims=0)], w=WEIGHT)
    for op in ("Max", "Min", "Prod", "Sum"):
        yield case(f"Reduce{op} of integers", [node(f"Reduce{op}", "a", keepdims=0)], a=ints([-7, 9], [3, 2]))
    yield case("ReduceMean, opset 18", [node("ReduceMean", "wa")], opset=18, w=WEIGHT, a=ints(1))
    yield case("ReduceMean of float16", [node("ReduceMean", "w", axes=[1])], w=WEIGHT.astype(np.float16))
    channels = [np.array(values, np.float32) for values in ([0.5, -1.5, 2], [1, 0, -1], [0.1, 0.2, -0.3], [1, 0.25, 4])]
    given = dict(zip("sbmv", channels))
    yield case("BatchNormalization", [node("BatchNormalization", "wsbmv", epsilon=0.01)], w=WEIGHT, **given)
    training = node("BatchNormalization", "wsbmv", ["y", "mean", "var"], training_mode=1)
    yield case("BatchNormalization in training mode", [training], w=WEIGHT, **given)
    for op in ("Softmax", "LogSoftmax"):
        yield case(op, [node(op, "w")], w=WEIGHT * 9)
        yield case(f"{op} of channels", [node(op, "w", axis=1)], w=WEIGHT)
        yield case(f"{op}, opset 11", [node(op, "w", axis=1)], opset=11, w=WEIGHT)
    other = WEIGHT.reshape(2, 4, 3)
    yield case("MatMul", [node("MatMul", "ab")], a=WEIGHT, b=other)
    yield case("MatMul over a batch", [node("MatMul", "ab")], a=WEIGHT[:, None], b=other[None])
    yield case("MatMul of vectors", [node("MatMul", "ab")], a=WEIGHT[0, 0], b=WEIGHT[1, 2])
    yield case("MatMul by a vector", [node("MatMul", "ab")], a=WEIGHT, b=WEIGHT[1, 2])


def quantized_cases():
    one = np.array(0.037, np.float32)
    each = np.array([0.1, 0.037, 2.5], np.float32)
    points = np.array([1, -3, 100], np.int8)
    bias = np.array([123456789, -7, 40], np.int32)
    dequantize = "DequantizeLinear"
    yield case("int8, per tensor", [node(dequantize, "bs")], b=BYTES, s=one)
    yield case("int8, per tensor, zero point", [node(dequantize, "bsz")], b=BYTES, s=one, z=points[0])
    yield case("uint8, per tensor", [node(dequantize, "bsz")], b=BYTES.view(np.uint8), s=one, z=np.array(128, np.uint8))
    yield case("int8, per axis", [node(dequantize, "bs", axis=1)], b=BYTES, s=each)
    yield case("int8, per axis by default", [node(dequantize, "bsz")], b=BYTES, s=each, z=points)
    yield case("int8, first axis", [node(dequantize, "bsz", axis=0)], b=BYTES, s=each[:2], z=points[:2])
    yield case("int8, axis from the end", [node(dequantize, "bsz", axis=-2)], b=BYTES, s=each[:2], z=points[:2])
    yield case("int32 bias", [node(dequantize, "bs")], b=bias, s=one)
    yield case("int32 bias, per axis", [node(dequantize, "bs", axis=0)], b=bias, s=each)
    yield case("float16 scale", [node(dequantize, "bs")], opset=19, b=BYTES, s=one.astype(np.float16))


def main():
    cases = [
        *constant_cases(),
        *shape_cases(),
        *joining_cases(),
        *arithmetic_cases(),
        *approximate_cases(),
        *quantized_cases(),
    ]
    write_json(OUTPUT, {"onnxruntime": onnxruntime.__version__, "cases": cases})


if __name__ == "__main__":
    main()

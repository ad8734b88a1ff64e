"""Writes the small models of the journeys.

Run with Python 3 and onnx ≥ 1.12: python3 make-models.py
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F, I, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
info = helper.make_tensor_value_info
rng = np.random.default_rng(7)


def save(name, nodes, inputs, outputs, weights=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(value, key) for key, value in weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="journeys")
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, f"{name}.onnx")


# A Loop of 2^62 rounds: a run that never returns. The input "rounds" can make it short.
body = helper.make_graph(
    [helper.make_node("Add", ["carried", "one"], ["next"]), helper.make_node("Identity", ["going"], ["still"])],
    "body",
    [info("round", I, []), info("going", B, []), info("carried", F, ["batch"])],
    [info("still", B, []), info("next", F, ["batch"])],
    [numpy_helper.from_array(np.float32([1]), "one")],
)
save(
    "loop",
    [helper.make_node("Loop", ["rounds", "yes", "x"], ["y"], body=body)],
    [info("x", F, ["batch"]), info("rounds", I, [])],
    [info("y", F, ["batch"])],
    [("yes", np.array(True))],
)

# Declares its first dimension as a batch, and mixes its rows.
save(
    "mixes-rows",
    [helper.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1), helper.make_node("Sub", ["x", "mean"], ["centred"]), helper.make_node("Add", ["centred", "one"], ["y"])],
    [info("x", F, ["batch", 4])],
    [info("y", F, ["batch", 4])],
    [("one", np.float32([1]))],
)

# Two layers with independent rows, large enough to make a GPU worth a try.
save(
    "two-layers",
    [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["y"]),
    ],
    [info("x", F, ["batch", 64])],
    [info("y", F, ["batch", 10])],
    [
        ("w1", rng.normal(0, 0.1, (64, 128)).astype(np.float32)),
        ("b1", rng.normal(0, 0.1, 128).astype(np.float32)),
        ("w2", rng.normal(0, 0.1, (128, 10)).astype(np.float32)),
        ("b2", rng.normal(0, 0.1, 10).astype(np.float32)),
    ],
)

# Some milliseconds of work for a CPU, in a small file.
def conv(name, x, y, outs, ins, k=3):
    weights.append((f"{name}_w", rng.normal(0, (2 / (ins * k * k)) ** 0.5, (outs, ins, k, k)).astype(np.float32)))
    weights.append((f"{name}_b", rng.normal(0, 0.1, outs).astype(np.float32)))
    return helper.make_node("Conv", [x, f"{name}_w", f"{name}_b"], [y], pads=[1, 1, 1, 1], kernel_shape=[k, k])


weights = []
save(
    "convolutions",
    [
        conv("a", "image", "a", 16, 1), helper.make_node("Relu", ["a"], ["ra"]),
        conv("b", "ra", "b", 16, 16), helper.make_node("Relu", ["b"], ["rb"]),
        conv("c", "rb", "c", 16, 16), helper.make_node("Relu", ["c"], ["rc"]),
        conv("d", "rc", "d", 8, 16), helper.make_node("GlobalAveragePool", ["d"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["scores"]),
    ],
    [info("image", F, ["batch", 1, 96, 96])],
    [info("scores", F, ["batch", 8])],
    weights,
)

# Several outputs of several types, and an input without dimensions.
save(
    "many-outputs",
    [
        helper.make_node("Mul", ["x", "scale"], ["scaled"]),
        helper.make_node("Cast", ["scaled"], ["whole"], to=I),
        helper.make_node("Greater", ["scaled", "zero"], ["positive"]),
        helper.make_node("Shape", ["x"], ["size"]),
    ],
    [info("x", F, ["rows", "columns"]), info("scale", F, [])],
    [info("scaled", F, ["rows", "columns"]), info("whole", I, ["rows", "columns"]), info("positive", B, ["rows", "columns"]), info("size", I, [2])],
    [("zero", np.float32(0))],
)

# An operator that no runtime has.
graph = helper.make_graph([helper.make_node("Frobnicate", ["x"], ["y"], domain="com.example")], "custom", [info("x", F, [1])], [info("y", F, [1])])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid("com.example", 1)])
model.ir_version = 8
onnx.save(model, "custom-operator.onnx")

# Weights in a file beside the model.
weights = rng.normal(0, 1, (4, 3)).astype(np.float32)
graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "external", [info("x", F, ["batch", 4])], [info("y", F, ["batch", 3])], [numpy_helper.from_array(weights, "w")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
model.ir_version = 8
onnx.save_model(model, "external.onnx", save_as_external_data=True, all_tensors_to_one_file=True, location="external.bin", size_threshold=0)

# Normalises values with a large mean and a small spread, like raw sensor units. E[x²] − E[x]² in
# float32 loses all digits. ONNX Runtime's WebGPU kernel computes the variance in that way; its CPU
# kernel does not.
weights = []
save(
    "small-spread",
    [
        helper.make_node("Mul", ["x", "spread"], ["spread_x"]), helper.make_node("Add", ["spread_x", "mean"], ["raw"]),
        helper.make_node("InstanceNormalization", ["raw", "one", "zero"], ["normal"], epsilon=1e-5), helper.make_node("Tile", ["normal", "repeats"], ["large"]),
        conv("a", "large", "a", 16, 1), helper.make_node("Relu", ["a"], ["ra"]),
        conv("b", "ra", "b", 16, 16), helper.make_node("Relu", ["b"], ["rb"]),
        conv("c", "rb", "c", 8, 16), helper.make_node("GlobalAveragePool", ["c"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["scores"]),
    ],
    [info("x", F, [1, 1, 8, 8])],
    [info("scores", F, [1, 8])],
    [("spread", np.float32([0.33])), ("mean", np.float32([500])), ("one", np.float32([1])), ("zero", np.float32([0])), ("repeats", np.int64([1, 1, 8, 8])), *weights],
)

# A missing value comes in as NaN and must come out as NaN. ONNX Runtime's WebGPU kernel of Relu
# makes it 0.
save(
    "missing-values",
    [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("MatMul", ["r", "w"], ["y"])],
    [info("x", F, [1, 8])],
    [info("y", F, [1, 4])],
    [("w", rng.normal(0, 0.5, (8, 4)).astype(np.float32))],
)

# Fixed sizes and two outputs: a GPU can keep buffers for them.
weights = []
save(
    "fixed-size",
    [
        conv("a", "image", "a", 8, 1), helper.make_node("Relu", ["a"], ["ra"]),
        conv("b", "ra", "b", 8, 8), helper.make_node("Relu", ["b"], ["features"]),
        helper.make_node("GlobalAveragePool", ["features"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["scores"]),
    ],
    [info("image", F, [1, 1, 28, 28])],
    [info("scores", F, [1, 8]), info("features", F, [1, 8, 28, 28])],
    weights,
)

# The types that a GPU holds, in sizes that are no multiple of four bytes.
save(
    "fixed-types",
    [
        helper.make_node("Where", ["mask", "x", "half"], ["chosen"]), helper.make_node("Greater", ["chosen", "half"], ["large"]),
        helper.make_node("Add", ["count", "count"], ["twice"]), helper.make_node("Cast", ["x"], ["unsigned"], to=TensorProto.UINT32),
    ],
    [info("x", F, [5]), info("mask", B, [5]), info("count", TensorProto.INT32, [])],
    [info("chosen", F, [5]), info("large", B, [5]), info("twice", TensorProto.INT32, []), info("unsigned", TensorProto.UINT32, [5])],
    [("half", np.float32(0.5))],
)

# Declares a wrong shape that only a run can detect.
save(
    "wrong-shape",
    [helper.make_node("Cast", ["shape"], ["whole"], to=I), helper.make_node("Reshape", ["x", "whole"], ["y"])],
    [info("x", F, [4]), info("shape", F, [2])],
    [info("y", F, [2, 2])],
)

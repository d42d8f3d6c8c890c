"""Writes ONNX's backend tests as folders, into .cache/onnx-backend-tests/ (not committed).

The onnx package has the node tests as Python only; the others are copied, so that one folder has them all.
`scripts/conformance-onnx.mjs` runs them.
"""

import argparse
import json
import shutil
from pathlib import Path

import onnx
from onnx import TensorProto, numpy_helper
from onnx.backend.test.loader import DATA_DIR, load_node_model_tests

ROOT = Path(__file__).resolve().parents[2]


def proto_of(value, info):
    """A value as the message that the backend tests keep it in, by the type of the input or output that it is of."""
    if isinstance(value, TensorProto):
        return value
    make = {
        "sequence_type": numpy_helper.from_list,
        "optional_type": numpy_helper.from_optional,
        "map_type": numpy_helper.from_dict,
    }.get(info.type.WhichOneof("value"), numpy_helper.from_array)
    return make(value, info.name)


def write_values(folder, kind, values, infos):
    for i, (value, info) in enumerate(zip(values, infos)):
        (folder / f"{kind}_{i}.pb").write_bytes(proto_of(value, info).SerializeToString())


def write_case(case, folder):
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    (folder / "data.json").write_text(json.dumps({"rtol": case.rtol, "atol": case.atol}))
    for i, (inputs, outputs) in enumerate(case.data_sets):
        data = folder / f"test_data_set_{i}"
        data.mkdir()
        write_values(data, "input", inputs, case.model.graph.input)
        write_values(data, "output", outputs, case.model.graph.output)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / ".cache/onnx-backend-tests")
    folder = parser.parse_args().folder
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DATA_DIR, folder)
    cases = load_node_model_tests()
    for case in cases:
        write_case(case, folder / "node" / case.name)
    (folder / "version.json").write_text(json.dumps({"onnx": onnx.__version__}))
    print(f"{len(cases)} node tests of onnx {onnx.__version__} in {folder}")


if __name__ == "__main__":
    main()

"""Write down in which opsets the meaning of each ONNX operator changed, from the registry of the onnx package.

Run: python scripts/python/operator_versions.py > packages/onnx/src/operator-versions.ts
"""

from collections import defaultdict

import onnx

versions = defaultdict(set)
for schema in onnx.defs.get_all_schemas_with_history():
    if schema.domain == "":
        versions[schema.name].add(schema.since_version)

print("/*")
print(" * Made by scripts/python/operator_versions.py; do not edit.")
print(" */")
print()
print(f"/** The newest opset that the table knows: onnx {onnx.__version__}. */")
print(f"export const newestOpset = {onnx.defs.onnx_opset_version()}")
print()
print("/** The opsets in which each of ONNX's operators was introduced or changed. */")
print("export const operatorVersions: ReadonlyMap<string, readonly number[]> = new Map([")
for name in sorted(versions):
    print(f"  ['{name}', {sorted(versions[name])}],")
print("])")

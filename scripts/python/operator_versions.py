"""Write down what each ONNX operator takes and gives in each opset, from the registry of the onnx package.

Run: python scripts/python/operator_versions.py > packages/onnx/src/operator-versions.ts
"""

from collections import defaultdict

import onnx

OLDEST_OPSET = 7
MANY = 2**31 - 1

versions = defaultdict(dict)
for schema in onnx.defs.get_all_schemas_with_history():
    if schema.domain == "":
        versions[schema.name][schema.since_version] = schema


def count(least, most):
    return f"{least}-{'*' if most == MANY else most}"


def attribute(name, definition):
    return f"{name}:{definition.type.value}{'!' if definition.required else ''}"


def signature(schema):
    if schema.deprecated:
        return "gone"
    attributes = [attribute(name, definition) for name, definition in sorted(schema.attributes.items())]
    counts = [count(schema.min_input, schema.max_input), count(schema.min_output, schema.max_output)]
    return " ".join(counts + attributes)


def line(name):
    """`Add 1 | 6 | 7 2-2 1-1 | 13 | 14`"""
    before = None
    said = []
    known = sorted(versions[name])
    for since, until in zip(known, known[1:] + [MANY]):
        text = signature(versions[name][since])
        is_said = text != before and until > OLDEST_OPSET
        said.append(f"{since}{f' {text}' if is_said else ''}")
        before = text if until > OLDEST_OPSET else None
    return f"{name} {' | '.join(said)}"


print("/*")
print(" * Made by scripts/python/operator_versions.py; do not edit.")
print(" */")
print()
print(f"/** The newest opset that the table knows: onnx {onnx.__version__}. */")
print(f"export const newestOpset = {onnx.defs.onnx_opset_version()}")
print()
print("/**")
print(" * A line for each of ONNX's operators: the opsets in which it was introduced or changed. From opset 7 on, what it takes")
print(" * there, unless that is as before: how many inputs and outputs, and attributes with their types, `!` where it needs")
print(" * them. `gone` where it is no operator any more.")
print(" */")
print("export const operatorTable = `")
for name in sorted(versions):
    print(line(name))
print("`")

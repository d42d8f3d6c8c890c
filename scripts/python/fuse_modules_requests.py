"""Cases of golden_fuse_modules.py: what can be asked for, rightly or wrongly, of a few layers."""

from fuse_modules_rows import ROWS, case, input_shape, layers_of

CONV, BN, RELU = ["Conv2d", 4, 4, [2, 1]], ["BatchNorm2d", 4], ["ReLU"]
NETWORK = {
    "conv": CONV,
    "bn": BN,
    "relu": RELU,
    "sub": {"conv": CONV, "bn": BN},
    "list": {"0": CONV, "1": BN},
}
BOTH = [["conv", "bn", "relu"], ["sub.conv", "sub.bn"]]

# What is given as the list of groups, for NETWORK.
GROUPS = {
    "one list of names": ["conv", "bn", "relu"],
    "a list of lists": BOTH,
    "a list of lists, the other way round": BOTH[::-1],
    "digits in a path": ["list.0", "list.1"],
    "an empty list": [],
    "an empty group": [[]],
    "a plain string": "conv",
    "names, then a list": ["conv", ["sub.conv", "sub.bn"]],
    "a list, then a name": [["sub.conv", "sub.bn"], "conv"],
    "numbers": [1, 2],
    "a list of nothing": [None],
    "nothing": None,
    "an iterator of lists": {"iterator": BOTH},
    "an iterator of names": {"iterator": ["conv", "bn"]},
    "one name": ["conv"],
    "the same name twice": ["conv", "conv"],
    "the same group twice": [["conv", "bn"], ["conv", "bn"]],
    "a group that goes on from another": [["conv", "bn"], ["conv", "relu"]],
    "a group that goes on from another, in the wrong order": [["conv", "relu"], ["conv", "bn"]],
    "an unknown name": ["conv", "nope"],
    "an unknown name in a submodule": ["list.0", "list.9"],
    "an unknown submodule": ["nope.conv", "bn"],
    "a negative index": ["list.-1", "bn"],
    "an empty name": ["", "bn"],
    "a slice": ["list.0:2"],
    "a wildcard": ["sub.*"],
    "an attribute that is no module": ["training", "bn"],
    "layers that do not follow each other": ["conv", "sub.bn"],
    "layers with another between them": ["conv", "relu"],
    "layers in another order than they run": ["bn", "conv"],
}


def group_cases():
    for name, groups in GROUPS.items():
        yield case(f"groups/{name}", NETWORK, groups)
    broken = [["conv", "bn"], ["sub.conv", "sub.bn9"]]
    yield case("groups/one that fails after one that does not, in place", NETWORK, broken, inplace=True)
    yield case("groups/in place", NETWORK, BOTH, inplace=True)
    yield case("groups/no model", NETWORK, ["conv", "bn"], model=None)


def dataflow_cases():
    """Modules under two names, or called from two places."""
    shared = {"a": CONV, "relu1": RELU, "b": CONV, "relu2": ["same", "relu1"]}
    yield case("dataflow/a ReLU under two names, one fused", shared, ["a", "relu1"])
    yield case("dataflow/a ReLU under two names, both fused", shared, [["a", "relu1"], ["b", "relu2"]])
    alias = {"conv": CONV, "bn": BN, "again": ["same", "conv"]}
    yield case("dataflow/a convolution under two names", alias, ["conv", "bn"])
    twice = {"a": CONV, "b": CONV, "relu": RELU}
    calls = ["a", "relu", "b", "relu"]
    yield case("dataflow/a ReLU called twice, fused once", twice, ["a", "relu"], calls=calls)
    both = [["a", "relu"], ["b", "relu"]]
    yield case("dataflow/a ReLU called twice, fused twice", twice, both, calls=calls)
    between = {"conv": CONV, "act": ["Sigmoid"], "bn": BN}
    yield case("dataflow/something between the layers", between, ["conv", "bn"])
    again = {"conv": CONV, "bn": BN}
    calls = ["conv", "conv", "bn"]
    yield case("dataflow/a convolution called twice", again, ["conv", "bn"], calls=calls)


CONFIGS_FOR_CONV_BN = [
    "conv, bn gives bn",
    "a bare kind as the key",
    "no method",
    "no mapping",
    "other keys only",
    "no dictionary",
]


def own_method_cases():
    short = {"conv": CONV, "bn": BN, "relu": RELU, "drop": ["Dropout"], "tanh": ["Tanh"]}
    pair = {"conv": CONV, "drop": ["Dropout"]}
    for name in ["identities", "nothing in each place", "numbers", "a number", "unchanged"]:
        yield case(f"fuser func/{name}", short, ["conv", "bn"], fuser_func=name)
    yield case("fuser func/of one layer", short, ["conv"], fuser_func="identities")
    for name in ["one too few", "one too many"]:
        yield case(f"fuser func/{name}", short, ["conv", "bn"], fuser_func=name, inplace=True)
    yield case("mapping/one layer", short, ["conv"], config="one layer")
    yield case("mapping/four layers", short, ["conv", "bn", "relu", "drop"], config="four layers")
    tanh = {"conv": CONV, "tanh": ["Tanh"]}
    name = "container for its own"
    yield case(f"mapping/{name}", tanh, ["conv", "tanh"], config=name)
    for name in ["conv, dropout", "a class as the method", "a method that gives nothing"]:
        yield case(f"mapping/{name}", pair, ["conv", "drop"], config=name)
    for name in CONFIGS_FOR_CONV_BN:
        yield case(f"mapping/{name}", short, ["conv", "bn"], config=name)
    hooks = [["conv", "pre", "first"], ["drop", "post", "last"]]
    for name in ["conv, dropout", "a method that gives nothing"]:
        yield case(f"mapping/{name}, with hooks", pair, ["conv", "drop"], config=name, hooks=hooks)


def hook_cases():
    hooks = [
        [path, when, f"{path}.{when}"] for path in ("layer", "bn", "act2") for when in ("pre", "post")
    ]
    for row in ["conv2d-bn", "conv2d-bn-relu", "conv2d-relu", "linear-bn", "linear-relu", "bn2d-relu"]:
        layers = layers_of(ROWS[row])
        if "act1" in layers:
            layers["act2"] = layers.pop("act1")
        names = list(layers)
        given = {"hooks": [hook for hook in hooks if hook[0] in names], "run": input_shape(ROWS[row])}
        yield case(f"hooks/{row}/inference", layers, names, **given)
        yield case(f"hooks/{row}/qat", layers, names, ["", *names], "fuse_modules_qat", **given)
    layers = layers_of(ROWS["conv2d-relu"])
    ordered = [
        ["layer", "pre", "1"],
        ["layer", "pre", "2"],
        ["layer", "pre", "0", {"prepend": True}],
        ["act1", "post", "4"],
        ["act1", "post", "5"],
        ["act1", "post", "3", {"prepend": True}],
    ]
    names = ["layer", "act1"]
    yield case("hooks/several of a layer, in order", layers, names, hooks=ordered, run=[2, 4, 2, 2])
    always = [["act1", "post", "always", {"always_call": True}]]
    yield case("hooks/one that is always called", layers, names, hooks=always)


def request_cases():
    for cases in (group_cases, dataflow_cases, own_method_cases, hook_cases):
        yield from cases()

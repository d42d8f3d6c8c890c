"""Fuser functions and mappings of one's own, by the names that cases use; see golden_fuse_modules.py."""

from torch import nn


def identities(modules, *_):
    return [nn.Identity() for _ in modules]


FUSER_FUNCS = {
    "identities": identities,
    "one too few": lambda modules, *_: [nn.Identity() for _ in modules[1:]],
    "one too many": lambda modules, *_: [*identities(modules), nn.Identity()],
    "nothing in each place": lambda modules, *_: [None for _ in modules],
    "numbers": lambda modules, *_: [5 for _ in modules],
    "a number": lambda *_: 5,
    "unchanged": lambda modules, *_: modules,
}


def first(_is_qat, *modules):
    return modules[0]


def second(_is_qat, *modules):
    return modules[1]


def mapping(*entries):
    return {"additional_fuser_method_mapping": dict(entries)}


CONFIGS = {
    "one layer": mapping(((nn.Conv2d,), lambda *_: nn.Identity())),
    "conv, dropout": mapping(((nn.Conv2d, nn.Dropout), first)),
    "four layers": mapping(((nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.Dropout), second)),
    "conv, bn gives bn": mapping(((nn.Conv2d, nn.BatchNorm2d), second)),
    "container for its own": mapping(((nn.Conv2d, nn.Tanh), lambda _, *layers: nn.Sequential(*layers))),
    "a class as the method": mapping(((nn.Conv2d, nn.Dropout), nn.Sequential)),
    "a bare kind as the key": mapping((nn.Conv2d, first)),
    "a method that gives nothing": mapping(((nn.Conv2d, nn.Dropout), lambda *_: None)),
    "no method": mapping(((nn.Conv2d, nn.BatchNorm2d), None)),
    "no mapping": {"additional_fuser_method_mapping": None},
    "other keys only": {"something_else": 1},
    "no dictionary": 5,
}

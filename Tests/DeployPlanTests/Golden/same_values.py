"""Says whether a YAML stream and a JSON list hold the same values, read by a YAML 1.1 parser.

usage: same_values.py YAML JSON
"""
import json
import sys

import yaml

documents = list(yaml.load_all(open(sys.argv[1]), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
expected = json.load(open(sys.argv[2]))


def differences(found, wanted, path):
    if type(found) is not type(wanted):
        yield f"{path}: {found!r} is no {wanted!r}"
    elif isinstance(found, dict):
        if list(found) != list(wanted):
            yield f"{path}: keys {list(found)} are not {list(wanted)}"
        for key in wanted:
            if key in found:
                yield from differences(found[key], wanted[key], f"{path}.{key}")
    elif isinstance(found, list):
        if len(found) != len(wanted):
            yield f"{path}: {len(found)} items, not {len(wanted)}"
        for index, pair in enumerate(zip(found, wanted)):
            yield from differences(*pair, f"{path}[{index}]")
    elif found != wanted:
        yield f"{path}: {found!r} is not {wanted!r}"


for fault in differences(documents, expected, ""):
    print(fault)
print(f"{len(documents)} documents")

"""Says of each object, one JSON a line on stdin, whether the published schemas take it: `ok`, or why not.

Kubernetes' kinds by PyPI's kubernetes-validate (strict), Istio's and the operator's by crdcheck.py and the definitions,
whose folders are the arguments.
"""
import importlib.util
import json
import os
import sys

import jsonschema
import kubernetes_validate
import referencing

spec = importlib.util.spec_from_file_location("crdcheck", sys.argv[1])
crdcheck = importlib.util.module_from_spec(spec)
spec.loader.exec_module(crdcheck)
custom = crdcheck.load(sys.argv[2])
folder = os.path.join(os.path.dirname(kubernetes_validate.__file__), "kubernetes-json-schema", "v1.36.0-local-strict")
definitions = json.load(open(os.path.join(folder, "_definitions.json")))
validators = {}


def kubernetes(item):
    group, _, version = item["apiVersion"].rpartition("/")
    prefix = group.split(".")[0]
    name = "%s-%s.json" % (item["kind"].lower(), "-".join(filter(None, [prefix, version])))
    if name not in validators:
        schema = json.load(open(os.path.join(folder, name)))
        registry = referencing.Registry().with_resources(
            [(definitions["$id"], referencing.Resource.from_contents(definitions))])
        resource = referencing.Resource.from_contents(schema)
        validators[name] = jsonschema.validators.Draft202012Validator(schema, registry=resource @ registry)
    return [error.message[:200] for error in validators[name].iter_errors(item)]


for line in sys.stdin:
    item = json.loads(line)
    faults = crdcheck.check(custom, item)
    if faults is None:
        faults = kubernetes(item)
    print(json.dumps(faults[:3]), flush=True)

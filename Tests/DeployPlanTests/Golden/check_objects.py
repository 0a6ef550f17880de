"""Reads YAML streams and says what is wrong with each object.

usage: check_objects.py CRDCHECK CRD_DIR VERSIONS FILE...

Objects of Kubernetes itself are checked by kubernetes-validate's strict schemas of each of VERSIONS (1.31,1.34,…), all others by
CRDCHECK, a module that checks against the CustomResourceDefinitions of CRD_DIR. Prints a line for each fault, and last how many
objects of how many kinds were checked.
"""
import importlib.util
import json
import re
import sys

import jsonschema
import yaml
from referencing import Registry, Resource
import kubernetes_validate.utils as official

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

crdcheck_path, crd_folder, versions = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
spec = importlib.util.spec_from_file_location("crdcheck", crdcheck_path)
crdcheck = importlib.util.module_from_spec(spec)
spec.loader.exec_module(crdcheck)
custom = crdcheck.load(crd_folder)
custom_groups = {version.split("/")[0] for version, _ in custom}
validators = {}


def validator(version, api_version, kind):
    key = (version, api_version, kind)
    if key not in validators:
        available = [v for v in official.all_versions() if official.major_minor(v) == version]
        folder = f"kubernetes-json-schema/v{available[-1]}-local-strict"
        name = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
        schema = official.schema_contents(f"{folder}/{kind.lower()}-{name}.json", version)
        definitions = official.schema_contents(f"{folder}/_definitions.json", version)
        registry = Resource.from_contents(definitions) @ (Resource.from_contents(schema) @ Registry())
        validators[key] = jsonschema.validators.Draft202012Validator(schema, registry=registry)
    return validators[key]


def faults(item):
    api_version, kind = item["apiVersion"], item["kind"]
    if api_version.split("/")[0] in custom_groups:
        for fault in crdcheck.check(custom, item):
            yield fault
        return
    for version in versions:
        try:
            for error in validator(version, api_version, kind).iter_errors(item):
                where = ".".join(str(part) for part in error.absolute_path)
                yield f"{version}: {where}: {error.message}"
        except FileNotFoundError:
            yield f"{version}: no schema for {api_version} {kind}"


count, kinds, known = 0, set(), {}
for path in sys.argv[4:]:
    for item in yaml.load_all(open(path), Loader=Loader):
        count += 1
        kinds.add(item["kind"])
        key = json.dumps(item, sort_keys=True)
        if key not in known:
            known[key] = list(faults(item))
        for fault in known[key]:
            print(f"{path}: {item['kind']} {item['metadata']['name']}: {fault}")
for rule in sorted(crdcheck.unknown):
    print(f"a rule of the definitions was not checked: {rule}")
print(f"{count} objects of {len(kinds)} kinds")

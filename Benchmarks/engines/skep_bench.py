"""The benchmark harness's scrape configuration and rule file as a system file: skep_bench.py SCRAPE RULES FOLDER."""
import json
import re
import sys


def configure(scrape, rules, folder):
    """The harness writes one job of static targets, or none; Skep gets the same ones as a file_sd file."""
    text = open(scrape).read()
    interval = (re.search(r"scrape_interval: (\S+)", text) or [0, "1s"])[1]
    targets = re.findall(r"'([^']+:\d+)'", text)
    groups = [{"targets": [t], "labels": {"agent_id": f"agent-{i:04d}"}} for i, t in enumerate(targets)]
    with open(f"{folder}/targets.json", "w") as f:
        json.dump(groups, f)
    with open(f"{folder}/system.yaml", "w") as f:
        f.write(f"system: bench\nmonitoring:\n  collection_interval: {interval}\n  collection_timeout: {interval}\n"
                f"  retention: 30d\n  discovery_files: ['{folder}/targets.json']\n")
        if rules:
            f.write(f"rule_files: ['{rules}']\n")


configure(*sys.argv[1:])

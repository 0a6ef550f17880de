#!/bin/bash
# From a sample's arrival to the handler being called, under w1's load: 500 targets × 200 series, every second, with a rule
# on a noisy gauge of each. Prints Skep's own histogram. Needs what run.sh builds.
set -euo pipefail
cd "$(dirname "$0")/.."
work=${BENCH_WORK:-$PWD/.build-bench}
folder=$(mktemp -d)
port=${SKEP_BENCH_PORT:-17540}
"$work/benchgen" scrape -n 500 -base 20000 &
generator=$!
stop() { kill "$skep" "$generator" 2>/dev/null; wait "$skep" "$generator" 2>/dev/null || true; rm -rf "$folder"; }
skep=
trap stop EXIT
targets=$(python3 -c "print(', '.join(f\"'127.0.0.1:{20001+i}'\" for i in range(500)))")
printf "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n  - static_configs:\n      - targets: [%s]\n" "$targets" >"$folder/scrape.yml"
python3 Benchmarks/engines/skep_bench.py configure "$folder/scrape.yml" "$folder"
cat >>"$folder/system.yaml" <<YAML
alert_rules:
  - {name: busy, description: '{agent_id} has {value} waiting', condition_type: threshold, metric_name: agent_load1, operator: '>', threshold: 1}
YAML
"${SKEP:-.build-release/release/skep}" serve --config "$folder/system.yaml" --listen 127.0.0.1:$port --data-dir "$folder/data" --log-level error &
skep=$!
sleep "${1:-60}"
curl -fsS "http://127.0.0.1:$port/metrics" | grep -E '^skep_alert_delivery_seconds|^skep_alert.*total'

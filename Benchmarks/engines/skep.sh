#!/bin/bash
# Skep as an engine of the side-by-side benchmark; SKEP names the release binary.
. "${BENCH_COMMON:?the folder of the benchmark harness engines}/common.sh"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SKEP=${SKEP:-$HERE/../../.build-release/release/skep} PORT=${SKEP_BENCH_PORT:-17540}
URL=http://127.0.0.1:$PORT
version() { "$SKEP" version; }
start() {
  # A restart finds its configuration.
  [ -e "$BENCH_DIR/system.yaml" ] || python3 "$HERE/skep_bench.py" "$BENCH_SCRAPE" "${BENCH_RULES:-}" "$BENCH_DIR"
  run skep "$SKEP" serve --config "$BENCH_DIR/system.yaml" --listen 127.0.0.1:$PORT --data-dir "$BENCH_DIR/data"
}
ready() { curl -fsS -o /dev/null -m 2 "$URL/-/ready"; }
compact() {
  if [[ "$BENCH_DIR" = *w6* ]]; then echo "$BENCH_DIR/data/spans"; return; fi
  "$SKEP" store compact --server "$URL" >/dev/null && echo "$BENCH_DIR/data/store"
}
trace_write_url() { echo "$URL/v1/traces"; }
trace_get() { echo "/api/traces/$1"; }
trace_search() { echo "/api/traces?service=$1&start=${2}000000&end=${3}000000&limit=20"; }
rule_rounds() { curl -fsS "$URL/metrics" | awk '/^skep_rule_group_iterations_total/{n+=$NF} /^skep_rule_group_iterations_missed_total/{n-=$NF} END{print n/20}'; }
[ "${BASH_SOURCE[0]}" = "$0" ] && verb "$@"

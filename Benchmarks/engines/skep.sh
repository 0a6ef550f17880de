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
  local part=store
  [[ "$BENCH_DIR" = *w6* ]] && part=spans
  "$SKEP" store compact --server "$URL" >/dev/null && echo "$BENCH_DIR/data/$part"
}
trace_write_url() { echo "$URL/v1/traces"; }
trace_get() { echo "/api/traces/$1"; }
trace_search() {
  echo "/fleet/v1/traces?agent_id=$1&start=$(date -u -d "@$2" +%FT%TZ)&end=$(date -u -d "@$3" +%FT%TZ)&limit=20"
}
rule_rounds() { curl -fsS "$URL/metrics" | awk '/^skep_rule_group_iterations_total/{n+=$NF} /^skep_rule_group_iterations_missed_total/{n-=$NF} END{print n/20}'; }
[ "${BASH_SOURCE[0]}" = "$0" ] && verb "$@"

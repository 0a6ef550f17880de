#!/bin/sh
# fuzz.sh SECONDS [text|openmetrics|json|column ...]: builds a libFuzzer with address sanitizer for each parser named (default: all)
# and runs them side by side. FUZZ_SEEDS may name a folder with the exposition corpus (text/, openmetrics/) to start from.
# The two modules have no dependencies, so they are compiled by hand, instrumented.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-60}
[ $# = 0 ] || shift
[ $# -gt 0 ] || set -- text openmetrics json column
out=${FUZZ_BUILD:-$root/.build/fuzz}
mkdir -p "$out"
cd "$out"
flags="-O -wmo -g -swift-version 6 -sanitize=fuzzer,address -parse-as-library
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature InternalImportsByDefault"
# shellcheck disable=SC2086
for module in FleetModel WireFormats; do
  swiftc $flags -I . -emit-module -emit-object -module-name $module -o $module.o $(find "$root/Sources/$module" -name "*.swift")
done
for target; do
  source=ParserFuzz
  case $target in
    text) define=FUZZ_TEXT ;;
    openmetrics) define=FUZZ_OPENMETRICS ;;
    json) define=FUZZ_JSON ;;
    column) define=FUZZ_COLUMN source=ColumnFuzz ;;
    *) echo "unknown parser \"$target\"; expected text, openmetrics, json or column" >&2; exit 2 ;;
  esac
  # shellcheck disable=SC2086
  swiftc $flags -D $define -I . -module-name "$source" FleetModel.o WireFormats.o "$root/Benchmarks/Fuzz/$source.swift" \
    -use-ld=lld -lm -o "fuzz-$target"
done
# A crash is reported by libFuzzer; Swift's own report takes 20 s.
export SWIFT_BACKTRACE=enable=no
running=
for target; do
  mkdir -p "corpus-$target"
  if [ -n "${FUZZ_SEEDS:-}" ] && [ -d "$FUZZ_SEEDS/$target" ]; then cp "$FUZZ_SEEDS/$target"/*.txt "corpus-$target"; fi
  if [ "$target" = json ]; then
    printf '{"metrics":[{"name":"a","type":"counter","value":1.5,"labels":{"x":"\\u00e9"}},{"name":"b","value":"NaN"}]}' \
      > "corpus-$target/seed"
  fi
  "./fuzz-$target" "corpus-$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$target-" > "$target.log" 2>&1 &
  running="$running $!"
done
status=0
for process in $running; do wait "$process" || status=1; done
for target; do
  echo "$target:"
  grep -E "BUG|Fatal|ERROR|SUMMARY|Test unit written|stat::number_of_executed_units" "$target.log" || true
done
exit $status

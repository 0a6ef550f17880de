#!/bin/sh
# fuzz.sh SECONDS [text|openmetrics|json|query ...]: builds a libFuzzer with address sanitizer for each parser named (default: all)
# and runs them side by side. FUZZ_SEEDS may name a folder with the exposition corpus (text/, openmetrics/) to start from.
# The modules have no dependencies, so they are compiled by hand, instrumented.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-60}
[ $# = 0 ] || shift
[ $# -gt 0 ] || set -- text openmetrics json query
out=${FUZZ_BUILD:-$root/.build/fuzz}
mkdir -p "$out"
cd "$out"
flags="-O -wmo -g -swift-version 6 -sanitize=fuzzer,address -parse-as-library
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature InternalImportsByDefault"
# shellcheck disable=SC2086
for module in FleetModel WireFormats PromQL; do
  swiftc $flags -I . -emit-module -emit-object -module-name $module -o $module.o $(find "$root/Sources/$module" -name "*.swift")
done
for target; do
  case $target in
    text) define=FUZZ_TEXT ;;
    openmetrics) define=FUZZ_OPENMETRICS ;;
    json) define=FUZZ_JSON ;;
    query) define=FUZZ_QUERY ;;
    *) echo "unknown parser \"$target\"; expected text, openmetrics, json or query" >&2; exit 2 ;;
  esac
  if [ "$target" = query ]; then
    objects="FleetModel.o PromQL.o" driver=QueryFuzz
  else
    objects="FleetModel.o WireFormats.o" driver=ParserFuzz
  fi
  # shellcheck disable=SC2086
  swiftc $flags -D $define -I . -module-name $driver $objects "$root/Benchmarks/Fuzz/$driver.swift" -use-ld=lld -lm \
    -o "fuzz-$target"
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
  if [ "$target" = query ]; then
    printf 'sum by (a, "b.c") (rate({__name__=~"x|y",z!="w"}[5m] offset -1h @ end())) / on (a) group_left (b) -x^2 > bool 0x1f' \
      > "corpus-$target/seed-1"
    printf 'topk(3, max_over_time(({"u.v"} or y unless z)[1h:5m])) + count_values("v", `r` == "s" @ 1.5) # remark' \
      > "corpus-$target/seed-2"
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

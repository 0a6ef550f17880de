#!/bin/sh
# fuzz.sh SECONDS [text|openmetrics|json|snappy|remote-write|remote-write-2|remote-read|otlp-traces|otlp-traces-json|otlp-metrics|otlp-metrics-json|column|log|block|query|template ...]: builds a libFuzzer with address sanitizer for
# each parser named (default: all) and runs them side by side. FUZZ_SEEDS may name a folder with the exposition corpus (text/, openmetrics/) to start from.
# The modules are compiled by hand, instrumented: FleetModel, WireFormats, PromQL and GoTemplate, which have no dependencies, and of the sample
# store the parts that read a log's and a block's bytes. These need swift-system, as `swift build` fetched it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-60}
[ $# = 0 ] || shift
[ $# -gt 0 ] || set -- text openmetrics json snappy remote-write remote-write-2 remote-read otlp-traces otlp-traces-json otlp-metrics otlp-metrics-json column log block query template
out=${FUZZ_BUILD:-$root/.build/fuzz}
mkdir -p "$out"
cd "$out"
flags="-O -wmo -g -swift-version 6 -sanitize=fuzzer,address -parse-as-library -package-name skep
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature InternalImportsByDefault"
# shellcheck disable=SC2086
for module in FleetModel WireFormats PromQL GoTemplate; do
  swiftc $flags -I . -emit-module -emit-object -module-name $module -o $module.o $(find "$root/Sources/$module" -name "*.swift")
done
mkdir -p include
printf 'module CPlatform { umbrella header "%s/Sources/CPlatform/include/CPlatform.h" export * }\n' "$root" \
  > include/module.modulemap
system=${SWIFT_SYSTEM:-$root/.build/checkouts/swift-system}
clang -O -c -I "$system/Sources/CSystem/include" "$system/Sources/CSystem/shims.c" -o CSystem.o
swiftc -O -wmo -parse-as-library -swift-version 5 -D SYSTEM_PACKAGE -Xcc "-fmodule-map-file=$system/Sources/CSystem/include/module.modulemap" \
  -I "$system/Sources/CSystem/include" -emit-module -emit-object -module-name SystemPackage -o SystemPackage.o \
  $(find "$system/Sources/System" -name "*.swift")
flags="$flags -Xcc -fmodule-map-file=$system/Sources/CSystem/include/module.modulemap"
# shellcheck disable=SC2086
swiftc $flags -I . -I include -enable-testing -emit-module -emit-object -module-name Platform -o Platform.o \
  "$root/Sources/Platform/Files/Checksum.swift" "$root/Sources/Platform/Files/FileSystem.swift" \
  "$root/Sources/Platform/FileError.swift"
store=$root/Sources/SampleStore
# shellcheck disable=SC2086
swiftc $flags -I . -I include -enable-testing -emit-module -emit-object -module-name SampleStore -o SampleStore.o \
  "$store/Log/FrameFile.swift" "$store/Log/Journal.swift" "$store/Log/LogRecord.swift" "$store/Log/LogRecordReader.swift" \
  "$store/Log/LogSegmentReader.swift" "$store/Index/LabelCursor.swift" "$store/Index/LabelHash.swift" \
  "$store/Memory/HashSlots.swift" "$store/Memory/LowerBound.swift" "$store/Head/CompiledMatcher.swift" "$store"/Blocks/*.swift
for target; do
  source=ParserFuzz objects="FleetModel.o WireFormats.o"
  case $target in
    text) define=FUZZ_TEXT ;;
    openmetrics) define=FUZZ_OPENMETRICS ;;
    json) define=FUZZ_JSON ;;
    snappy) define=FUZZ_SNAPPY source=RemoteWriteFuzz ;;
    remote-write) define=FUZZ_REMOTE_WRITE source=RemoteWriteFuzz ;;
    remote-write-2) define=FUZZ_REMOTE_WRITE_2 source=RemoteWriteFuzz ;;
    remote-read) define=FUZZ_READ_REQUEST source=RemoteWriteFuzz ;;
    otlp-traces) define=FUZZ_OTLP_TRACES source=OTLPFuzz ;;
    otlp-traces-json) define=FUZZ_OTLP_TRACES_JSON source=OTLPFuzz ;;
    otlp-metrics) define=FUZZ_OTLP_METRICS source=OTLPFuzz ;;
    otlp-metrics-json) define=FUZZ_OTLP_METRICS_JSON source=OTLPFuzz ;;
    log) define=FUZZ_LOG source=LogFuzz objects="FleetModel.o Platform.o SampleStore.o SystemPackage.o CSystem.o" ;;
    column) define=FUZZ_COLUMN source=ColumnFuzz ;;
    block) define=FUZZ_BLOCK source=BlockFuzz objects="FleetModel.o Platform.o SampleStore.o SystemPackage.o CSystem.o" ;;
    query) define=FUZZ_QUERY source=QueryFuzz objects="FleetModel.o PromQL.o" ;;
    template) define=FUZZ_TEMPLATE source=TemplateFuzz objects="GoTemplate.o" ;;
    *) echo "unknown parser \"$target\"; expected text, openmetrics, json, snappy, remote-write, remote-write-2, remote-read, otlp-traces, otlp-traces-json, otlp-metrics, otlp-metrics-json, column, log, block, query or template" >&2; exit 2 ;;
  esac
  # shellcheck disable=SC2086
  swiftc $flags -D $define -I . -I include -module-name $source $objects "$root/Benchmarks/Fuzz/$source.swift" -use-ld=lld \
    -lm -o "fuzz-$target"
done
# A crash is reported by libFuzzer; Swift's own report takes 20 s.
export SWIFT_BACKTRACE=enable=no
# What is built once for the whole process is not lost.
export ASAN_OPTIONS=detect_leaks=0
running=
for target; do
  mkdir -p "corpus-$target"
  if [ -n "${FUZZ_SEEDS:-}" ] && [ -d "$FUZZ_SEEDS/$target" ]; then cp "$FUZZ_SEEDS/$target"/*.txt "corpus-$target"; fi
  if [ "$target" = json ]; then
    printf '{"metrics":[{"name":"a","type":"counter","value":1.5,"labels":{"x":"\\u00e9"}},{"name":"b","value":"NaN"}]}' \
      > "corpus-$target/seed"
  fi
  if [ "$target" = remote-write ]; then
    # One series with three labels and a sample.
    printf '\012\060\012\016\012\010__name__\022\002up\012\010\012\003job\022\001a\012\005\012\001z\022\000\022\013\011\000\000\000\000\000\000\370\077\020\001' \
      > "corpus-$target/seed"
  fi
  if [ "$target" = remote-write-2 ]; then
    # The symbols "", __name__, up, s and a series with a label, a sample with its start, and metadata.
    printf '\042\000\042\010__name__\042\002up\042\001s\052\033\012\002\001\002\022\015\011\000\000\000\000\000\000\370\077\020\002\030\001\052\006\010\002\030\003\040\003' \
      > "corpus-$target/seed"
  fi
  if [ "$target" = remote-read ]; then
    # One query with a matcher, and the kinds of answer.
    printf '\012\025\010\001\020\002\032\017\010\002\022\010__name__\032\001u\022\002\001\000' > "corpus-$target/seed"
  fi
  if [ "$target" = otlp-traces ]; then
    # A resource with service.name, and a span with ids, times, an attribute with a list, an event and a status.
    printf '\012b\012\025\012\023\012\014service.name\022\003\012\001s\022I\022G\012\020abcdefghijklmnop\022\010qrstuvwx\052\001n\071\001\000\000\000\000\000\000\000A\002\000\000\000\000\000\000\000J\013\012\001k\022\006\052\004\012\002\030\001Z\003\022\001ez\002\030\002' \
      > "corpus-$target/seed"
  fi
  if [ "$target" = otlp-traces-json ]; then
    printf '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"scopeSpans":[{"scope":{"name":"l"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","startTimeUnixNano":"1","endTimeUnixNano":2,"kind":2,"attributes":[{"key":"k","value":{"arrayValue":{"values":[{"intValue":"1"},{"doubleValue":1.5}]}}}],"events":[{"timeUnixNano":1,"name":"e"}],"status":{"code":2}}]}]}]}' \
      > "corpus-$target/seed"
  fi
  if [ "$target" = otlp-metrics ]; then
    # A gauge, a classic histogram and an exponential one, a point each, under service.name s.
    printf '\012\235\001\012\025\012\023\012\014service.name\022\003\012\001s\022\203\001\022\031\012\001g\052\024\012\022\031\001\000\000\000\000\000\000\000\041\000\000\000\000\000\000ð\077\022\067\012\001hJ\062\012.\031\001\000\000\000\000\000\000\000\041\002\000\000\000\000\000\000\000\062\020\001\000\000\000\000\000\000\000\001\000\000\000\000\000\000\000\072\010\000\000\000\000\000\000ð\077\020\002\022\055\012\001eR\050\012\044\031\001\000\000\000\000\000\000\000\041\001\000\000\000\000\000\000\000B\005\010\001\022\001\001Z\011\031\000\000\000\000\000\000ð\077\020\002' \
      > "corpus-$target/seed"
  fi
  if [ "$target" = otlp-metrics-json ]; then
    printf '{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}},{"key":"host.name","value":{"stringValue":"h"}}]},"scopeMetrics":[{"metrics":[{"name":"c","unit":"By/s","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"asInt":"5","timeUnixNano":"1","attributes":[{"key":"a.b","value":{"boolValue":true}}],"exemplars":[{"asDouble":1,"traceId":"5b8efff798038103d269b633813fc60c"}]}]}},{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":1,"count":2,"bucketCounts":[1,1],"explicitBounds":[1]}]}},{"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":1,"count":3,"scale":9,"positive":{"offset":-1,"bucketCounts":["1",0,0,0,2]}}]}},{"name":"s","summary":{"dataPoints":[{"timeUnixNano":1,"quantileValues":[{"quantile":0.5,"value":1}]}]}}]}]}]}' \
      > "corpus-$target/seed"
  fi
  if [ "$target" = query ]; then
    printf 'sum by (a, "b.c") (rate({__name__=~"x|y",z!="w"}[5m] offset -1h @ end())) / on (a) group_left (b) -x^2 > bool 0x1f' \
      > "corpus-$target/seed-1"
    printf 'topk(3, max_over_time(({"u.v"} or y unless z)[1h:5m])) + count_values("v", `r` == "s" @ 1.5) # remark' \
      > "corpus-$target/seed-2"
  fi
  if [ "$target" = template ]; then
    printf '{{define "t"}}{{.S | printf "%%q %%-5.2f|" 1.5}}{{end}}{{range $i, $x := .L}}{{if eq $x 1}}{{continue}}{{end}}{{template "t" $}}{{end}}' \
      > "corpus-$target/seed-1"
    printf '{{- with $t := .T}}{{$t.Format "Jan 2 15:04:05.000"}}{{else with .D}}{{.Round .}}{{end -}} {{$x := args .M.a (index .M "b") (slice .S 1 2)}}{{$x}}' \
      > "corpus-$target/seed-2"
  fi
  if [ "$target" = log ]; then
    # One record of each kind, behind its length.
    printf '\13\2\1\0\0\0\1a\1b\1c\1d' > "corpus-$target/series"
    printf '\26\3\0\0\0\0\0\0\0\0\3\0\0\0\101\6\0\4\123\1\2\3\170' > "corpus-$target/samples"
    printf '\31\5\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\7\0\0\0' > "corpus-$target/deletion"
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

#!/bin/bash
# Runs the tests under the thread sanitizer, in a build folder of its own, and fails on any report: from a test or from
# a process that a test started. Usage: tsan.sh [ARGUMENT OF swift test]..., for instance: tsan.sh --filter IngestTests
# docs/decisions/0005-thread-sanitizer.md says what tools/tsan/ is for.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$PWD/.build-tsan
reports=$scratch/reports
mutex=$scratch/mutex_slow_paths.o
probe=$scratch/probe

if [ "$(uname -s)" != Linux ]; then
  exec swift test --sanitize=thread --scratch-path "$scratch" "$@"
fi

mkdir -p "$scratch"
rm -rf "$reports"
mkdir "$reports"
clang -std=c17 -O1 -g -Wall -Wextra -Werror -c tools/tsan/mutex_slow_paths.c -o "$mutex"

swiftc -parse-as-library -g -sanitize=thread tools/tsan/probe.swift -o "$probe" -Xlinker "$mutex"
for _ in 1 2 3; do
  TSAN_OPTIONS=exitcode=66 "$probe" locked || {
    echo "tsan: a program that does nothing but lock a mutex was reported: tools/tsan does not fit this toolchain" >&2
    exit 1
  }
done
if TSAN_OPTIONS=exitcode=66 "$probe" racing 2>"$scratch/probe.report"; then
  echo "tsan: a program with a race was not reported: the sanitizer does not work here" >&2
  exit 1
fi

swift build --build-tests --sanitize=thread --scratch-path "$scratch" -Xlinker "$mutex"

export TSAN_OPTIONS="exitcode=66 log_path=$reports/report suppressions=$PWD/tools/tsan/suppressions.txt ${TSAN_OPTIONS:-}"
failed=0
swift test --skip-build --disable-xctest --sanitize=thread --scratch-path "$scratch" -Xlinker "$mutex" "$@" || failed=1

if [ -n "$(ls -A "$reports")" ]; then
  cat "$reports"/*
  echo "tsan: $(cat "$reports"/* | grep -c '^SUMMARY: ') reports, kept in .build-tsan/reports" >&2
  exit 1
fi
exit "$failed"

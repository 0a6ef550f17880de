#!/bin/bash
# Installs the system libraries that the build needs and does not find, or prints the command that would.
set -euo pipefail

if ! command -v swift >/dev/null; then
  echo "skep: no Swift toolchain on the PATH; install Swift 6.2 or later from https://www.swift.org/install and try again" >&2
  exit 1
fi

missing=()
[ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev)
[ -e /usr/include/sqlite3.h ] || missing+=(libsqlite3-dev)
[ ${#missing[@]} -eq 0 ] && exit 0

command=(apt-get install --yes --no-install-recommends "${missing[@]}")
if ! command -v apt-get >/dev/null; then
  echo "skep: missing system libraries: ${missing[*]} (Debian's names); install them and try again" >&2
  exit 1
elif [ "$(id -u)" = 0 ]; then
  apt-get update -qq && "${command[@]}"
elif sudo -n true 2>/dev/null; then
  sudo apt-get update -qq && sudo "${command[@]}"
else
  echo "skep: missing system libraries; run this and try again:" >&2
  echo "  sudo ${command[*]}" >&2
  exit 1
fi

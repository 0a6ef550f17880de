#!/bin/bash
# Puts the foreign programs that tests run against into .build-tools: unpacked, not installed, so that no service starts
# and no right is needed. A test whose program is not there is skipped and says so.
set -uo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/.build-tools
mkdir -p "$tools/bin"

unpack() { # package binary
  [ -x "$tools/bin/$2" ] && return
  local folder
  folder=$(mktemp -d)
  if (cd "$folder" && { apt-get download -qq "$1" || { apt-get update -qq && apt-get download -qq "$1"; }; }) >/dev/null 2>&1; then
    dpkg -x "$folder"/*.deb "$folder/root" && cp "$folder/root/usr/bin/$2" "$tools/bin/"
  else
    echo "skep: could not fetch Debian's $1; the tests that need it are skipped" >&2
  fi
  rm -rf "$folder"
}

unpack prometheus-node-exporter prometheus-node-exporter

if [ ! -d "$tools/python/prometheus_client" ]; then
  python3 -m pip install --quiet --target "$tools/python" prometheus-client >/dev/null 2>&1 ||
    echo "skep: could not fetch PyPI's prometheus-client; the tests that need it are skipped" >&2
fi

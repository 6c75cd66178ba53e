#!/usr/bin/env bash
# Makes the program that measures goroutines and channels for `throng peers`: Go of Debian.
#
#   scripts/peers/go.sh BIN_DIR WORK_DIR
#
# What is built lies in WORK_DIR/go, and BIN_DIR/go starts it; where it cannot be made, BIN_DIR/go.skipped says why.
set -euo pipefail
system=go
source "$(dirname "${BASH_SOURCE[0]}")/launchers.sh"
compiler() { command -v go; } >/dev/null
needs compiler golang-go
export GOCACHE=$work/cache GOPROXY=off GOFLAGS=-mod=mod GOTOOLCHAIN=local
cd "$peers/go"
built go build -o "$work/program" .
launch <<LAUNCHER
exec "$work/program" "\$@"
LAUNCHER

#!/usr/bin/env bash
# Makes the program that measures the C++ Actor Framework for `throng peers`: g++, libcaf-dev and libmimalloc-dev of Debian.
#
#   scripts/peers/caf.sh BIN_DIR WORK_DIR
#
# What is built lies in WORK_DIR/caf, and BIN_DIR/caf starts it; where it cannot be made, BIN_DIR/caf.skipped says why.
set -euo pipefail
system=caf
source "$(dirname "${BASH_SOURCE[0]}")/launchers.sh"
# mimalloc is what the systems in Rust allocate with.
libraries="-lmimalloc -lcaf_core"
# shellcheck disable=SC2086
linked() { printf '#include <caf/config.hpp>\nint main() {}\n' | g++ -x c++ -o "$work/linked" - $libraries; } >"$work/log" 2>&1
needs linked g++ libcaf-dev libmimalloc-dev
# shellcheck disable=SC2086
built g++ -std=c++17 -O3 -DNDEBUG -Wall -Wextra -pthread -o "$work/program" "$peers"/caf/*.cpp $libraries
launch <<LAUNCHER
exec "$work/program" "\$@"
LAUNCHER

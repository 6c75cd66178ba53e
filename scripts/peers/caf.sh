#!/usr/bin/env bash
# Makes the program that measures the C++ Actor Framework for `throng peers`: Debian's libcaf-dev and g++.
#
#   scripts/peers/caf.sh BIN_DIR WORK_DIR
#
# What is built lies in WORK_DIR/caf, and BIN_DIR/caf starts it; where it cannot be made, BIN_DIR/caf.skipped says why.
set -euo pipefail
system=caf
source "$(dirname "${BASH_SOURCE[0]}")/launchers.sh"
needs "command -v g++ >/dev/null && [ -e /usr/include/caf/all.hpp ]" g++ libcaf-dev
built g++ -std=c++17 -O3 -DNDEBUG -Wall -Wextra -pthread -o "$work/program" "$peers"/caf/*.cpp -lcaf_core
launch <<LAUNCHER
exec "$work/program" "\$@"
LAUNCHER

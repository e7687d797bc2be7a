#!/usr/bin/env bash
# Runs tests/krita in several Kritas: the system's, and one in each of the root folders that are named.
#
#   tests/krita/matrix.sh [ROOT]... [-- WORDS FOR PYTEST]
#
# A root folder holds a small Debian with another Krita in it. The packages debootstrap or mmdebstrap make one:
#
#   debootstrap --variant=minbase trixie ROOT        # Krita 5.2.9, Python 3.13; with "sid": 5.3 or later
#   chroot ROOT apt-get install -y --no-install-recommends krita python3-pyqt5
#
# (mmdebstrap does both at once: mmdebstrap --variant=minbase --include=krita,python3-pyqt5 trixie ROOT.)
# The screen (xvfb-run), the tests and the engine are those outside; see in_root.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

roots=("")
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    roots+=("$(realpath "$1")")
    shift
done
[ $# -eq 0 ] || shift

failed=()
for root in "${roots[@]}"; do
    echo "=== ${root:-the system}"
    IMPASTO_KRITA_ROOT=$root python -m pytest tests/krita "$@" || failed+=("${root:-the system}")
done
[ ${#failed[@]} -eq 0 ] || echo "failed in: ${failed[*]}" >&2
[ ${#failed[@]} -eq 0 ]

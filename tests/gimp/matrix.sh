#!/usr/bin/env bash
# Tests the plug-in in each GIMP 3: matrix.sh ROOT...
#
# A ROOT is a small Debian of another release with GIMP in it, made by (as root, some five minutes and 1.1 GB):
#
#   mmdebstrap --variant=minbase --include=gimp,python3-gi,gir1.2-gtk-3.0,fonts-dejavu-core,adwaita-icon-theme \
#       trixie ROOT        # GIMP 3.0, Python 3.13; sid: GIMP 3.2, Python 3.14
#   cp /etc/machine-id ROOT/etc/
#
# The screen, the keys and the engine are outside, GIMP is inside. IMPASTO_PICTURES names a folder for pictures.
set -euo pipefail

cd "$(dirname "$0")/../.."
failed=0
for root in "$@"; do
    echo "== $root"
    IMPASTO_GIMP_NEEDED=1 IMPASTO_GIMP_ROOT=$(realpath "$root") python -m pytest -n 0 -m "matrix or not matrix" tests/gimp || failed=1
done
exit $failed

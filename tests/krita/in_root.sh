#!/usr/bin/env bash
# Runs a command inside a root folder, such as one with another Krita than the system's in it (see matrix.sh):
#
#   in_root.sh ROOT [FOLDER]... -- COMMAND...
#
# Each FOLDER, and /tmp, is there as it is here. So are processes, devices and the network: Krita reaches a daemon
# outside on 127.0.0.1, and a screen outside by its socket. The mounts vanish with the command.
# Needs root, or a kernel that lets users have namespaces of their own.
set -euo pipefail

root=$(realpath "${1:?in_root.sh ROOT [FOLDER]... -- COMMAND...}")
shift
alone=(--mount --propagation private)
[ "$(id -u)" = 0 ] || alone+=(--map-root-user)
# shellcheck disable=SC2016
exec unshare "${alone[@]}" -- bash -c '
    set -euo pipefail
    root=$1
    shift
    mount --rbind /proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --bind /tmp "$root/tmp"
    while [ "$1" != -- ]; do
        mkdir -p "$root$1"
        mount --bind "$1" "$root$1"
        shift
    done
    shift
    exec chroot "$root" "$@"' in_root.sh "$root" "$@"

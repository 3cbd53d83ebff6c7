#!/usr/bin/env bash
# Proves that a fresh Debian 12 with nothing in it is enough: makes one with debootstrap, puts a
# clone of HEAD into it, and runs there what is given, or else `./dev setup` and `./dev build`.
#   sudo tools/clean_root.sh [--keep] [--machine SCRIPT] DIR [COMMAND...]
# DIR is the new root and is removed at the end unless --keep is given; one that exists is used
# again. SCRIPT is sourced with $root set before anything is installed: the place for a proxy or
# certificates that this machine needs to reach the package registries.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
keep= machine=
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=1; shift ;;
    --machine) machine=$2; shift 2 ;;
    *) break ;;
  esac
done
root=$(realpath -m "${1:?usage: clean_root.sh [--keep] [--machine SCRIPT] DIR [COMMAND...]}")
shift
[ $# -gt 0 ] || set -- sh -c './dev setup && ./dev build'
[ "$(id -u)" = 0 ] || { echo "needs root, for chroot" >&2; exit 1; }

leave() {
  local mount
  for mount in "$root/dev/shm" "$root/dev" "$root/sys" "$root/proc"; do
    ! mountpoint -q "$mount" || umount "$mount" 2>/dev/null || umount -l "$mount"
  done
  # Never delete through a mount that would not go.
  [ -n "$keep" ] || grep -q " $root/" /proc/mounts || rm -rf --one-file-system "$root"
}
trap leave EXIT

# The mirror this machine installs from, unless another is named.
mirror=${CLEAN_ROOT_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
  grep -v -e security -e '^cdrom' | head -n 1)}
mirror=${mirror%/}
if [ ! -x "$root/bin/bash" ]; then
  debootstrap --variant=minbase bookworm "$root" "$mirror"
  printf 'deb %s %s main\n' "$mirror" bookworm "$mirror" bookworm-updates \
    "${mirror}-security" bookworm-security >"$root/etc/apt/sources.list"
fi
if [ -d "$root/opt/henge" ]; then
  git -C "$root/opt/henge" pull -q
else
  git clone -q --no-hardlinks "$project" "$root/opt/henge"
fi
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# shellcheck disable=SC1090
[ -z "$machine" ] || . "$machine"

begun=$SECONDS
chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  LANG=C.UTF-8 TERM="${TERM:-dumb}" HENGE_JOBS="${HENGE_JOBS:-}" \
  sh -c 'cd /opt/henge && exec "$@"' sh "$@"
echo "done in a clean root after $((SECONDS - begun)) s"

#!/bin/sh
# deps.sh - install what building, running and testing need, with apt.
# Quick when nothing is missing: dpkg is asked first.
set -eu

PACKAGES="gcc make binutils libc6-dev linux-libc-dev clang-19 clang-format-19 libclang-rt-19-dev
qemu-system-x86 seabios busybox-static cpio gzip libcmocka-dev musl-tools
python3 python3-pytest python3-pexpect gnuplot-nox tcc strace gdb"

missing=
for package in $PACKAGES; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "installing:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing

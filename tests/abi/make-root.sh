#!/bin/sh
# make-root.sh DIR ABI - a root with the ABI tests as init and busybox beside them.
set -eu
rm -rf "$1"
mkdir -p "$1/bin" "$1/dev" "$1/proc" "$1/sys" "$1/tmp" "$1/etc"
cp "$2" "$1/init"
cp "$(command -v busybox)" "$1/bin/busybox"
for applet in sh cat true false echo ls sleep; do
	ln -s busybox "$1/bin/$applet"
done
# What tests of the archive's own memory may spend.
head -c 1048576 "$2" > "$1/ballast2"
for _ in 1 2 3 4 5 6; do
	cat "$1/ballast2"
done > "$1/ballast1"

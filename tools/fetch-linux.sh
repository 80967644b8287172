#!/bin/sh
# fetch-linux.sh DIR - download Debian's cloud kernel, the reference for tests
# and measurements; prints the path of its bzImage.  Nothing is installed.
set -eu

dir=$1
if ! ls "$dir"/linux/boot/vmlinuz-* >/dev/null 2>&1; then
	mkdir -p "$dir"
	package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		sed -n 's/.*Depends: \(linux-image-6[^ ]*\)/\1/p' | head -n 1)
	if [ -z "$package" ]; then
		as_root=
		[ "$(id -u)" = 0 ] || as_root=sudo
		$as_root apt-get update -qq
		package=$(apt-cache depends linux-image-cloud-amd64 |
			sed -n 's/.*Depends: \(linux-image-6[^ ]*\)/\1/p' | head -n 1)
	fi
	"$(dirname "$0")/fetch-deb.sh" "$dir/linux" "$package"
fi
ls "$dir"/linux/boot/vmlinuz-* | head -n 1

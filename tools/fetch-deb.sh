#!/bin/sh
# fetch-deb.sh DIR PACKAGE... - download Debian packages, install nothing, and
# unpack them into DIR.  Downloads are kept in DIR.debs, so a second call is
# quick and needs no network.
set -eu

dir=$1
shift
debs=$dir.debs
mkdir -p "$dir" "$debs"
for package in "$@"; do
	if ! ls "$debs/${package}"_*.deb >/dev/null 2>&1; then
		(cd "$debs" && apt-get download -qq -o APT::Sandbox::User=root "$package" >/dev/null) || {
			as_root=
			[ "$(id -u)" = 0 ] || as_root=sudo
			$as_root apt-get update -qq
			(cd "$debs" && apt-get download -qq -o APT::Sandbox::User=root "$package" >/dev/null)
		}
	fi
	dpkg-deb -x "$debs/${package}"_*.deb "$dir"
done

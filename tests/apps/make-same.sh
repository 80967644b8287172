#!/bin/sh
# make-same.sh BUILD DIR - what test_same.py adds to the full root: more of Debian's programs, and the lists of what
# is run with them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/../../tools/fetch-deb.sh" "$1/same.debian" psmisc lsof bsdutils sysvinit-utils hostname diffutils util-linux-extra \
	libcap-ng0 libtirpc3 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1
debian=$1/same.debian
rm -rf "$2"
mkdir -p "$2/same" "$2/usr/bin" "$2/usr/sbin" "$2/usr/lib"
for sub in bin sbin usr/bin usr/sbin; do
	[ ! -d "$debian/$sub" ] || cp -a "$debian/$sub/." "$2/usr/${sub#usr/}/"
done
for sub in lib usr/lib; do
	[ ! -d "$debian/$sub/x86_64-linux-gnu" ] || cp -a "$debian/$sub/x86_64-linux-gnu" "$2/usr/lib/"
done
cp "$here"/same/* "$2/same/"

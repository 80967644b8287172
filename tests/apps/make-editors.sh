#!/bin/sh
# make-editors.sh BUILD DIR - what tests/apps adds to the full root: vim-tiny, nano, script(1), from Debian.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/../../tools/fetch-deb.sh" "$1/editors.debian" vim-tiny nano bsdutils
rm -rf "$2"
mkdir -p "$2/usr/bin"
for program in usr/bin/vim.tiny bin/nano usr/bin/script usr/bin/scriptreplay; do
	cp "$1/editors.debian/$program" "$2/usr/bin/"
done

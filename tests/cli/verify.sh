#!/bin/sh
# vmint verify: good fleets pass, and every way to spoil one is caught and named.
# Prints ok:/not ok:/skip: lines.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
vmint=${VMINT:-$root/vmint}
sample=$root/build/sample.ova
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	TMPDIR=/dev/shm
	export TMPDIR
fi
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT INT TERM
cd "$dir" || exit 2
if [ ! -e "$sample" ]; then
	echo "skip: verify: build/sample.ova was not built"
	exit 77
fi

ok()
{
	echo "ok: $1"
}

bad()
{
	echo "not ok: $1"
	shift
	cat "$@" /dev/null
}

"$vmint" clone "$sample" -n 3 --name 'web-{n:03}' -o good -t qemu -t libvirt -q || bad 'three clones'
if "$vmint" verify good >out.txt 2>err.txt; then ok 'a good fleet'; else bad 'a good fleet' out.txt err.txt; fi
if "$vmint" verify good/web-002 >out.txt 2>err.txt; then ok 'one clone of it'; else bad 'one clone of it' out.txt err.txt; fi

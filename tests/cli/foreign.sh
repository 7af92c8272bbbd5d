#!/bin/sh
# Formats that are read through qemu-nbd: the same disk, and the server never outlives us.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/common.sh
if ! command -v qemu-img >/dev/null || ! command -v qemu-nbd >/dev/null; then
	echo "skip: foreign formats: qemu-utils is not installed"
	exit 77
fi

head -c 3000000 /dev/urandom >"$work/d.raw"
truncate -s 20M "$work/d.raw"

imported()
{
	rm -rf "$work/o"
	# Some formats round the size up.
	"$vmint" import -q --disk-format raw -o "$work/o" "$1" && cmp -n 20971520 "$work/d.raw" "$work/o/d.raw"
}

# serving FILE: some process has it open.
serving()
{
	for fd in /proc/[0-9]*/fd/4; do
		[ "$(readlink "$fd" 2>/dev/null)" = "$1" ] && return
	done
	return 1
}

gone()
{
	n=0
	while serving "$1"; do
		n=$((n + 1))
		[ $n -lt 50 ] || return 1
		sleep 0.1
	done
}

# stopped SIGNAL STATUS IMAGE: at many moments of an import.
stopped()
{
	for delay in 0.03 0.1 0.3; do
		rm -rf "$work/k"
		mkdir "$work/k"
		timeout --preserve-status -k 20 -s "$1" $delay "$vmint" import -q -o "$work/k/out" "$3" >"$work/out" 2>&1
		got=$?
		if ! gone "$3"; then
			echo "qemu-nbd still serves $3"
			return 1
		fi
		# A fast machine is through before.
		[ $got = 0 ] || [ $got = "$2" ] || { echo "exit $got"; cat "$work/out"; return 1; }
	done
}

truncate -s 80M "$work/large.raw"
yes 0123456789 | head -c 60M | dd of="$work/large.raw" conv=notrunc status=none
for pair in vdi:vdi vpc:vhd vhdx:vhdx parallels:parallels; do
	image=$work/large.${pair#*:}
	if ! qemu-img convert -f raw -O "${pair%:*}" "$work/large.raw" "$image" 2>/dev/null; then
		echo "skip: ${pair#*:}: this qemu-img does not write it"
		continue
	fi
	qemu-img convert -f raw -O "${pair%:*}" "$work/d.raw" "$work/d.${pair#*:}"
	check "d.${pair#*:} is imported" imported "$work/d.${pair#*:}"
	check "${pair#*:}: an interrupt takes qemu-nbd along" stopped INT 130 "$image"
	check "${pair#*:}: so does a kill" stopped KILL 137 "$image"
	rm -f "$image"
done

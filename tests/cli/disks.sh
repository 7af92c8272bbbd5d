#!/bin/sh
# Our disk formats against QEMU's: what it writes we read, what we write it reads, byte for byte.
# Prints ok:/not ok: lines. DISKS_SEED and DISKS_COUNT change what is tried.
set -u
cd "$(dirname "$0")/../.." || exit 2
for tool in qemu-img python3; do
	if ! command -v $tool >/dev/null; then
		echo "skip: disks: no $tool"
		exit 77
	fi
done
out=$(ls -d "${OUT:-build/cc-release}" 2>/dev/null) || out=build/cc-release
[ -x "$out/tests/tools/disktool" ] || make -s "$out/tests/tools/disktool"
# In memory where there is such a place: qemu-img waits for the disk.
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	TMPDIR=/dev/shm
	export TMPDIR
fi
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT INT TERM
python3 tests/cli/disks.py "$out/tests/tools/disktool" "$dir" "${DISKS_SEED:-1}" "${DISKS_COUNT:-100}"

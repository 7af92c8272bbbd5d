#!/bin/sh
# Full raw clones on a filesystem that shares blocks: time and room of each, against cp --reflink=auto of the same disk and
# against copies without sharing. Needs root, mkfs.xfs and a loop device; skipped else.
# usage: reflink.sh [N]   (20 clones)   TEMPLATE is a raw disk; one of 500 MiB of noise without
set -u
cd "$(dirname "$0")/../.." || exit 2
vmint=${VMINT:-$PWD/vmint} n=${1:-20}
if [ "$(id -u)" != 0 ] || ! command -v mkfs.xfs >/dev/null || [ ! -x "$vmint" ]; then
	echo 'reflink: skipped, needs root, mkfs.xfs and vmint'
	exit 77
fi
mkdir -p build
dir=$(mktemp -d "${BENCH_DIR:-$PWD/build}/bench-XXXXXX") || exit 2
trap 'umount "$dir/fs" 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
template=${TEMPLATE:-$dir/template.raw}
[ -n "${TEMPLATE:-}" ] || { head -c 500M /dev/urandom >"$template" && truncate -s 2G "$template"; }

# fs REFLINK: a new one, empty
fs()
{
	umount "$dir/fs" 2>/dev/null
	rm -f "$dir/img"
	truncate -s 40G "$dir/img"
	mkdir -p "$dir/fs"
	mkfs.xfs -q -m reflink="$1" "$dir/img" && mount -o loop "$dir/img" "$dir/fs" || {
		echo 'reflink: skipped, XFS cannot be mounted here'
		exit 77
	}
}
now()
{
	date +%s%N
}
# row WHAT BEGAN: seconds until now, MiB a clone over what stood before
row()
{
	sync -f "$dir/fs"
	ms=$((($(now) - $2) / 1000000)) used=$(df -m --output=used "$dir/fs" | tail -1)
	printf '%s %d %d %d\n' "$1" "$n" "$ms" "$((used - before))" | tee -a "$dir/rows" |
		awk '{ printf "%-22s %4d clones %8.2f s %8.1f ms each %8.1f MiB each\n", $1, $2, $3 / 1000, $3 / $2, $4 / $2 }'
}
clones()
{
	# the base is made before
	"$vmint" clone "$template" -n 1 --name first -o "$dir/fs/f" --disk full --disk-format raw --sync none -q || exit 1
	sync -f "$dir/fs"
	before=$(df -m --output=used "$dir/fs" | tail -1) began=$(now)
	"$vmint" clone "$template" -n "$n" --name 'c{n}' -o "$dir/fs/f" --disk full --disk-format raw --sync none -q || exit 1
	row "$1" "$began"
}
fs 1
clones vmint,reflink
fs 0
clones vmint,copied
fs 1
cp "$template" "$dir/fs/t.raw"
sync -f "$dir/fs"
before=$(df -m --output=used "$dir/fs" | tail -1) began=$(now)
i=0
while [ $i -lt "$n" ]; do
	cp --reflink=auto "$dir/fs/t.raw" "$dir/fs/c$i.raw"
	i=$((i + 1))
done
row cp,--reflink=auto "$began"
awk '{ t[NR] = $3 } END { printf "without sharing it takes %.1f times as long; bare reflinks without any change %.2f times\n", t[2] / t[1], t[3] / t[1]
	exit !(t[2] > t[1]) }' "$dir/rows"

#!/bin/sh
# How long N clones take: time, processors, memory, bytes; a second run of each, which has nothing to do; and the same work
# by others. usage: clone.sh [--all | N...]
#   --all   N = 1 to 10,000 with a checksum seed, to 1,000 without; prepared RSA keys; the others; into docs/bench/
# The template is TEMPLATE, or a Debian of tests/lab/guests in GUESTS (build/lab/guests), or the sample. Root's partition gets
# a seed, or is left without one, in copies. BENCH_RSA says how many RSA keys are prepared for --all (1000).
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD vmint=${VMINT:-$PWD/vmint} all=
guests=${GUESTS:-$PWD/build/lab/guests}
template=${TEMPLATE:-$(ls -t "$guests"/uefi-swap-networkd-*.raw 2>/dev/null | head -n 1)}
template=${template:-$PWD/build/sample.ova}
[ -x "$vmint" ] && [ -e "$template" ] || {
	echo "clone: skipped, vmint or $template is not there"
	exit 77
}
command -v python3 >/dev/null || {
	echo 'clone: skipped, no python3'
	exit 77
}
[ "${1:-}" != --all ] || {
	all=1
	set -- 1 10 100 1000 10000
}
[ $# -gt 0 ] || set -- 1 10 100 1000
mkdir -p build
dir=$(mktemp -d "${BENCH_DIR:-$PWD/build}/bench-XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
tsv=$dir/clone.tsv
printf 'what\tclones\tseconds\tcpu\tmib\tkib_per_clone\tagain\n' >"$tsv"

# measure COMMAND...: seconds, processor seconds, MiB
measure()
{
	python3 -c '
import os, subprocess, sys, time
began = time.monotonic()
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(os.environ["LOG"], "w"))
_, status, use = os.wait4(p.pid, 0)
print("%.2f %.2f %.0f" % (time.monotonic() - began, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024))
sys.exit(status != 0)' "$@"
}
LOG=$dir/log
export LOG

# row WHAT N SECONDS CPU MIB KIB AGAIN: to the screen and into the table; - for what was not measured
row()
{
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$tsv"
	echo "$@" | awk '{ printf "%-14s %6d %9.2f %9.2f %9.2f %6s %9s %7s\n", $1, $2, $3, 1000 * $3 / $2, $4, $5, $6, $7 }'
}

# The byte where the largest Linux partition begins.
root_offset()
{
	sfdisk -d "$1" 2>/dev/null | tr -d ' ' | sed -n 's/.*start=\([0-9]*\),size=\([0-9]*\),type=\(83\|0FC63DAF\).*/\2 \1/p' |
		sort -n | awk 'END { print $2 * 512 }'
}

# fleet WHAT TEMPLATE N OPTION...: makes them, again, and throws them away
fleet()
{
	what=$1 from=$2 n=$3
	shift 3
	# The base is made once, outside of the measure.
	"$vmint" clone "$from" -n 1 --name first -o "$dir/$what" -q "$@" --ssh-keys modern || return
	made=$(measure "$vmint" clone "$from" -n "$n" --name "n$n-{n:05}" -o "$dir/$what" "$@") || {
		cat "$LOG"
		return
	}
	again=$(measure "$vmint" clone "$from" -n "$n" --name "n$n-{n:05}" -o "$dir/$what" "$@")
	grep -q . "$LOG" && cat "$LOG"
	kib=$(find "$dir/$what" -path "*/n$n-*" -type f -printf '%k\n' | awk -v n="$n" '{ k += $1 } END { printf "%.1f", k / n }')
	# shellcheck disable=SC2086
	row "$what" "$n" $made "$kib" "${again%% *}"
	[ "$n" = 10000 ] && whole "$dir/$what" "$n"
	# What the next line measures does not pay for this one's disk writes.
	rm -rf "${dir:?}/$what"
	sync -f "$dir"
}

# Every folder whole, every identity somebody's alone.
whole()
{
	missing=$(find "$1" -maxdepth 1 -name "n$2-*" \( ! -execdir test -s {}/identity.json \; -o ! -execdir test -s {}/disk0.qcow2 \; \) |
		wc -l)
	for kind in machine_id smbios_uuid vmgenid instance_id macs; do
		printf '%s: %s different, ' $kind "$(python3 -c '
import json, sys
rows = json.load(open(sys.argv[1]))["clones"]
rows = rows.values() if isinstance(rows, dict) else rows
print(len({json.dumps(r[sys.argv[2]]) for r in rows}))' "$1/fleet.json" $kind)"
	done
	echo "folders not whole: $missing"
	"$vmint" audit "$1/fleet.json" | tail -n 1
}

echo "template: $(basename "$template"), $(($(stat -c %b "$template") / 2048)) MiB of data; $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
printf '%-14s %6s %9s %9s %9s %6s %9s %7s\n' what clones seconds ms/clone 'cpu s' MiB KiB/clone again
plain=$template seeded=$template offset=
case $template in
*.raw)
	offset=$(root_offset "$template")
	plain=$dir/plain.raw seeded=$dir/seeded.raw
	cp --sparse=always "$template" "$plain"
	cp --sparse=always "$template" "$seeded"
	tune2fs -O metadata_csum_seed "$seeded?offset=$offset" >/dev/null 2>&1 || echo 'no tune2fs: the seed is set by vmint'
	;;
esac
for n in "$@"; do
	fleet seed "$seeded" "$n" --ssh-keys modern --ext4-seed always
done
for n in "$@"; do
	[ -z "$all" ] || [ "$n" -gt 1000 ] || fleet no-seed "$plain" "$n" --ssh-keys modern --ext4-seed never
done
[ -n "$all" ] || exit 0

# ---- RSA keys, prepared ----

rsa=${BENCH_RSA:-1000}
pool=$root/build/bench-keys
have=$(find "$pool" -name '*.key' 2>/dev/null | wc -l)
if [ "$have" -lt "$rsa" ]; then
	fill=$(measure "$vmint" clone --fill-key-pool "$rsa" --key-pool "$pool" -q)
	# shellcheck disable=SC2086
	row rsa-keys $((rsa - have)) $fill - -
fi
fleet seed+rsa "$seeded" "$rsa" --ext4-seed always --key-pool "$pool"

# ---- the same work by others, each on one clone after the other ----

sh "$root/tests/bench/clone_others.sh" "$plain" "$offset" "$dir" | while read -r what n seconds cpu mib; do
	if [ "$what" = skip: ] || [ -z "$mib" ]; then
		echo "$what $n $seconds $cpu $mib"
	else
		row "$what" "$n" "$seconds" "$cpu" "$mib" - -
	fi
done

ours=$(awk '$1 == "seed" && $2 == 1000 { print $3 / $2 }' "$tsv")
echo
echo 'seconds for one clone, and how many times vmint'\''s (1,000 clones, with a seed)'
awk -v ours="$ours" 'NR > 1 && ($2 == 1000 || $7 == "-") && $1 != "rsa-keys" {
	s = $3 / $2; printf "%-24s %9.4f %9.0f\n", $1, s, s / ours }' "$tsv"
mkdir -p docs/bench
cp "$tsv" docs/bench/clone.tsv
awk -f tests/bench/clone_plot.awk docs/bench/clone.tsv >docs/bench/clone.svg
echo 'written: docs/bench/clone.tsv and clone.svg'

#!/bin/sh
# How long N clones of the sample template take: time, memory, bytes, for N = 1, 10, 100, 1,000; a second run of each.
# usage: clone.sh [N...]      SSH_KEYS=generate makes RSA keys, too: a tenth of a second of a processor each.
set -eu
cd "$(dirname "$0")/../.."
vmint=$PWD/vmint template=${TEMPLATE:-$PWD/build/sample.ova} keys=${SSH_KEYS:-modern}
[ -x "$vmint" ] && [ -e "$template" ] || {
	echo "clone: skipped, vmint or $template is not there"
	exit 77
}
command -v python3 >/dev/null || {
	echo 'clone: skipped, no python3'
	exit 77
}
[ $# -gt 0 ] || set -- 1 10 100 1000
dir=$(mktemp -d "${BENCH_DIR:-$PWD/build}/bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM

# measure COMMAND...: seconds, processor seconds, MiB
measure()
{
	python3 -c '
import os, subprocess, sys, time
began = time.monotonic()
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, use = os.wait4(p.pid, 0)
print("%.2f %.2f %.0f" % (time.monotonic() - began, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024))
sys.exit(status != 0)' "$@"
}

# The base is made once, outside of the measure.
"$vmint" clone "$template" -n 1 --name first -o "$dir/fleet" --ssh-keys "$keys" -q
printf '%8s %9s %9s %9s %8s %10s %9s\n' clones seconds ms/clone 'cpu s' MiB KiB/clone again
for n in "$@"; do
	made=$(measure "$vmint" clone "$template" -n "$n" --name "n$n-{n:05}" -o "$dir/fleet" --ssh-keys "$keys")
	again=$(measure "$vmint" clone "$template" -n "$n" --name "n$n-{n:05}" -o "$dir/fleet" --ssh-keys "$keys")
	kib=$(du -sk --total "$dir/fleet/n$n-"* | tail -n 1 | cut -f 1)
	echo "$n $made $again $kib" | awk '{ n = $1; s = $2; c = $3; m = $4; a = $5; k = $8
		printf "%8d %9.2f %9.2f %9.2f %8d %10.1f %8.2fs\n", n, s, 1000 * s / n, c, m, k / n, a }'
done

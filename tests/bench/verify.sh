#!/bin/sh
# How fast vmint verify searches, against grep -c for one pattern, and how long N clones take.
# usage: verify.sh [CLONES]      VERIFY_MB changes how much is searched
set -eu
cd "$(dirname "$0")/../.."
vmint=$PWD/vmint template=${TEMPLATE:-$PWD/build/sample.ova} clones=${1:-1000} mb=${VERIFY_MB:-2000}
[ -x "$vmint" ] && [ -e "$template" ] || {
	echo "verify: skipped, vmint or $template is not there"
	exit 77
}
folder=${BENCH_DIR:-$PWD/build}
if [ -z "${BENCH_DIR:-}" ] && [ -d /dev/shm ] && [ -w /dev/shm ]; then
	folder=/dev/shm
fi
dir=$(mktemp -d "$folder/bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM

now()
{
	date +%s.%N
}

# Data of all kinds, none of it the template's; in the page cache.
head -c $((mb * 500000)) /dev/urandom >"$dir/data.raw"
i=0
while [ "$(stat -c %s "$dir/data.raw")" -lt $((mb * 1000000)) ]; do
	cat "$vmint" README.md docs/*.1 provision/*.c tests/cli/*.sh >>"$dir/data.raw"
	i=$((i + 1))
done
cat "$dir/data.raw" >/dev/null
size=$(stat -c %s "$dir/data.raw")
t0=$(now)
grep -c 4f8a1c5e9b2d47f0a6c3e81d75b90f24 "$dir/data.raw" >/dev/null || :
t1=$(now)
LC_ALL=C grep -c 4f8a1c5e9b2d47f0a6c3e81d75b90f24 "$dir/data.raw" >/dev/null || :
t2=$(now)
"$vmint" verify --checkers none --against "$template" "$dir/data.raw" >/dev/null || :
t3=$(now)
echo "$size $t0 $t1 $t2 $t3" | awk '{ printf "%d MB in the page cache\n  grep -c, one pattern          %5.2f s  %5.2f GB/s\n  LC_ALL=C grep -c, one pattern %5.2f s  %5.2f GB/s\n  vmint verify --against        %5.2f s  %5.2f GB/s\n",
	$1 / 1e6, $3 - $2, $1 / 1e9 / ($3 - $2), $4 - $3, $1 / 1e9 / ($4 - $3), $5 - $4, $1 / 1e9 / ($5 - $4) }'
rm "$dir/data.raw"

"$vmint" clone "$template" -n "$clones" --name 'v{n:05}' -o "$dir/fleet" --ssh-keys modern -t libvirt -q
for which in some none; do
	t0=$(now)
	"$vmint" verify --checkers $which "$dir/fleet" >"$dir/out" || cat "$dir/out"
	t1=$(now)
	echo "$t0 $t1 $clones $which" | awk '{ printf "%d linked clones, --checkers %s: %.2f s, %.1f ms each\n", $3, $4, $2 - $1, ($2 - $1) * 1000 / $3 }'
done

#!/bin/sh
# A new UUID for an ext4 of a guest's size, in-process on an overlay, against tune2fs -U in the same run.
# Bars: issue "inside the guest", item 4: 3 ms with a checksum seed, tune2fs's own time without.
set -u
PATH=$PATH:/usr/sbin:/sbin
for tool in mke2fs tune2fs e2fsck; do
	command -v $tool >/dev/null || {
		echo "skip: guestfs: $tool is missing; run: make deps"
		exit 0
	}
done
tool=build/cc-release/tests/tools/fsbench
make -s CC=cc $tool >/dev/null || exit 3

# 26,800 inodes of small files in 4 GiB, as Debian's root filesystem has; made once.
dir=build/bench/guestfs
mkdir -p $dir
if [ ! -e $dir/ok ]; then
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
	awk -v root="$tree" 'BEGIN { for (d = 0; d < 2000; d++) print root "/d" d % 40 "/s" d }' | xargs mkdir -p
	awk -v root="$tree" 'BEGIN { for (f = 0; f < 24700; f++) { d = f % 2000; p = root "/d" d % 40 "/s" d "/file-number-" f
		printf "%d%*s", f, f % 9000, "x" >p; close(p) } }'
	for kind in plain seed; do
		truncate -s 4G $dir/$kind.img
		mke2fs -q -F -t ext4 $([ $kind = seed ] && echo -O metadata_csum_seed) -d "$tree" $dir/$kind.img || exit 3
	done
	: >$dir/ok
fi

rounds=${ROUNDS:-20}
cp --sparse=always $dir/plain.img $dir/tune.img
e2fsck -fy $dir/tune.img >/dev/null 2>&1
tune=$("$TIMER" "$rounds" tune2fs -U random $dir/tune.img | awk '{ print $1 }')
rm -f $dir/tune.img

{
	echo "seed $($tool uuid $dir/seed.img "$rounds") 3"
	echo "adding-a-seed $($tool seed $dir/plain.img "$rounds") 3"
	echo "rewriting $($tool uuid $dir/plain.img "$rounds") $tune"
	echo "six-new-files $($tool edit $dir/plain.img "$rounds") 3"
	echo "storage_open $($tool storage $dir/plain.img "$rounds") 0.5"
} | awk -v tune="$tune" '
	{
		ok = NF == 3 && $2 <= $3
		printf "%s: ext4 %s: %.3f ms, at most %.2f ms\n", ok ? "ok" : "not ok", $1, $2, $3
		bad += !ok
	}
	END { printf "tune2fs -U: %.2f ms\n", tune; exit bad > 0 }'

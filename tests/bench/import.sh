#!/bin/sh
# Importing against what is used today: sha256sum and qemu-img convert, and virt-v2v, in the same run, on one package.
# usage: import.sh [RUNS]     the package is made once and kept in build/bench
set -u
cd "$(dirname "$0")/../.." || exit 2
runs=${1:-5}
dir=build/bench
tool=build/cc-release/tests/tools/disktool
for need in qemu-img mke2fs python3; do
	command -v $need >/dev/null || { echo "skip: import: no $need"; exit 77; }
done
mkdir -p $dir
make -s $tool || exit 2

# About 800 MiB of this system's own files in an ext4 of 4 GiB, as a template would hold them.
if [ ! -s $dir/import.vmdk ]; then
	echo "making the package in $dir"
	rm -rf $dir/files
	mkdir -p $dir/files
	find /usr/bin /usr/sbin /usr/lib /usr/share -xdev -type f -size -65536k -printf '%s %p\n' 2>/dev/null | LC_ALL=C sort -k2 |
		awk '{ sum += $1; if (sum > 800 * 1048576) exit; $1 = ""; print substr($0, 2) }' |
		tar -cf - -T - 2>/dev/null | tar -xf - -C $dir/files
	truncate -s 4G $dir/import.raw
	mke2fs -q -F -t ext4 -d $dir/files $dir/import.raw || exit 2
	rm -rf $dir/files
	qemu-img convert -f raw -O vmdk -o subformat=streamOptimized $dir/import.raw $dir/import.vmdk || exit 2
	rm -f $dir/import.raw
fi

# The same disk in a package, for the whole verb.
if [ ! -s $dir/import.ova ]; then
	rm -rf $dir/ova
	mkdir -p $dir/ova
	ln $dir/import.vmdk $dir/ova/import.vmdk
	sed -e 's/debian12-disk1.raw/import.vmdk/' -e 's/83886080/4294967296/' \
		-e 's|http://en.wikipedia.org/wiki/Byte|http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized|' \
		templates/sample/sample.ovf >$dir/ova/import.ovf
	./vmint pack -q -o $dir/import.ova $dir/ova || exit 2
	rm -rf $dir/ova
fi

exec python3 tests/bench/import.py "$tool" "$dir" "$runs"

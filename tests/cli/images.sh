#!/bin/sh
# Disk images without a descriptor, compressed as people ship them; and when an import is on stable storage.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/common.sh
if ! command -v qemu-img >/dev/null; then
	echo "skip: images: qemu-img is not installed"
	exit 77
fi

head -c 3000000 /dev/urandom >"$work/d.raw"
truncate -s 20M "$work/d.raw"
qemu-img convert -f raw -O qcow2 "$work/d.raw" "$work/d.qcow2"
qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$work/d.raw" "$work/d.vmdk"

imported()
{
	rm -rf "$work/o"
	"$vmint" import -q --disk-format raw -o "$work/o" "$1" && cmp "$work/d.raw" "$work/o/d.raw" && [ "$(ls "$work/o")" = d.raw ]
}

for pair in raw:gzip qcow2:xz vmdk:zstd raw:bzip2 raw:xz qcow2:zstd; do
	format=${pair%:*} tool=${pair#*:}
	$tool -c "$work/d.$format" 2>/dev/null >"$work/d.$format.part"
	case $tool in gzip) end=gz ;; bzip2) end=bz2 ;; zstd) end=zst ;; *) end=$tool ;; esac
	mv "$work/d.$format.part" "$work/d.$format.$end"
	with "$tool" "d.$format.$end is imported" imported "$work/d.$format.$end"
done
check "inspect says what it is" answers 0 "qcow2, 2.9 MiB in d.qcow2, xz" "$vmint" inspect "$work/d.qcow2.xz"
# The name tells of raw disks alone: this one has another.
cp "$work/d.raw.gz" "$work/d.gz"
check "compressed, and nothing is known of it" answers 3 "no disk image that is known" "$vmint" import -o "$work/o2" "$work/d.gz"
head -c 100000 "$work/d.raw.xz" >"$work/short.raw.xz"
check "compressed, and cut short" answers 3 "damaged" "$vmint" import -o "$work/o2" "$work/short.raw.xz"
cp "$work/d.raw.gz" "$work/d.ova"
check "compressed, and no archive" answers 3 "not an OVA" "$vmint" import -o "$work/o2" "$work/d.ova"
check "nothing of these is left" [ ! -e "$work/o2" ]

cloned()
{
	mkdir "$work/s" && tar -xf build/sample.ova -C "$work/s" && xz -c "$work"/s/*.vmdk >"$work/web.vmdk.xz" &&
		"$vmint" clone -q -n 1 -o "$work/fleet" "$work/web.vmdk.xz" && [ -e "$work/fleet/web-001" ]
}

if [ -e build/sample.ova ]; then
	with xz "a compressed image is cloned" cloned
else
	echo "skip: a compressed image is cloned: build/sample.ova was not built"
fi

# ---- --sync ----

yes vmint | head -c 100M >"$work/big.raw"

# calls WHEN: the calls that bring files to the disk, in order.
calls()
{
	rm -rf "$work/o"
	strace -f -qq -e trace=fsync,fdatasync,sync_file_range -o "$work/trace" "$vmint" import -q --sync "$1" -o "$work/o" "$work/big.raw" &&
		grep -oE '(fsync|fdatasync|sync_file_range)\(' "$work/trace" | tr -d '\n'
}

synced_meanwhile()
{
	case $(calls end) in 'sync_file_range('*'fsync(fsync(fsync(') return 0 ;; esac
	cat "$work/trace"
	return 1
}

not_synced()
{
	[ -z "$(calls none)" ] && cmp "$work/big.raw" "$work/raw/big.raw"
}

check "no such time to sync" answers 2 "end or none" "$vmint" import --sync now -o "$work/o2" "$work/d.raw"
if strace -qq -o /dev/null true 2>/dev/null; then
	check "what is written goes to the disk while the rest is decoded" synced_meanwhile
	"$vmint" import -q --sync none --disk-format raw -o "$work/raw" "$work/big.raw"
	check "--sync none waits for nothing" not_synced
else
	echo "skip: when an import is on stable storage: strace is not installed or may not trace"
fi

# ---- interrupts ----

# A member that no disk needs, and that takes long to digest.
mkdir "$work/long"
truncate -s 64K "$work/long/d.raw"
truncate -s 20G "$work/long/extra"
cat >"$work/long/t.ovf" <<'END'
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
 <References><File ovf:id="f" ovf:href="d.raw"/></References>
 <DiskSection><Info/><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="131072" ovf:format="http://en.wikipedia.org/wiki/Byte"/></DiskSection>
 <VirtualSystem ovf:id="v"><Info/><Name>x</Name></VirtualSystem>
</Envelope>
END
(cd "$work/long" && sha256sum t.ovf d.raw | sed -E 's/^([0-9a-f]+) +(.*)/SHA256(\2)= \1/' && printf 'SHA256(extra)= %064d\n' 0) >"$work/t.mf"
cp "$work/t.mf" "$work/long/t.mf"

# interrupted SECONDS COMMAND...: Ctrl-C after that long; 130 in the end, and nothing of the result.
interrupted()
{
	rm -rf "$work/i"
	mkdir "$work/i"
	timeout --preserve-status -k 20 -s INT "$@" >"$work/out" 2>&1
	got=$?
	[ $got = 130 ] && [ -z "$(ls -A "$work/i")" ] && return
	echo "exit $got; left: $(ls -A "$work/i")"
	cat "$work/out"
	return 1
}

check "an interrupt while other members are digested" interrupted 1 "$vmint" import -o "$work/i/out" "$work/long"
check "the same in pack" interrupted 1 "$vmint" pack -o "$work/i/out.ova" "$work/long"
if command -v zstd >/dev/null; then
	head -c 1G /dev/zero | zstd -q >"$work/part"
	for i in 0 1 2 3 4 5 6 7 8 9; do cat "$work/part" "$work/part" "$work/part"; done >"$work/empty.raw.zst"
	check "an interrupt while an image is decompressed" interrupted 1 "$vmint" import -o "$work/i/out" "$work/empty.raw.zst"
else
	echo "skip: an interrupt while an image is decompressed: zstd is not installed"
fi

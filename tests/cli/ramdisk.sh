#!/bin/sh
# Clones of guests whose initial ramdisk is not compressed, or not all of it: no old id stays in it, and it is still one.
# Prints ok:/not ok:/skip: lines.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/common.sh
PATH=$PATH:/usr/sbin:/sbin
enter
for program in mke2fs debugfs cpio gzip qemu-img; do
	if ! command -v $program >/dev/null; then
		echo "skip: plain ramdisks: no $program"
		exit 0
	fi
done

machine=d83c58992539405f8ce5bd8b8120d94a root=5d2ff3a5-4d5c-4b7e-9d5c-0f3c1f8f0a11
mkdir -p t/etc t/boot r/etc/cmdline.d r/etc/hooks r/conf/conf.d r/bin r/kernel/x86/microcode
printf 'ID=debian\nPRETTY_NAME="Debian 12"\n' >t/etc/os-release
echo $machine >t/etc/machine-id
echo tpl >t/etc/hostname
echo "UUID=$root / ext4 defaults 0 1" >t/etc/fstab
echo "root=UUID=$root" >r/etc/cmdline.d/root.conf
echo "RESUME=UUID=$root" >r/conf/conf.d/resume
echo $machine >r/etc/machine-id
ln -s "/run/$root" r/etc/root-device
echo "[ -e /dev/disk/by-uuid/$root ]" >"r/etc/hooks/devexists-$root.sh"
head -c 2000000 /dev/urandom >r/bin/busybox
echo code >r/kernel/x86/microcode/a.bin
archive()
{
	(cd r && LC_ALL=C sort | cpio -o -H "${2:-newc}" --quiet) >"$1"
}
(cd r && find kernel) | archive microcode
(cd r && find . ! -path './kernel*') | archive main
(cd r && find . ! -path './kernel*') | archive crc crc
echo etc/machine-id | archive early

# made WHAT FILE...: a template whose ramdisk is these files, and two clones of it
made()
{
	what=$1
	shift
	cat "$@" >t/boot/initrd.img-6.1
	rm -rf fleet tpl.raw
	truncate -s 40M tpl.raw
	mke2fs -q -F -t ext4 -U $root -d t tpl.raw
	cloned "$what" tpl.raw
}

# cloned WHAT TEMPLATE: into fleet
cloned()
{
	"$vmint" clone "$2" -n 2 --name 'web-{n}' -o fleet --carrier none -q
	check "$1: nothing of the template is left" "$vmint" verify fleet
	qemu-img convert -O raw fleet/web-1/disk0.qcow2 one.raw
	debugfs -R 'dump /boot/initrd.img-6.1 ramdisk' one.raw 2>/dev/null
	new=$(blkid -p -s UUID -o value one.raw)
}

# unpacked FILE: as the kernel does, archive after archive: later ones win
unpacked()
{
	rm -rf u
	mkdir u
	(cd u && cpio -idmu --quiet 2>&1) <"$1"
}

# The clone's ids, and no others.
is_the_clones()
{
	unpacked "${1:-ramdisk}" || return
	[ "$(cat u/etc/cmdline.d/root.conf)" = "root=UUID=$new" ] && [ "$(cat u/conf/conf.d/resume)" = "RESUME=UUID=$new" ] &&
		[ "$(readlink u/etc/root-device)" = "/run/$new" ] && [ "$(cat "u/etc/hooks/devexists-$new.sh")" = "[ -e /dev/disk/by-uuid/$new ]" ] &&
		[ "$(cat u/etc/machine-id)" != $machine ] && cmp r/bin/busybox u/bin/busybox && ! grep -rq "$root\|$machine" u && return
	find u
	grep -r . u/etc u/conf
	return 1
}

members_are()
{
	cpio -t --quiet <ramdisk >list || return
	(cd r && find . ! -path './kernel*') | sed "s,^\./,,; s/$root/$new/" | sort >want
	sort list | cmp - want
}

made 'not compressed' main
check 'cpio reads it to its end' members_are
check 'it is as long as it was' test "$(stat -c %s ramdisk)" = "$(stat -c %s main)"
check 'it holds the ids of the clone' is_the_clones
with lsinitramfs 'lsinitramfs reads it' sh -c 'lsinitramfs ramdisk | grep -q cmdline.d/root.conf'
made 'not compressed, summed' crc
check 'cpio finds the sums right' is_the_clones
made 'behind microcode' microcode main
tail -c "+$(($(stat -c %s microcode) + 1))" ramdisk >rest
check 'it holds the ids of the clone, too' is_the_clones rest
rm r/etc/root-device
(cd r && find . ! -path './kernel*' ! -name 'devexists*') | archive main
gzip -n <main >main.gz
made 'an archive before a compressed one' early main.gz
check 'the one before has another machine-id' sh -c "cpio -i --quiet --to-stdout etc/machine-id <ramdisk | grep -qv $machine"
made 'compressed' microcode main.gz

# A clone of a clone: the archive that overrides the compressed one is the template's now.
qemu-img convert -O qcow2 fleet/web-1/disk0.qcow2 tpl.qcow2
was=$new
rm -rf fleet
cloned 'a clone of a clone' tpl.qcow2
check 'whose ids are its own' sh -c "grep -aq 'RESUME=UUID=$new' ramdisk && ! grep -aq $was ramdisk"

# zstd leaves short texts as they are where nothing around them can be made shorter: they count no more, and do not alarm.
if command -v zstd >/dev/null; then
	printf 'etc/cmdline.d/root.conf\nbin/busybox\n' | archive noise
	zstd -q -1 -f noise -o noise.zst
	check 'zstd leaves an id readable' grep -aq "$root" noise.zst
	made 'readable in a compressed part' noise.zst
	check 'which is said with its reason' sh -c "'$vmint' verify --verbose fleet | grep -q 'overridden behind it'"
else
	echo 'skip: readable in a compressed part: zstd is not installed'
fi

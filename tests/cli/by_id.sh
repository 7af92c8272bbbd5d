#!/bin/sh
# Clones of a template that names its disk by the serial number: the clone's disk has another one, so it is named by what is
# on it. Prints ok:/not ok:/skip: lines.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/common.sh
PATH=$PATH:/usr/sbin:/sbin
enter
for program in mke2fs debugfs sfdisk qemu-img; do
	if ! command -v $program >/dev/null; then
		echo "skip: disks by serial number: no $program"
		exit 0
	fi
done

mkdir -p t/etc/default t/etc/kernel t/boot/grub t/sbin t/etc/systemd/system
printf 'ID=debian\nPRETTY_NAME="Debian 12"\n' >t/etc/os-release
echo tpl >t/etc/hostname
echo 4f8a1c5e9b2d47f0a6c3e81d75b90f24 >t/etc/machine-id
old=/dev/disk/by-id/ata-VBOX_HARDDISK_VB1d2c3b4a-5f6e7d8c
cat >t/etc/fstab <<END
$old-part1 / ext4 defaults 0 1
/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part1 /again ext4 noauto 0 0
END
echo "secret $old-part2 none luks" >t/etc/crypttab
printf 'root=%s-part1 ro quiet' "$old" >t/etc/kernel/cmdline
printf '[Mount]\nWhat=%s-part1\n' "$old" >t/etc/systemd/system/again.mount
echo "(hd0) $old" >t/boot/grub/device.map
truncate -s 40M tpl.raw
printf 'start=2048, size=65536, type=83\nstart=67584, size=8192, type=82\n' | sfdisk -q --label dos tpl.raw
mke2fs -q -F -t ext4 -E offset=1048576 -d t tpl.raw 32M

check 'a clone' "$vmint" clone tpl.raw -n 2 --name 'web-{n}' -o fleet --carrier none -q
check 'whose references resolve' "$vmint" verify fleet
qemu-img convert -O raw fleet/web-1/disk0.qcow2 one.raw
dd if=one.raw of=root.raw bs=1M skip=1 count=32 status=none
uuid=$(blkid -p -s UUID -o value root.raw)
part2=$(sfdisk -J one.raw | sed -n 's/.*"id": *"0x\(.*\)".*/\1/p')-02
# names PATH TEXT: the clone's file has it, and no serial number
names()
{
	debugfs -R "cat $1" root.raw 2>/dev/null >file
	grep -qF -- "$2" file && ! grep -q by-id file && return
	cat file
	return 1
}
check 'fstab names the filesystem' names /etc/fstab "/dev/disk/by-uuid/$uuid / ext4 defaults"
check 'fstab keeps the path of a plug' names /etc/fstab '/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part1 /again'
check 'the kernel gets its root' names /etc/kernel/cmdline "root=/dev/disk/by-uuid/$uuid ro quiet"
check 'a unit, too' names /etc/systemd/system/again.mount "What=/dev/disk/by-uuid/$uuid"
check 'crypttab names the partition' names /etc/crypttab "secret /dev/disk/by-partuuid/$part2 none"

# Of two disks fstab tells which the root's is; the other one's name stays, and everybody says why.
mkdir p d
other=/dev/disk/by-id/ata-VBOX_HARDDISK_VB99999999-00000000
echo "$other-part1 /data ext4 defaults 0 2" >>t/etc/fstab
cp tpl.raw p/a.raw
mke2fs -q -F -t ext4 -E offset=1048576 -d t p/a.raw 32M
truncate -s 40M p/b.raw
printf 'start=2048, size=65536, type=83\n' | sfdisk -q --label dos p/b.raw
mke2fs -q -F -t ext4 -E offset=1048576 -d d p/b.raw 32M
item()
{
	echo "<Item><rasd:InstanceID>$1</rasd:InstanceID><rasd:ResourceType>$2</rasd:ResourceType>$3</Item>"
}
{
	echo '<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"'
	echo 'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"><References>'
	for x in a b; do echo "<File ovf:id='$x' ovf:href='$x.raw'/>"; done
	echo '</References><DiskSection><Info/>'
	for x in a b; do echo "<Disk ovf:diskId='$x' ovf:fileRef='$x' ovf:capacity='41943040'/>"; done
	echo '</DiskSection><VirtualSystem ovf:id="v"><Info/><VirtualHardwareSection><Info/>'
	item 1 3 '<rasd:VirtualQuantity>1</rasd:VirtualQuantity>'
	item 2 4 '<rasd:VirtualQuantity>256</rasd:VirtualQuantity><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>'
	item 3 6 '<rasd:Address>0</rasd:Address>'
	item 4 17 '<rasd:HostResource>ovf:/disk/a</rasd:HostResource><rasd:Parent>3</rasd:Parent><rasd:AddressOnParent>0</rasd:AddressOnParent>'
	item 5 17 '<rasd:HostResource>ovf:/disk/b</rasd:HostResource><rasd:Parent>3</rasd:Parent><rasd:AddressOnParent>1</rasd:AddressOnParent>'
	echo '</VirtualHardwareSection></VirtualSystem></Envelope>'
} >p/t.ovf
why="a template does not tell its disks' serial numbers"
# says STATUS COMMAND...: the other disk's name and the reason in one line; nothing of the root's disk
says()
{
	status=$1
	shift
	"$@" >out 2>&1
	[ $? = "$status" ] && grep -F "$other-part1" out | grep -qF "$why" && ! grep -qF "$old" out && return
	cat out
	return 1
}
check 'inspect says what may be any disk' says 0 "$vmint" inspect p
check 'a plan, too' says 0 "$vmint" clone p -n 1 --name two -o two --carrier none --dry-run
check 'a clone of two disks' "$vmint" clone p -n 1 --name two -o two --carrier none -q
check 'verify, too' says 1 "$vmint" verify two
qemu-img convert -O raw two/two/disk0.qcow2 one.raw
dd if=one.raw of=root.raw bs=1M skip=1 count=32 status=none
uuid=$(blkid -p -s UUID -o value root.raw)
part2=$(sfdisk -J one.raw | sed -n 's/.*"id": *"0x\(.*\)".*/\1/p')-02
check 'the kernel gets its root of two disks' names /etc/kernel/cmdline "root=/dev/disk/by-uuid/$uuid ro quiet"
check 'what else is on the root'\''s disk is told' names /etc/crypttab "secret /dev/disk/by-partuuid/$part2 none"

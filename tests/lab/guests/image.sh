#!/bin/sh
# One disk image from a root folder's archive, by offsets into a file: nothing is mounted, no partition device is needed.
# Runs as root or as root of a user namespace; the guest's columns come in the environment from build.sh.
# usage: image.sh ARCHIVE OUT.raw
set -eu
archive=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$out.work
root=$work/root
: "$table" "$firmware" "$fs" "$layout" "$net" "$cloud_init" "$core"

if [ "${IMAGE_NAMESPACE:-}" = "" ]; then
	# Mounts made for the chroot vanish with this namespace.
	IMAGE_NAMESPACE=1 exec unshare -m --propagation private sh "$0" "$@"
fi
rm -rf "$work" "$out.new"
mkdir -p "$root"
trap 'umount -l "$root/dev" "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$work" "$out.new" "$work.sfdisk"' EXIT

. "$here/system.sh"

new_uuid()
{
	cat /proc/sys/kernel/random/uuid
}

has()
{
	case +$layout+ in *"+$1+"*) ;; *) return 1 ;; esac
}

# ---- where things are: sectors of 512 bytes ----

disk_sectors=4194304
next=2048
number=0
: >"$work.sfdisk"
part()
{
	number=$((number + 1))
	size=$2
	[ "$size" != rest ] || size=$((disk_sectors - 2048 - next))
	eval "$1_start=$next $1_size=$size $1_number=$number"
	echo "start=$next, size=$size, type=$3" >>"$work.sfdisk"
	next=$((next + size))
}

lay_out()
{
	case $table in
	gpt) linux=0FC63DAF-8483-4772-8E79-3D69D8477DE4 swap=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F lvm=E6D6D379-F507-44C2-A23C-238F2A3DF928 ;;
	mbr) linux=83 swap=82 lvm=8e ;;
	esac
	case $table-$firmware in
	gpt-ovmf) part esp 131072 C12A7328-F81F-11D2-BA4B-00A0C93EC93B ;;
	gpt-bios) part core 2048 21686148-6449-6E6F-744E-656564454649 ;;
	esac
	! has boot || part boot 524288 $linux
	if has lvm; then
		part pv rest $lvm
		return
	fi
	! has swap || part swap 131072 $swap
	part root rest $linux
}

names()
{
	root_uuid=$(new_uuid) boot_uuid='' swap_uuid='' esp_serial='' swap_spec=''
	case $fs in ext4*) root_type=ext4 ;; *) root_type=$fs ;; esac
	boot_type=$root_type
	! has boot || boot_uuid=$(new_uuid)
	! has swap || { swap_uuid=$(new_uuid); swap_spec=UUID=$swap_uuid; }
	[ "$firmware" = bios ] || esp_serial=$(new_uuid | cut -c1-8 | tr a-f A-F | sed 's/^..../&-/')
	root_spec=UUID=$root_uuid root_device=UUID=$root_uuid
	if has lvm; then
		root_spec=/dev/mapper/vg0-root root_device=/dev/mapper/vg0-root swap_uuid=$(new_uuid) swap_spec=/dev/mapper/vg0-swap
	fi
	loader_uuid=$root_uuid loader_path=/boot
	! has boot || { loader_uuid=$boot_uuid; loader_path=; }
	if has boot; then loader_number=$boot_number; else loader_number=${root_number:-}; fi
	case $table in gpt) grub_table=gpt ;; mbr) grub_table=msdos ;; esac
	case $firmware in
	bios) grub_terminal='console serial' grub_serial='serial --speed=115200' ;;
	ovmf) grub_terminal=console grub_serial= ;;
	esac
}

# ---- boot loaders ----

load_config()
{
	printf "search.fs_uuid %s root %s\nset prefix=(\$root)'%s/grub'\n" "$loader_uuid" \
		"hd0,$grub_table$loader_number" "$loader_path"
}

# As grub-install does on one disk: the core image behind the MBR, or in the BIOS boot partition.
bios_loader()
{
	mkdir -p "$root/boot/grub/i386-pc"
	cp "$root"/usr/lib/grub/i386-pc/*.mod "$root"/usr/lib/grub/i386-pc/*.lst "$root"/usr/lib/grub/i386-pc/boot.img \
		"$root/boot/grub/i386-pc/"
	if [ "$core" = uuid ]; then
		load_config >"$root/boot/grub/i386-pc/load.cfg"
		set -- -c /boot/grub/i386-pc/load.cfg
	else
		set --
	fi
	chroot "$root" grub-mkimage -O i386-pc -p "(,$grub_table$loader_number)$loader_path/grub" "$@" \
		-o /boot/grub/i386-pc/core.img biosdisk part_$grub_table ext2 normal configfile search_fs_uuid
	lba=${core_start:-1}
	image=$root/boot/grub/i386-pc/core.img
	[ "$(stat -c %s "$image")" -lt $((1000 * 1024)) ]
	cp "$image" "$work/core.img"
	le64 $((lba + 1)) | put "$work/core.img" 500
	put "$out.new" 0 <"$root/boot/grub/i386-pc/boot.img" 440
	le64 "$lba" | put "$out.new" 92
	printf '\220\220' | put "$out.new" 102
	put "$out.new" $((lba * 512)) <"$work/core.img"
}

le64()
{
	v=$1
	for _ in 1 2 3 4 5 6 7 8; do
		printf "\\$(printf %o $((v & 255)))"
		v=$((v >> 8))
	done
}

# put FILE BYTE-OFFSET [COUNT]: standard input into the file.
put()
{
	head -c "${3:--0}" | dd of="$1" bs=64K oflag=seek_bytes seek="$2" conv=notrunc iflag=fullblock status=none
}

# As Debian's installer leaves it: shim, the signed GRUB, and the small grub.cfg that finds the rest by UUID.
uefi_loader()
{
	esp=$work/esp.img
	truncate -s $((esp_size * 512)) "$esp"
	mkfs.vfat -F 32 -s 1 -h "$esp_start" -i "$(echo "$esp_serial" | tr -d -)" -n EFI "$esp" >/dev/null
	{ load_config; echo 'configfile $prefix/grub.cfg'; } >"$work/stub.cfg"
	shim=$root/usr/lib/shim/shimx64.efi.signed grub=$root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed
	mmd -i "$esp" ::/EFI ::/EFI/BOOT ::/EFI/debian
	mcopy -i "$esp" "$shim" ::/EFI/BOOT/BOOTX64.EFI
	mcopy -i "$esp" "$grub" ::/EFI/BOOT/grubx64.efi
	mcopy -i "$esp" "$shim" ::/EFI/debian/shimx64.efi
	mcopy -i "$esp" "$grub" ::/EFI/debian/grubx64.efi
	mcopy -i "$esp" "$work/stub.cfg" ::/EFI/debian/grub.cfg
	dd if="$esp" of="$out.new" bs=1M oflag=seek_bytes seek=$((esp_start * 512)) conv=notrunc,sparse status=none
}

# ---- filesystems ----

# format TYPE UUID FOLDER START SIZE, in sectors
format()
{
	case $1 in
	ext4) set -- ext4 "$@" -O metadata_csum,^metadata_csum_seed,^orphan_file ;;
	ext4-seed) set -- ext4 "$@" -O metadata_csum,metadata_csum_seed,^orphan_file ;;
	*) set -- "$1" "$@" -O ^metadata_csum ;;
	esac
	mke2fs -q -F -t "$1" -U "$3" "$7" "$8" -E offset=$(($5 * 512)) -d "$4" "$out.new" $(($6 / 2))k
}

fill()
{
	if has boot; then
		mv "$root/boot" "$work/boot"
		mkdir "$root/boot"
		format "$fs" "$boot_uuid" "$work/boot" "$boot_start" "$boot_size"
	fi
	format "$fs" "$root_uuid" "$root" "$root_start" "$root_size"
	if [ -n "$swap_uuid" ]; then
		truncate -s $((swap_size * 512)) "$work/swap.img"
		mkswap -q -U "$swap_uuid" "$work/swap.img"
		dd if="$work/swap.img" of="$out.new" bs=1M oflag=seek_bytes seek=$((swap_start * 512)) conv=notrunc,sparse status=none
	fi
}

tar -C "$root" -xpf "$archive" --numeric-owner --xattrs --exclude='./dev/*'
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
lay_out
names
truncate -s $((disk_sectors * 512)) "$out.new"
sfdisk -q --label "$([ "$table" = gpt ] && echo gpt || echo dos)" "$out.new" <"$work.sfdisk"
rm "$work.sfdisk"
write_names
write_network
write_mounts
write_grub
if [ "$firmware" = bios ]; then bios_loader; else uefi_loader; fi
umount -l "$root/dev" "$root/proc"
if has lvm; then
	. "$here/lvm.sh"
	make_volumes
fi
fill
mv "$out.new" "$out"

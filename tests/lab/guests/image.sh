#!/bin/sh
# One disk image from a root folder's archive, by offsets into a file: nothing is mounted, no partition device is needed.
# Runs as root or as root of a user namespace; the guest's columns come in the environment from build.sh.
# usage: image.sh ARCHIVE OUT.raw
set -eu
archive=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$out.work
root=$work/root
: "$table" "$firmware" "$fs" "$layout" "$net" "$loader" "$initrd" "$cloud_init"

if [ "${IMAGE_NAMESPACE:-}" = "" ]; then
	# Mounts made for the chroot vanish with this namespace.
	IMAGE_NAMESPACE=1 exec unshare -m --propagation private sh "$0" "$@"
fi
rm -rf "$work" "$out.new"
mkdir -p "$root"
trap 'umount -l "$root/boot/efi" "$root/dev" "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$work" "$out.new" "$work.sfdisk"' EXIT

. "$here/system.sh"
. "$here/loader.sh"

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
	gpt-ovmf) part esp $([ "$loader" = systemd-boot ] && echo 262144 || echo 131072) C12A7328-F81F-11D2-BA4B-00A0C93EC93B ;;
	gpt-bios) part core 2048 21686148-6449-6E6F-744E-656564454649 ;;
	esac
	! has boot || part boot $([ "$fs" = xfs ] && echo 655360 || echo 524288) $linux
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
	boot_type=$root_type root_options=errors=remount-ro root_flags=
	case $fs in
	xfs) root_options=defaults ;;
	btrfs) boot_type=ext4 root_options=defaults,subvol=@rootfs root_flags='rootflags=subvol=@rootfs ' ;;
	esac
	! has boot || boot_uuid=$(new_uuid)
	! has swap || { swap_uuid=$(new_uuid); swap_spec=UUID=$swap_uuid; }
	[ "$firmware" = bios ] || esp_serial=$(new_uuid | cut -c1-8 | tr a-f A-F | sed 's/^..../&-/')
	root_spec=UUID=$root_uuid root_device=UUID=$root_uuid
	if has lvm; then
		root_spec=/dev/mapper/vg0-root root_device=/dev/mapper/vg0-root swap_uuid=$(new_uuid) swap_spec=/dev/mapper/vg0-swap
	fi
	kernel_arguments="${root_flags}console=tty0 console=ttyS0,115200"
	if has boot; then
		loader_uuid=$boot_uuid loader_path='' loader_number=$boot_number grub_fs=$boot_type
	else
		loader_uuid=$root_uuid loader_path=/boot loader_number=${root_number:-} grub_fs=$root_type
		[ "$fs" != btrfs ] || loader_path=/@rootfs/boot
	fi
	case $grub_fs in ext*) grub_fs=ext2 ;; esac
	case $table in gpt) grub_table=gpt ;; mbr) grub_table=msdos ;; esac
	case $firmware in
	bios) grub_terminal='console serial' grub_serial='serial --speed=115200' ;;
	ovmf) grub_terminal=console grub_serial= ;;
	esac
}

# ---- filesystems ----

# format TYPE UUID FOLDER START SIZE, in sectors
format()
{
	case $1 in
	xfs | btrfs)
		format_mounted "$@"
		return
		;;
	ext4) set -- ext4 "$@" -O metadata_csum,^metadata_csum_seed,^orphan_file ;;
	ext4-seed) set -- ext4 "$@" -O metadata_csum,metadata_csum_seed,^orphan_file ;;
	*) set -- "$1" "$@" -O ^metadata_csum ;;
	esac
	mke2fs -q -F -t "$1" -U "$3" "$7" "$8" -E offset=$(($5 * 512)) -d "$4" "$out.new" $(($6 / 2))k
}

# Nothing fills an XFS without mounting it, nor makes a subvolume as Debian's installer does: this takes real root.
format_mounted()
{
	loop=$(losetup -f --show -o $(($4 * 512)) --sizelimit $(($5 * 512)) "$out.new")
	mkdir -p "$work/mounted"
	made=0
	if [ "$1" = xfs ]; then
		mkfs.xfs -q -m uuid="$2" "$loop" && mount -o nouuid "$loop" "$work/mounted" && cp -a "$3/." "$work/mounted/" || made=1
	else
		mkfs.btrfs -q -U "$2" "$loop" && mount "$loop" "$work/mounted" &&
			btrfs -q subvolume create "$work/mounted/@rootfs" && cp -a "$3/." "$work/mounted/@rootfs/" || made=1
	fi
	umount "$work/mounted" || made=1
	losetup -d "$loop"
	return $made
}

fill()
{
	if has boot; then
		mv "$root/boot" "$work/boot"
		mkdir "$root/boot"
		case $fs in btrfs) boot_fs=ext4 ;; *) boot_fs=$fs ;; esac
		format "$boot_fs" "$boot_uuid" "$work/boot" "$boot_start" "$boot_size"
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
[ "$loader" = systemd-boot ] || write_grub
write_loader
umount -l "$root/dev" "$root/proc"
if has lvm; then
	. "$here/lvm.sh"
	make_volumes
fi
fill
mv "$out.new" "$out"

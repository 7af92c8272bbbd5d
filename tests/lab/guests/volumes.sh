# Where the filesystems of a raw image are, and how one is reached. Sourced by read.sh and checks.sh.

# volumes RAW: a line "TYPE UUID BYTE-OFFSET BYTES" for each partition and logical volume that holds something.
volumes()
{
	sfdisk -d "$1" 2>/dev/null | sed -n 's/.*start= *\([0-9]*\), size= *\([0-9]*\).*/\1 \2/p' | while read -r start size; do
		one_volume "$1" $((start * 512)) $((size * 512))
		[ "$type" != LVM2_member ] || logical_volumes "$1" $((start * 512))
	done
}

one_volume()
{
	type=$(blkid -p -o value -s TYPE -O "$2" -S "$3" "$1" 2>/dev/null)
	[ -z "$type" ] || echo "$type $(blkid -p -o value -s UUID -O "$2" -S "$3" "$1") $2 $3"
}

metadata_text()
{
	dd if="$1" iflag=skip_bytes,count_bytes skip="$2" count=1048576 bs=64K status=none | strings -n 8
}

volume_ids()
{
	metadata_text "$@" | awk '$1 == "id" && $2 == "=" { gsub("\"", "", $3); print "lvm-id", $3 }' | sort -u
}

# Two logical volumes in a row, root first, extents of 4 MiB from 1 MiB on: what lvm.sh makes.
logical_volumes()
{
	at=$(($2 + 1048576))
	for extents in $(metadata_text "$@" | awk '$1 == "extent_count" { print $3 }' | head -n 2); do
		one_volume "$1" $at $((extents * 4194304))
		at=$((at + extents * 4194304))
	done
}

# with_loop RAW BYTE-OFFSET BYTES COMMAND...: the command gets a read-only device as its last argument.
with_loop()
{
	loop=$(losetup -r -f --show -o "$2" --sizelimit "$3" "$1") || return 2
	shift 3
	"$@" "$loop"
	looped=$?
	losetup -d "$loop"
	return $looped
}

# mounted RAW TYPE BYTE-OFFSET BYTES COMMAND...: the command gets the folder of the guest's root, read-only.
mounted()
{
	point=$(mktemp -d) kind=$2 disk=$1 from=$3 bytes=$4
	shift 4
	with_loop "$disk" "$from" "$bytes" mount_and "$@"
	outcome=$?
	rmdir "$point"
	return $outcome
}

mount_and()
{
	for device; do :; done
	case $kind in
	xfs) mount -o ro,norecovery,nouuid "$device" "$point" ;;
	*) mount -o ro "$device" "$point" ;;
	esac || return 2
	folder=$point
	[ ! -d "$point/@rootfs" ] || folder=$point/@rootfs
	"$1" "$folder"
	umount "$point"
}

# The volume group vg0 in the partition "pv": root, then swap. Sourced by image.sh with its variables; sets where they lie.
# The metadata is written as text and put in place by LVM itself from a backup: lvcreate needs a kernel with device-mapper,
# vgcfgrestore does not. A loop device is needed, so this takes real root.

volume_id()
{
	tr -dc 'A-Za-z0-9' </dev/urandom | head -c 32 | sed 's/^\(.\{6\}\)\(....\)\(....\)\(....\)\(....\)\(....\)/\1-\2-\3-\4-\5-\6-/'
}

# volume NAME FIRST COUNT, in extents of 4 MiB
volume()
{
	cat <<-E
		$1 {
			id = "$(volume_id)"
			status = ["READ", "WRITE", "VISIBLE"]
			flags = []
			creation_time = 1700000000
			creation_host = "template01"
			segment_count = 1
			segment1 {
				start_extent = 0
				extent_count = $3
				type = "striped"
				stripe_count = 1
				stripes = ["pv0", $2]
			}
		}
	E
}

volume_group()
{
	cat <<-E
		contents = "Text Format Volume Group"
		version = 1
		vg0 {
			id = "$(volume_id)"
			seqno = 1
			format = "lvm2"
			status = ["RESIZEABLE", "READ", "WRITE"]
			flags = []
			extent_size = 8192
			max_lv = 0
			max_pv = 0
			metadata_copies = 0
			physical_volumes {
				pv0 {
					id = "$1"
					device = "/dev/vda$pv_number"
					status = ["ALLOCATABLE"]
					flags = []
					dev_size = $pv_size
					pe_start = 2048
					pe_count = $extents
				}
			}
			logical_volumes {
				$(volume root 0 $((extents - 16)))
				$(volume swap $((extents - 16)) 16)
			}
		}
	E
}

make_volumes()
{
	extents=$(((pv_size - 2048) / 8192)) pv_id=$(volume_id)
	loop=$(losetup -f --show -o $((pv_start * 512)) --sizelimit $((pv_size * 512)) "$out.new")
	volume_group "$pv_id" >"$work/vg0"
	mkdir -p "$work/lvm"
	cat >"$work/lvm/lvm.conf" <<-E
		devices { filter = [ "a|^$loop\$|", "r|.*|" ] use_devicesfile = 0 }
		activation { udev_sync = 0 udev_rules = 0 }
		backup { backup = 0 archive = 0 }
	E
	made=0
	LVM_SYSTEM_DIR=$work/lvm pvcreate -q -y --uuid "$pv_id" --restorefile "$work/vg0" "$loop" </dev/null &&
		LVM_SYSTEM_DIR=$work/lvm vgcfgrestore -f "$work/vg0" vg0 </dev/null || made=1
	losetup -d "$loop"
	root_start=$((pv_start + 2048)) root_size=$(((extents - 16) * 8192))
	swap_start=$((root_start + root_size)) swap_size=$((16 * 8192))
	return $made
}

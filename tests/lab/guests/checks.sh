# What must hold for a clone. Sourced by prove.sh with its variables ($dir: template.ids, clone.ids, booted.ids and the
# files of each, the ledger). Each function prints what is wrong, one line each.
. "$here/volumes.sh"

# What the ledger keeps, with its reason: values that may be the template's.
kept()
{
	jq -r '.changes[] | select(.action != "changed" and (.reason // "") != "") | .old, .where' "$ledger"
}

# Every storage id and host key that the ledger names is in the image.
missing_from_image()
{
	jq -r '.changes[] | select(.action == "changed" and (.kind | test("^(disk-id|partition-guid|fs-uuid|ssh-host-keys)$"))) |
		.kind + " " + .new' "$ledger" | while read -r kind value; do
		grep -qiF -e "$value" "$dir/clone.ids" || echo "the ledger's $kind $value is not in the image"
	done
}

same_as_ledger()
{
	want=$(jq -r ".clone.$2" "$ledger")
	grep -qxF "$1 $want" "$dir/clone.ids" ||
		echo "$1 is $(sed -n "s/^$1 //p" "$dir/clone.ids" | head -n 1), the ledger says $want"
}

identity_wrong()
{
	kept >"$dir/kept"
	comm -12 "$dir/template.ids" "$dir/clone.ids" >"$dir/shared.ids"
	while read -r kind value rest; do
		grep -qiF -e "$value" "$dir/kept" || echo "$kind $value $rest is still the template's"
	done <"$dir/shared.ids"
	for kind in $(cut -d' ' -f1 "$dir/template.ids" | sort -u); do
		[ "$kind" = journal ] || [ "$kind" = random-seed ] || grep -q "^$kind " "$dir/clone.ids" || echo "no $kind any more"
	done
	missing_from_image
	same_as_ledger hostname hostname
	same_as_ledger machine-id machine_id
	if grep -q '^network-mac' "$dir/clone.ids"; then
		same_as_ledger network-mac 'macs[0]'
	fi
}

# The files of the guest that name filesystems, against the filesystems that are there.
references_wrong()
{
	grep -rhoE 'UUID=[0-9A-Fa-f-]+|--set=root [0-9a-f-]+|fs_uuid [0-9a-f-]+' "$dir"/clone/etc_fstab "$dir"/clone/boot_grub_grub.cfg \
		"$dir"/clone/etc_initramfs* "$dir"/clone/etc_kernel_cmdline "$dir"/clone/esp 2>/dev/null |
		sed 's/.*[= ]//' | sort -u >"$dir/references"
	[ -s "$dir/references" ] || echo 'no file of the guest names a filesystem'
	while read -r id; do
		grep -qi " $id\$" "$dir/clone.ids" || echo "$id is named but there is no such filesystem"
	done <"$dir/references"
}

# said COMMAND...: quiet when it succeeds, else what it said last.
said()
{
	"$@" >"$dir/said.out" 2>&1 </dev/null || echo "$1: $(grep -v '^$' "$dir/said.out" | tail -n 2 | tr '\n' ' ')"
}

check_group()
{
	mkdir -p "$dir/lvm"
	printf 'devices { filter = [ "a|^%s$|", "r|.*|" ] use_devicesfile = 0 }\n' "$1" >"$dir/lvm/lvm.conf"
	LVM_SYSTEM_DIR=$dir/lvm said vgck vg0
}

check_fat()
{
	dd if="$dir/clone.raw" of="$dir/esp.img" iflag=skip_bytes,count_bytes skip="$1" count="$2" bs=1M status=none
	said fsck.fat -n "$dir/esp.img"
	rm "$dir/esp.img"
}

filesystems_wrong()
{
	raw=$dir/clone.raw
	volumes "$raw" >"$dir/volumes"
	while read -r type uuid at bytes; do
		case $type in
		ext*) said e2fsck -fn "$raw?offset=$at" ;;
		xfs) with_loop "$raw" "$at" "$bytes" said xfs_repair -n ;;
		btrfs) with_loop "$raw" "$at" "$bytes" said btrfs check --readonly ;;
		vfat) check_fat "$at" "$bytes" ;;
		swap) with_loop "$raw" "$at" "$bytes" said swaplabel ;;
		LVM2_member) with_loop "$raw" "$at" "$bytes" check_group ;;
		esac
	done <"$dir/volumes"
	if [ "$table" = gpt ]; then
		sgdisk -v "$raw" 2>&1 | grep -q '^No problems found' || echo 'sgdisk -v finds problems'
	fi
}

leftovers_in()
{
	python3 "$here/leftovers.py" "$dir/forbidden" "$1"
}

# Bytes that something owns: blocks in use of ext filesystems, files of XFS and btrfs, all of the others and of what is
# between partitions. No id of the template is in them, in any writing, but for those that the plan keeps.
leftovers_wrong()
{
	grep -v '^hostname ' "$dir/template.ids" | cut -d' ' -f2 | grep -E '^[0-9A-Za-z-]{8,}$|:.*:.*:' | sort -u >"$dir/old"
	grep -vixFf "$dir/kept" "$dir/old" >"$dir/forbidden"
	volumes "$dir/clone.raw" >"$dir/volumes"
	: >"$dir/skip"
	while read -r type uuid at bytes; do
		case $type in
		ext*)
			echo "$at $bytes" >>"$dir/skip"
			e2image -ra -o "$at" "$dir/clone.raw" "$dir/used.img" 2>"$dir/e2image.err" || echo "e2image: $(tail -n 1 "$dir/e2image.err")"
			python3 "$here/leftovers.py" "$dir/forbidden" "$dir/used.img" | sed "s|^|$type at $at: |"
			rm -f "$dir/used.img"
			;;
		xfs | btrfs)
			echo "$at $bytes" >>"$dir/skip"
			mounted "$dir/clone.raw" "$type" "$at" "$bytes" leftovers_in
			;;
		LVM2_member) ;;
		esac
	done <"$dir/volumes"
	python3 "$here/leftovers.py" "$dir/forbidden" "$dir/clone.raw" "$dir/skip"
}

verify_wrong()
{
	nice "$vmint" verify "$dir/fleet" >"$dir/verify.out" 2>&1 || tail -n 4 "$dir/verify.out"
}

# A random seed is meant to change, and a journal to appear.
change_wrong()
{
	for side in clone booted; do
		grep -vE '^(journal|random-seed) ' "$dir/$side.ids" >"$dir/$side.steady"
	done
	diff "$dir/clone.steady" "$dir/booted.steady" | sed -n 's/^< /the boot changed /p; s/^> /the boot made /p'
	machine=$(jq -r .clone.machine_id "$ledger")
	ls "$dir/booted/journal/$machine"/*.journal >/dev/null 2>&1 || echo "no journal under $machine"
	for folder in "$dir"/booted/journal/*; do
		[ "${folder##*/}" = "$machine" ] || echo "a journal under ${folder##*/}"
	done
}

# QEMU's own network leases 10.0.2.15 to whoever asks; the card has the clone's MAC and the guest is configured for it.
network_wrong()
{
	case $net in
	ifupdown)
		grep -qs 'fixed-address 10.0.2.15' "$dir"/booted/dhcp/*.leases || echo 'dhclient has no lease'
		return
		;;
	nm) unit=NetworkManager words='new lease, address=10.0.2.15' ;;
	*) unit=systemd-networkd words='DHCPv4 address 10.0.2.15' ;;
	esac
	journalctl -q --no-pager -D "$dir/booted/journal" -u $unit 2>/dev/null >"$dir/network.log"
	grep -q "$words" "$dir/network.log" || echo "$unit has no lease: $(tail -n 1 "$dir/network.log")"
}

units_wrong()
{
	grep -aoE 'Failed to start [^.]*' "$dir/console.log" | tr -d '\033' | sort -u
}

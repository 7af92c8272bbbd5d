# What must hold for a clone. Sourced by prove.sh with its variables ($dir: template.ids, clone.ids, booted.ids and the
# files of each, the ledger). Each function prints what is wrong, one line each.

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
	grep -hoE 'UUID=[0-9A-Fa-f-]+|--set=root [0-9a-f-]+' "$dir"/clone/etc_fstab "$dir"/clone/boot_grub_grub.cfg \
		"$dir"/clone/etc_initramfs* 2>/dev/null | sed 's/.*[= ]//' | sort -u >"$dir/references"
	while read -r id; do
		grep -qi " $id\$" "$dir/clone.ids" || echo "$id is named but there is no such filesystem"
	done <"$dir/references"
}

filesystems_wrong()
{
	sfdisk -d "$dir/clone.raw" 2>/dev/null | sed -n 's/.*start= *\([0-9]*\), size= *\([0-9]*\).*/\1 \2/p' >"$dir/partitions"
	while read -r start size; do
		case $(blkid -p -o value -s TYPE -O $((start * 512)) -S $((size * 512)) "$dir/clone.raw") in
		ext*) e2fsck -fn "$dir/clone.raw?offset=$((start * 512))" >"$dir/fsck.out" 2>&1 ||
			echo "e2fsck: $(sed -n '2,3p' "$dir/fsck.out" | tr '\n' ' ')" ;;
		LVM2_member) e2fsck -fn "$dir/clone.raw?offset=$(((start + 2048) * 512))" >"$dir/fsck.out" 2>&1 ||
			echo "e2fsck of the first volume: $(sed -n '2,3p' "$dir/fsck.out" | tr '\n' ' ')" ;;
		vfat)
			dd if="$dir/clone.raw" of="$dir/esp.img" iflag=skip_bytes,count_bytes skip=$((start * 512)) count=$((size * 512)) \
				bs=1M status=none
			fsck.fat -n "$dir/esp.img" >"$dir/fsck.out" 2>&1 || echo "fsck.fat: $(tail -n 1 "$dir/fsck.out")"
			rm "$dir/esp.img"
			;;
		esac
	done <"$dir/partitions"
	if [ "$(field table)" = gpt ]; then
		sgdisk -v "$dir/clone.raw" 2>&1 | grep -q '^No problems found' || echo 'sgdisk -v finds problems'
	fi
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
	if [ "$net_kind" = ifupdown ]; then
		grep -qs 'fixed-address 10.0.2.15' "$dir"/booted/dhcp/*.leases || echo 'dhclient has no lease'
		return
	fi
	journalctl -q --no-pager -D "$dir/booted/journal" -u systemd-networkd 2>/dev/null >"$dir/networkd.log"
	grep -q 'DHCPv4 address 10.0.2.15' "$dir/networkd.log" || echo "networkd has no lease: $(tail -n 1 "$dir/networkd.log")"
}

units_wrong()
{
	grep -aoE 'Failed to start [^.]*' "$dir/console.log" | tr -d '\033' | sort -u
}

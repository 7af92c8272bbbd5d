# The guests, as data, and how a row is read. Sourced by build.sh, prove.sh and life.sh.
#
# guest NAME table=gpt|mbr firmware=ovmf|bios fs=ext4|ext4-seed|ext3|ext2|xfs|btrfs layout=WORDS net=NET [COLUMN=VALUE...]
#
# layout      any of: plain, swap, boot (a partition of its own for /boot), lvm (root and swap are logical volumes), joined by +
# net         networkd, netplan, ifupdown or nm (NetworkManager); each names the card by its MAC
# loader      signed (shim and the signed GRUB, what ovmf has without it), unsigned (a GRUB image with its load.cfg inside),
#             systemd-boot (entries by machine-id on the ESP); mbr (what bios has without it: the core image names the
#             partition), core-uuid (the core image holds the root's UUID in a load.cfg, compressed)
# initrd      initramfs-tools (without it) or dracut
# cloud-init  no (without it) or yes
#
# Order: the cheapest and most different first; `prove.sh` takes names to do fewer.

# columns WORD...: each as a variable.
columns()
{
	table='' firmware='' fs='' layout='' net='' loader='' initrd=initramfs-tools cloud_init=no
	for word; do
		case $word in
		table=*) table=${word#*=} ;;
		firmware=*) firmware=${word#*=} ;;
		fs=*) fs=${word#*=} ;;
		layout=*) layout=${word#*=} ;;
		net=*) net=${word#*=} ;;
		loader=*) loader=${word#*=} ;;
		initrd=*) initrd=${word#*=} ;;
		cloud-init=*) cloud_init=${word#*=} ;;
		esac
	done
	case $firmware in
	ovmf) loader=${loader:-signed} ;;
	bios) loader=${loader:-mbr} ;;
	esac
	export table firmware fs layout net loader initrd cloud_init
}

guest uefi-swap-networkd table=gpt firmware=ovmf fs=ext4 layout=swap net=networkd
guest bios-plain-ifupdown table=mbr firmware=bios fs=ext4 layout=plain net=ifupdown
guest uefi-lvm-networkd table=gpt firmware=ovmf fs=ext4 layout=boot+lvm net=networkd
guest uefi-boot-netplan table=gpt firmware=ovmf fs=ext4-seed layout=boot net=netplan
guest bios-core-uuid table=mbr firmware=bios fs=ext4-seed layout=swap net=networkd loader=core-uuid
guest bios-ext3-boot table=mbr firmware=bios fs=ext3 layout=boot+swap net=ifupdown
guest uefi-ext2-netplan table=gpt firmware=ovmf fs=ext2 layout=plain net=netplan
guest gpt-bios-networkd table=gpt firmware=bios fs=ext4 layout=boot+swap net=networkd
guest uefi-cloud-netplan table=gpt firmware=ovmf fs=ext4 layout=plain net=netplan cloud-init=yes
guest bios-cloud-ifupdown table=mbr firmware=bios fs=ext4-seed layout=swap net=ifupdown cloud-init=yes
guest bios-lvm-ifupdown table=mbr firmware=bios fs=ext4 layout=boot+lvm net=ifupdown
guest gpt-core-uuid table=gpt firmware=bios fs=ext3 layout=swap net=networkd loader=core-uuid
guest uefi-unsigned-nm table=gpt firmware=ovmf fs=ext4-seed layout=swap net=nm loader=unsigned
guest uefi-bls-networkd table=gpt firmware=ovmf fs=ext4 layout=swap net=networkd loader=systemd-boot
guest bios-dracut-nm table=mbr firmware=bios fs=ext4 layout=boot+swap net=nm initrd=dracut
guest uefi-bls-dracut table=gpt firmware=ovmf fs=ext4-seed layout=plain net=networkd loader=systemd-boot initrd=dracut
guest uefi-lvm-dracut table=gpt firmware=ovmf fs=ext4 layout=boot+lvm net=netplan initrd=dracut
guest uefi-xfs-networkd table=gpt firmware=ovmf fs=xfs layout=swap net=networkd
guest bios-xfs-ifupdown table=mbr firmware=bios fs=xfs layout=boot net=ifupdown
guest uefi-btrfs-netplan table=gpt firmware=ovmf fs=btrfs layout=plain net=netplan
guest bios-btrfs-dracut table=mbr firmware=bios fs=btrfs layout=boot+swap net=networkd initrd=dracut
guest uefi-xfs-cloud table=gpt firmware=ovmf fs=xfs layout=boot+lvm net=nm cloud-init=yes loader=unsigned

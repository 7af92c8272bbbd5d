# The guests, as data. Sourced by build.sh and prove.sh.
#
# guest NAME table=gpt|mbr firmware=ovmf|bios fs=ext4|ext4-seed|ext3|ext2 layout=WORDS net=networkd|netplan|ifupdown
#       [cloud-init=yes] [core=uuid]
#
# layout  any of: plain, swap, boot (a partition of its own for /boot), lvm (root and swap are logical volumes), joined by +
# core    uuid: GRUB's BIOS core image holds the root's UUID in a load.cfg, compressed; else it names the partition
#
# Order: the cheapest and most different first; `prove.sh` takes names to do fewer.

guest uefi-swap-networkd table=gpt firmware=ovmf fs=ext4 layout=swap net=networkd
guest bios-plain-ifupdown table=mbr firmware=bios fs=ext4 layout=plain net=ifupdown
guest uefi-lvm-networkd table=gpt firmware=ovmf fs=ext4 layout=boot+lvm net=networkd
guest uefi-boot-netplan table=gpt firmware=ovmf fs=ext4-seed layout=boot net=netplan
guest bios-core-uuid table=mbr firmware=bios fs=ext4-seed layout=swap net=networkd core=uuid
guest bios-ext3-boot table=mbr firmware=bios fs=ext3 layout=boot+swap net=ifupdown
guest uefi-ext2-netplan table=gpt firmware=ovmf fs=ext2 layout=plain net=netplan
guest gpt-bios-networkd table=gpt firmware=bios fs=ext4 layout=boot+swap net=networkd
guest uefi-cloud-netplan table=gpt firmware=ovmf fs=ext4 layout=plain net=netplan cloud-init=yes
guest bios-cloud-ifupdown table=mbr firmware=bios fs=ext4-seed layout=swap net=ifupdown cloud-init=yes
guest bios-lvm-ifupdown table=mbr firmware=bios fs=ext4 layout=boot+lvm net=ifupdown
guest gpt-core-uuid table=gpt firmware=bios fs=ext3 layout=swap net=networkd core=uuid

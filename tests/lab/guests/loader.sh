# Boot loaders, each as its own installer leaves it. Sourced by image.sh with its variables.

load_config()
{
	printf "search.fs_uuid %s root %s\nset prefix=(\$root)'%s/grub'\n" "$loader_uuid" \
		"hd0,$grub_table$loader_number" "$loader_path"
}

# grub_modules PLATFORM: into the guest's /boot, where GRUB looks for what its image lacks.
grub_modules()
{
	mkdir -p "$root/boot/grub/$1"
	cp "$root/usr/lib/grub/$1"/*.mod "$root/usr/lib/grub/$1"/*.lst "$root/boot/grub/$1/"
}

# As grub-install does on one disk: the core image behind the MBR, or in the BIOS boot partition.
bios_grub()
{
	grub_modules i386-pc
	cp "$root/usr/lib/grub/i386-pc/boot.img" "$root/boot/grub/i386-pc/"
	set --
	if [ "$loader" = core-uuid ]; then
		load_config >"$root/boot/grub/i386-pc/load.cfg"
		set -- -c /boot/grub/i386-pc/load.cfg
	fi
	chroot "$root" grub-mkimage -O i386-pc -p "(,$grub_table$loader_number)$loader_path/grub" "$@" \
		-o /boot/grub/i386-pc/core.img biosdisk part_$grub_table $grub_fs normal configfile search_fs_uuid
	lba=${core_start:-1}
	image=$root/boot/grub/i386-pc/core.img
	[ "$(stat -c %s "$image")" -lt $((1000 * 1024)) ]
	cp "$image" "$work/core.img"
	le64 $((lba + 1)) | put "$work/core.img" 500
	put "$out.new" 0 440 <"$root/boot/grub/i386-pc/boot.img"
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

# What is below $root/boot/efi becomes the ESP.
write_esp()
{
	esp=$work/esp.img
	truncate -s $((esp_size * 512)) "$esp"
	mkfs.vfat -F 32 -s 1 -h "$esp_start" -i "$(echo "$esp_serial" | tr -d -)" -n EFI "$esp" >/dev/null
	mcopy -s -m -i "$esp" "$root"/boot/efi/* ::
	umount "$root/boot/efi"
	dd if="$esp" of="$out.new" bs=1M oflag=seek_bytes seek=$((esp_start * 512)) conv=notrunc,sparse status=none
}

# As Debian's installer leaves it: shim, the signed GRUB, and the small grub.cfg that finds the rest by UUID.
signed_grub()
{
	efi=$root/boot/efi/EFI shim=$root/usr/lib/shim/shimx64.efi.signed
	grub=$root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed
	mkdir -p "$efi/BOOT" "$efi/debian"
	cp "$shim" "$efi/BOOT/BOOTX64.EFI"
	cp "$grub" "$efi/BOOT/grubx64.efi"
	cp "$shim" "$efi/debian/shimx64.efi"
	cp "$grub" "$efi/debian/grubx64.efi"
	{ load_config; echo 'configfile $prefix/grub.cfg'; } >"$efi/debian/grub.cfg"
}

# As grub-install --no-uefi-secure-boot: the load.cfg is inside the image, as plain text.
unsigned_grub()
{
	grub_modules x86_64-efi
	load_config >"$root/boot/grub/x86_64-efi/load.cfg"
	chroot "$root" grub-mkimage -O x86_64-efi -p "$loader_path/grub" -c /boot/grub/x86_64-efi/load.cfg \
		-o /boot/grub/x86_64-efi/core.efi part_gpt $grub_fs normal configfile search_fs_uuid
	cp "$root/boot/grub/x86_64-efi/core.efi" "$root/boot/grub/x86_64-efi/grub.efi"
	mkdir -p "$root/boot/efi/EFI/BOOT" "$root/boot/efi/EFI/debian"
	cp "$root/boot/grub/x86_64-efi/core.efi" "$root/boot/efi/EFI/debian/grubx64.efi"
	cp "$root/boot/grub/x86_64-efi/core.efi" "$root/boot/efi/EFI/BOOT/BOOTX64.EFI"
}

# As bootctl install and kernel-install: entries are named by the machine-id and the kernel.
systemd_boot()
{
	esp_root=$root/boot/efi stub=$root/usr/lib/systemd/boot/efi/systemd-bootx64.efi
	mkdir -p "$esp_root/EFI/BOOT" "$esp_root/EFI/systemd" "$esp_root/loader/entries" "$esp_root/$machine"
	cp "$stub" "$esp_root/EFI/BOOT/BOOTX64.EFI"
	cp "$stub" "$esp_root/EFI/systemd/systemd-bootx64.efi"
	echo type1 >"$esp_root/loader/entries.srel"
	printf 'timeout 0\ndefault %s-*\n' "$machine" >"$esp_root/loader/loader.conf"
	head -c 32 /dev/urandom >"$esp_root/loader/random-seed"
	echo "root=$root_device ro $kernel_arguments" | file /etc/kernel/cmdline
	version=$(basename "$root"/boot/vmlinuz-*)
	version=${version#vmlinuz-}
	chroot "$root" kernel-install add "$version" "/boot/vmlinuz-$version" "/boot/initrd.img-$version"
	grep -E "^linux +/$machine/$version/linux" "$esp_root/loader/entries/$machine-$version.conf"
}

# kernel-install writes paths relative to the mount that the ESP is.
write_loader()
{
	[ "$firmware" = bios ] || mount -t tmpfs esp "$root/boot/efi"
	case $loader in
	mbr | core-uuid) bios_grub ;;
	signed) signed_grub ;;
	unsigned) unsigned_grub ;;
	systemd-boot) systemd_boot ;;
	esac
	[ "$firmware" = bios ] || write_esp
}

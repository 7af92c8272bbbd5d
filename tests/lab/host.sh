# Booted hosts: Debian's cloud kernel under QEMU's TCG, whose "max" CPU offers AMD SVM with nested paging, so that kvm-amd
# loads and /dev/kvm is the real thing. Sourced by run.sh with WORK (build/lab) and LAB set.

# What is needed and not here: empty when booting works.
host_missing()
{
	for tool in qemu-system-x86_64 busybox cpio depmod kvm-ok virt-host-validate setfacl rdmsr; do
		command -v $tool >/dev/null || printf '%s ' $tool
	done
	ls /boot/vmlinuz-*-cloud-amd64 >/dev/null 2>&1 || printf 'linux-image-cloud-amd64 '
}

# A program with its shared libraries, under its own path, into the folder $1.
copy_program()
{
	{
		echo "$2"
		ldd "$2" 2>/dev/null | grep -o '/[^ ]*'
	} | while read -r p; do
		[ -e "$1$p" ] && continue
		mkdir -p "$1${p%/*}"
		cp -L "$p" "$1$p"
	done
}

pack()
{
	(cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) >"$2.new" && mv "$2.new" "$2"
}

# Everything but vmint and the table; built once for each kernel and set of tools.
base_build()
{
	root=$1
	mkdir -p "$root/bin" "$root/sbin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/run" "$root/etc/modprobe.d" \
		"$root/usr/bin" "$root/usr/sbin" "$root/usr/lib/udev/rules.d" "$root/lib/modules/$version/kernel" "$root/var" "$root/root"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for m in arch/x86/kvm arch/x86/kernel virt/lib drivers/vhost drivers/vfio drivers/virtio drivers/net/tun.ko \
		drivers/net/tap.ko drivers/char/hw_random net/vmw_vsock; do
		[ -e "/lib/modules/$version/kernel/$m" ] || continue
		mkdir -p "$root/lib/modules/$version/kernel/${m%/*}"
		cp -r "/lib/modules/$version/kernel/$m" "$root/lib/modules/$version/kernel/${m%/*}/"
	done
	cp /lib/modules/"$version"/modules.builtin* /lib/modules/"$version"/modules.order "$root/lib/modules/$version/"
	depmod -b "$root" "$version"
	copy_program "$root" "$(command -v virt-host-validate)"
	copy_program "$root" "$(command -v setfacl)"
	copy_program "$root" "$(command -v rdmsr)"
	cp "$(command -v kvm-ok)" "$root/usr/sbin/kvm-ok"
	[ -e /usr/lib/udev/rules.d/50-udev-default.rules ] && cp /usr/lib/udev/rules.d/50-udev-default.rules "$root/usr/lib/udev/rules.d/"
	cp -L /etc/os-release "$root/etc/os-release"
	cat >"$root/etc/passwd" <<-END
		root:x:0:0:root:/root:/bin/sh
		alice:x:1000:1000::/:/bin/sh
		bob:x:1001:1001::/:/bin/sh
		carol:x:1002:1002::/:/bin/sh
		nobody:x:65534:65534::/:/bin/sh
	END
	# carol is a member on paper.
	cat >"$root/etc/group" <<-END
		root:x:0:
		tty:x:5:
		kvm:x:104:carol
		alice:x:1000:
		bob:x:1001:
		carol:x:1002:
		nogroup:x:65534:
	END
}

# Sets $kernel and $base (an uncompressed cpio: TCG copies faster than it inflates).
base_prepare()
{
	kernel=$(ls /boot/vmlinuz-*-cloud-amd64 | sort -V | tail -n 1)
	version=${kernel#/boot/vmlinuz-}
	sum=$(sha256sum "$kernel" "$LAB/host.sh" "$(command -v busybox)" "$(command -v kvm-ok)" "$(command -v virt-host-validate)" |
		sha256sum | cut -c1-12)
	base=$WORK/base-$sum.cpio
	[ -e "$base" ] && return
	rm -rf "$WORK"/base-* "$WORK/base"
	base_build "$WORK/base" && pack "$WORK/base" "$base" && rm -rf "$WORK/base"
}

# The part that changes with every build: vmint, the tool, the table.
run_prepare()
{
	rm -rf "$WORK/run"
	mkdir -p "$WORK/run/lab" "$WORK/run/usr/local/bin"
	cp "$LAB/inside.sh" "$LAB/situations.sh" "$TOOL" "$WORK/run/lab/"
	cp "$LAB/init.sh" "$WORK/run/init"
	cp "$VMINT" "$WORK/run/usr/local/bin/vmint"
	copy_program "$WORK/run" "$VMINT"
	# Loaded when first needed, so that ldd does not tell.
	copy_program "$WORK/run" "$(PATH=$PATH:/sbin ldconfig -p | awk '/libkmod\.so\.2 .*x86-64/ { print $NF; exit }')"
	rm -f "$WORK/run$VMINT"
	chmod 755 "$WORK/run/init" "$WORK/run/lab/tool"
}

# host_run SECONDS: 0 when the host went through its table and turned itself off. One processor: with two, a host emulated
# in software stood still now and then, each waiting for the other, for seconds or for ever, whatever was asked of it.
host_run()
{
	timeout "$1" qemu-system-x86_64 -accel tcg -cpu "max,-la57$b_cpu" -M "q35$b_machine" -smp 1 -m 768 -nodefaults \
		-display none -no-reboot -serial "file:$dir/console" -serial "file:$dir/answers" $b_devices \
		-kernel "$kernel" -initrd "$dir/initrd" -append "console=ttyS0 quiet loglevel=1 panic=-1 $b_args" \
		</dev/null >"$dir/qemu.log" 2>&1
	grep -aqs '^lab: done' "$dir/console" && tar -xzf "$dir/answers" -C "$WORK/results/$b_name" 2>>"$dir/qemu.log"
}

# Boots the host whose row b_* holds and unpacks its answers. One that did not finish is booted again, with more time for
# a loaded machine. How far it came is said, because nobody sees its files after a CI run.
host_boot()
{
	dir=$WORK/boot-$b_name
	rm -rf "$dir"
	mkdir -p "$dir/name/lab" "$WORK/results/$b_name"
	echo "$b_name" >"$dir/name/lab/name"
	pack "$dir/name" "$dir/name.cpio"
	cat "$base" "$WORK/run.cpio" "$dir/name.cpio" >"$dir/initrd"
	for seconds in 120 200 300; do
		host_run $seconds && break
		cp "$dir/console" "$dir/console.$seconds"
		echo "lab: the host '$b_name' did not finish in $seconds s; it last said: $(tail -n 3 "$dir/console" | tr -d '\r' | tr '\n' '|')" >&2
	done
	rm -f "$dir/initrd"
}

#!/bin/busybox sh
# PID 1 of a booted host: mounts what every Linux mounts, makes the situations of this boot one after the other, sends
# all answers out of the second serial port, powers off.
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs -o mode=755 dev /dev
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs -o mode=755 run /run
mount -t securityfs security /sys/kernel/security
mount -t cgroup2 cgroup2 /sys/fs/cgroup
touch /dev/.lab
stty -F /dev/ttyS1 raw -echo
hostname lab

export LAB=/lab LAB_TMP=/tmp/lab TOOL=/lab/tool RESULTS=/tmp/results
export VMINT=/usr/local/bin/vmint KVM_OK=/usr/sbin/kvm-ok VIRT_HOST_VALIDATE=/usr/bin/virt-host-validate
name=$(cat /lab/name)
. /lab/inside.sh

# Before each situation the node is as udev leaves it, and there only when KVM is.
fresh()
{
	rm -rf /dev/kvm /tmp/lab
	mkdir -p /tmp/lab
	if grep -q ' kvm$' /proc/misc; then
		mknod -m 660 /dev/kvm c 10 232
		chown root:kvm /dev/kvm
	fi
}

one()
{
	echo "lab: $(cut -d" " -f1 /proc/uptime) $s_id"
	fresh
	mkdir -p "$RESULTS/$s_id"
	export s_do s_via s_probe
	# A situation that never ends must not take the others with it.
	timeout 100 unshare -m sh -c ". /lab/inside.sh; ask_all $RESULTS/$s_id" 2>"$RESULTS/$s_id/broken.err" ||
		echo "ended with $?" >"$RESULTS/$s_id/broken"
	[ -z "$s_undo" ] || eval "$s_undo"
}

prepare()
{
	[ "$b_name" = "$name" ] && eval "$b_prepare"
}

for_each_boot prepare
for_each_situation one "$name"
dmesg >"$RESULTS/dmesg"
tar -c -z -f - -C "$RESULTS" . >/dev/ttyS1
echo "lab: done"
poweroff -f

# What runs in every situation, in a booted host (busybox sh) and here (dash): makes it, asks everyone, keeps the answers.
# Sourced with LAB (folder of this file, the table and the tool) and RESULTS set.

# ---- words for the table's do= ----

# Only a /dev that is the laboratory's own is ever changed.
own_dev_or_die()
{
	[ -e /dev/.lab ] || {
		echo "lab: /dev is not the laboratory's" >&2
		exit 99
	}
}

no_node()
{
	own_dev_or_die
	rm -rf /dev/kvm
}

# node c 10 232 0660 root:kvm
node()
{
	no_node
	mknod /dev/kvm "$1" "$2" "$3" && chown "$5" /dev/kvm && chmod "$4" /dev/kvm
}

access()
{
	own_dev_or_die
	chown "$2" /dev/kvm && chmod "$1" /dev/kvm
}

# A private /dev with a node of its own. $1: more mount options, which null and urandom escape as bind mounts.
own_dev()
{
	mkdir -p "$LAB_TMP/dev" &&
		mount -t tmpfs -o "mode=755${1:+,$1}" lab "$LAB_TMP/dev" &&
		touch "$LAB_TMP/dev/.lab" &&
		touch "$LAB_TMP/dev/null" "$LAB_TMP/dev/urandom" &&
		mount --bind /dev/null "$LAB_TMP/dev/null" &&
		mount --bind /dev/urandom "$LAB_TMP/dev/urandom" &&
		mknod -m 660 "$LAB_TMP/dev/kvm" c 10 232 &&
		chown root:kvm "$LAB_TMP/dev/kvm" &&
		mount --rbind "$LAB_TMP/dev" /dev || exit 99
}

# Everything as it is, but with a /dev of its own, $1 put on it.
own_root()
{
	mkdir -p "$LAB_TMP/root" && mount --bind / "$LAB_TMP/root" && mount -t proc proc "$LAB_TMP/root/proc" &&
		mount -t tmpfs -o mode=755 lab "$LAB_TMP/root/dev" && mknod -m 666 "$LAB_TMP/root/dev/null" c 1 3 || exit 99
}

# cpuinfo 's/sed program/' : /proc/cpuinfo says something else
cpuinfo()
{
	sed -E "$1" /proc/cpuinfo >"$LAB_TMP/cpuinfo" && mount --bind "$LAB_TMP/cpuinfo" /proc/cpuinfo || exit 99
}

# dmi sys_vendor Google ...: the firmware's tables say something else
dmi()
{
	while [ $# -gt 1 ]; do
		echo "$2" >"$LAB_TMP/$1" && mount --bind "$LAB_TMP/$1" "/sys/class/dmi/id/$1" || exit 99
		shift 2
	done
}

hide()
{
	for h in "$@"; do
		mkdir -p "$LAB_TMP/empty" && mount --bind "$LAB_TMP/empty" "$h" || exit 99
	done
}


# ---- asking ----

ask()
{
	name=$1
	shift
	timeout 40 "$@" >"$answers/$name.out" 2>"$answers/$name.err" </dev/null
	echo $? >"$answers/$name.code"
}

# One situation, in a mount namespace of its own. $1: folder for the answers; s_do, s_via, s_probe from the environment.
ask_all()
{
	answers=$1
	cd /
	if ! eval "$s_do"; then
		echo "could not be made" >"$answers/broken"
		return
	fi
	via=${s_via:-$TOOL --}
	ask oracle $via "$TOOL" oracle
	ask vmint $via "$VMINT" probe --format json $s_probe
	ask kvm-ok $via "$KVM_OK"
	ask virt-host-validate $via "$VIRT_HOST_VALIDATE" qemu
}

# ---- the table ----

boot_row()
{
	b_name=$1 b_cpu='' b_args='' b_devices='' b_machine='' b_prepare=''
	shift
	for word; do
		eval "b_${word%%=*}=\${word#*=}"
	done
}

situation_row()
{
	s_id=$1 s_do=: s_undo='' s_via='' s_probe='' s_ask=kvm s_truth='' s_verdict='' s_cause='' s_checks='' s_facts='' s_says=''
	shift
	for word; do
		eval "s_${word%%=*}=\${word#*=}"
	done
}

# Calls $1 for every host of the table, b_* set to its row.
for_each_boot()
{
	then_do=$1
	boot()
	{
		boot_row "$@"
		$then_do
	}
	situation() { :; }
	. "$LAB/situations.sh"
}

# Calls $1 for every situation of the host $2, b_* and s_* set.
for_each_situation()
{
	then_do=$1 of_boot=$2
	boot() { boot_row "$@"; }
	situation()
	{
		[ "$b_name" = "$of_boot" ] || return 0
		situation_row "$@"
		$then_do
	}
	. "$LAB/situations.sh"
}

#!/bin/sh
# Others at the work of vmint clone, one clone at a time: "what clones seconds cpu MiB" a line, or "skip: WHAT REASON".
# usage: clone_others.sh TEMPLATE OFFSET DIR      TEMPLATE is raw; its root filesystem begins at OFFSET, or OFFSET is empty
set -u
template=$1 offset=$2 dir=$3/others
mkdir -p "$dir" || exit 2
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg
case $template in
*.raw) ;;
*)
	echo "skip: others, the template is no raw disk"
	exit 0
	;;
esac

# timed WHAT COMMAND...: the command prints how many clones it made
timed()
{
	python3 -c '
import os, resource, signal, subprocess, sys, time
began = time.monotonic()
p = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
try:
    out, err = p.communicate(timeout=240)
except subprocess.TimeoutExpired:
    os.killpg(p.pid, signal.SIGKILL)
    sys.exit(print("skip:", sys.argv[1], "not one was done in 240 seconds"))
use = resource.getrusage(resource.RUSAGE_CHILDREN)
if p.returncode:
    print("skip:", sys.argv[1], "it failed:", *err.decode().strip().splitlines()[-1:])
else:
    print("%s %s %.3f %.2f %.0f" % (sys.argv[1], out.split()[-1].decode(), time.monotonic() - began,
        use.ru_utime + use.ru_stime, use.ru_maxrss / 1024))
' "$@"
}

need()
{
	command -v "$1" >/dev/null && return
	echo "skip: $1, it is not here"
	return 1
}

overlays='i=0; while [ $i -lt 20 ]; do i=$((i + 1)); qemu-img create -q -f qcow2 -b "$1" -F raw "$2/o$i.qcow2" || exit 1; done; echo $i'
# Three, or as many as begin in a minute and a half.
sysprep='end=$(($(date +%s) + 90)) i=0
while [ $i -lt 3 ] && [ $(date +%s) -lt $end ]; do
	i=$((i + 1))
	virt-sysprep -q --format qcow2 -a "$1/o$i.qcow2" --hostname "c$i" >/dev/null || exit 1
done
echo $i'
if need qemu-img; then
	timed qemu-img-create sh -c "$overlays" sh "$template" "$dir"
	need virt-sysprep && timed virt-sysprep sh -c "$sysprep" sh "$dir"
fi
if [ -n "$offset" ] && need tune2fs; then
	cp --sparse=always "$template" "$dir/t.raw"
	timed tune2fs-U sh -c 'yes | tune2fs -f -U random "$1" >/dev/null && echo 1' sh "$dir/t.raw?offset=$offset"
	rm -f "$dir/t.raw"
fi
if need virt-clone; then
	cat >"$dir/domain.xml" <<-END
		<domain type='test'><name>original</name><memory unit='MiB'>512</memory><os><type>hvm</type></os>
		<devices><disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$template'/>
		<target dev='vda' bus='virtio'/></disk></devices></domain>
	END
	# libvirt's test driver keeps no domain, but the disk is copied for real.
	clone='for i in 1 2 3; do
		virt-clone -q --connect test:///default --original-xml "$1/domain.xml" --name "c$i" --file "$1/v$i.raw" >&2 || exit 1
	done
	echo $i'
	timed virt-clone sh -c "$clone" sh "$dir"
fi
rm -rf "$dir"

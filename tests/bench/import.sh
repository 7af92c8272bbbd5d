#!/bin/sh
# The decoder against what is used today: sha256sum and qemu-img convert, in the same run, on one package.
# usage: import.sh [RUNS]     the package is made once and kept in build/bench
set -u
cd "$(dirname "$0")/../.." || exit 2
runs=${1:-5}
dir=build/bench
tool=build/cc-release/tests/tools/disktool
for need in qemu-img mke2fs python3; do
	command -v $need >/dev/null || { echo "skip: import: no $need"; exit 77; }
done
mkdir -p $dir
make -s $tool || exit 2

# About 800 MiB of this system's own files in an ext4 of 4 GiB, as a template would hold them.
if [ ! -s $dir/import.vmdk ]; then
	echo "making the package in $dir"
	rm -rf $dir/files
	mkdir -p $dir/files
	find /usr/bin /usr/sbin /usr/lib /usr/share -xdev -type f -size -65536k -printf '%s %p\n' 2>/dev/null | LC_ALL=C sort -k2 |
		awk '{ sum += $1; if (sum > 800 * 1048576) exit; $1 = ""; print substr($0, 2) }' |
		tar -cf - -T - 2>/dev/null | tar -xf - -C $dir/files
	truncate -s 4G $dir/import.raw
	mke2fs -q -F -t ext4 -d $dir/files $dir/import.raw || exit 2
	rm -rf $dir/files
	qemu-img convert -f raw -O vmdk -o subformat=streamOptimized $dir/import.raw $dir/import.vmdk || exit 2
	rm -f $dir/import.raw
fi

# The same disk in a package, for the whole verb.
if [ ! -s $dir/import.ova ]; then
	rm -rf $dir/ova
	mkdir -p $dir/ova
	ln $dir/import.vmdk $dir/ova/import.vmdk
	sed -e 's/debian12-disk1.raw/import.vmdk/' -e 's/83886080/4294967296/' \
		-e 's|http://en.wikipedia.org/wiki/Byte|http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized|' \
		templates/sample/sample.ovf >$dir/ova/import.ovf
	./vmint pack -q -o $dir/import.ova $dir/ova || exit 2
	rm -rf $dir/ova
fi

python3 - "$tool" "$dir" "$runs" <<'PY'
import os, resource, shutil, statistics, subprocess, sys, time

tool, folder, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
source = f"{folder}/import.vmdk"
out = f"{folder}/import.out"


def timed(*commands):
    if os.path.exists(out):
        os.unlink(out)
    start, peak, cpu = time.monotonic(), 0, 0
    for command in commands:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            sys.exit(f"not ok: {command}")
        peak = max(peak, usage.ru_maxrss)
        cpu += usage.ru_utime + usage.ru_stime
    return time.monotonic() - start, peak, cpu


def today(target):
    return ["sha256sum", source], ["qemu-img", "convert", "-f", "vmdk", "-O", target, source, out]


def ours(target):
    return ([tool, "import", "vmdk", source, target, out],)


print(f"package: {os.stat(source).st_size / 1e6:.0f} MB, {os.cpu_count()} processors, {runs} runs each, seconds")
subprocess.run(["cat", source], stdout=subprocess.DEVNULL)
worst = None
for target in ("raw", "qcow2"):
    a, b, cpu, peak = [], [], [0, 0], 0
    for _ in range(runs):
        seconds, _, used = timed(*today(target))
        a.append(seconds)
        cpu[0] += used / runs
        seconds, memory, used = timed(*ours(target))
        b.append(seconds)
        cpu[1] += used / runs
        peak = max(peak, memory)
    ratio = statistics.median(a) / statistics.median(b)
    worst = ratio if worst is None else min(worst, ratio)
    print(f"{target:6} sha256sum + qemu-img convert {statistics.median(a):.2f} ({min(a):.2f}-{max(a):.2f})"
          f"   decoder {statistics.median(b):.2f} ({min(b):.2f}-{max(b):.2f})   {ratio:.1f}x"
          f"   processor time {cpu[0]:.2f} and {cpu[1]:.2f}   peak {peak // 1024} MiB")
    if target == "raw":
        subprocess.run(["qemu-img", "compare", "-f", "raw", "-F", "vmdk", out, source], check=True, stdout=subprocess.DEVNULL)
for target in ("raw", "qcow2"):
    a, b, peak = [], [], 0
    for _ in range(runs):
        shutil.rmtree(out + ".d", ignore_errors=True)
        a.append(timed(*today(target))[0])
        seconds, memory, _ = timed(["./vmint", "import", "-q", "--require-manifest", "--disk-format", target, "-o", out + ".d", f"{folder}/import.ova"])
        b.append(seconds)
        peak = max(peak, memory)
    print(f"{target:6} sha256sum + qemu-img convert {statistics.median(a):.2f}   vmint import, verified and synced, "
          f"{statistics.median(b):.2f} ({min(b):.2f}-{max(b):.2f})   {statistics.median(a) / statistics.median(b):.1f}x   peak {peak // 1024} MiB")
shutil.rmtree(out + ".d", ignore_errors=True)
a = [timed(["cp", source, out], ["sha256sum", out])[0] for _ in range(runs)]
b = [timed([tool, "rewrite", source, out])[0] for _ in range(runs)]
slower = statistics.median(b) / statistics.median(a)
print(f"rewrite cp + sha256sum {statistics.median(a):.2f}   one sector changed, digested {statistics.median(b):.2f}   {slower:.2f}x of it")
os.unlink(out)
print(f"{'ok' if slower <= 1.5 else 'not ok'}: rewrite: {slower:.2f}x of cp + sha256sum, the bar is 1.5x")
print(f"{'ok' if worst >= 5 else 'not ok'}: import: {worst:.1f}x, the bar is 5x")
sys.exit(worst < 5 or slower > 1.5)
PY

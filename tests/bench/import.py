"""Measures vmint import. Usage: import.py DISKTOOL FOLDER RUNS; the folder holds import.vmdk and import.ova.

Like is compared with like: what is not synced with what is not synced (`qemu-img convert` alone; `vmint import --sync
none`), and what is on stable storage when it ends with what is (`sync FILE` after qemu-img; `vmint import`). The bar is
for the first kind; the second ends at what the storage takes, which `cp` and `sync` of the made disk show beside it."""

import os
import shutil
import statistics
import struct
import subprocess
import sys
import time
import zlib

TOOL, FOLDER, RUNS = sys.argv[1], sys.argv[2], int(sys.argv[3])
SOURCE, OVA = f"{FOLDER}/import.vmdk", f"{FOLDER}/import.ova"
OUT = f"{FOLDER}/import.out"
GRAIN, GTES, SECTOR = 65536, 512, 512
failed = 0


def clear():
    shutil.rmtree(OUT + ".d", ignore_errors=True)
    if os.path.exists(OUT):
        os.unlink(OUT)


def timed(*commands):
    """Seconds, the largest peak memory in MiB, and processor seconds of commands run one after the other."""
    clear()
    # What earlier runs left to be written is not this one's.
    os.sync()
    start, peak, cpu = time.monotonic(), 0, 0
    for command in commands:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            sys.exit(f"not ok: {command}")
        peak = max(peak, usage.ru_maxrss)
        cpu += usage.ru_utime + usage.ru_stime
    return time.monotonic() - start, peak // 1024, cpu


def today(target, *more):
    return ["sha256sum", SOURCE], ["qemu-img", "convert", "-f", "vmdk", "-O", target, SOURCE, OUT], *more


def vmint(target, sync, ova=OVA):
    return (["./vmint", "import", "-q", "--require-manifest", "--sync", sync, "--disk-format", target, "-o", OUT + ".d", ova],)


def say(ok, what):
    global failed
    failed += not ok
    print(f"{'ok' if ok else 'not ok'}: {what}")


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def row(target, name, theirs, ours):
    """One comparison, the runs of both taking turns; gives back how many times faster, and the peak memory."""
    a, b, cpu, peak = [], [], [0, 0], 0
    for _ in range(RUNS):
        seconds, _, used = timed(*theirs)
        a.append(seconds)
        cpu[0] += used / RUNS
        seconds, memory, used = timed(*ours)
        b.append(seconds)
        cpu[1] += used / RUNS
        peak = max(peak, memory)
    ratio = statistics.median(a) / statistics.median(b)
    print(f"{target:6}{name}\n         {spread(a)} and {spread(b)}: {ratio:.1f}x   processor time {cpu[0]:.2f} and {cpu[1]:.2f}"
          f"   peak {peak} MiB", flush=True)
    return ratio, peak


def storage_alone(target):
    """What no import can be faster than: the disk that was made, copied from memory and synced."""
    timed(*vmint(target, "none"))
    kept = f"{FOLDER}/import.kept"
    os.replace(f"{OUT}.d/import.{target}", kept)
    copies = [timed(["cp", "--sparse=always", kept, OUT], ["sync", OUT])[0] for _ in range(RUNS)]
    os.unlink(kept)
    print(f"{target:6}cp + sync of the made disk, from memory: {spread(copies)}")


def speed():
    worst, peak = None, 0
    for target in ("raw", "qcow2"):
        for bar, name, theirs, ours in (
            (True, "sha256sum + qemu-img convert | our decoder with the digest; neither synced",
             today(target), ([TOOL, "import", "vmdk", SOURCE, target, OUT],)),
            (True, "sha256sum + qemu-img convert | vmint import --sync none, verified; neither synced",
             today(target), vmint(target, "none")),
            (False, "sha256sum + qemu-img convert + sync of its file | vmint import, verified; both synced",
             today(target, ["sync", OUT]), vmint(target, "end")),
        ):
            ratio, memory = row(target, name, theirs, ours)
            if bar:
                worst = ratio if worst is None else min(worst, ratio)
            peak = max(peak, memory)
        storage_alone(target)
        if target == "raw":
            timed(*vmint("raw", "none"))
            subprocess.run(["qemu-img", "compare", "-f", "raw", "-F", "vmdk", f"{OUT}.d/import.raw", SOURCE], check=True,
                           stdout=subprocess.DEVNULL)
    return worst, peak


def large_vmdk(path):
    """40 GiB with 8 GiB of data, which is one grain again and again: ten times the other disk, made in a second."""
    data, capacity = 8 << 30, 40 << 30
    packed = zlib.compress((b"vmint import bench " * 4000)[:GRAIN], 9)
    tables = capacity // GRAIN // GTES
    grain = bytearray(-(-(12 + len(packed)) // SECTOR) * SECTOR)
    grain[12 : 12 + len(packed)] = packed
    text = (f'# Disk DescriptorFile\nversion=1\nCID=00000001\nparentCID=ffffffff\ncreateType="streamOptimized"\n'
            f'RW {capacity // SECTOR} SPARSE "x"\nddb.adapterType = "ide"\n').encode()

    def header(gd):
        return struct.pack("<4sIIQQQQIQQQB4sH", b"KDMV", 3, 0x30001, capacity // SECTOR, GRAIN // SECTOR, 1, 20, GTES, 0, gd,
                           128, 0, b"\n \r\n", 1).ljust(SECTOR, b"\0")

    def marker(sectors, kind):
        return struct.pack("<QII", sectors, 0, kind).ljust(SECTOR, b"\0")

    with open(path, "wb") as f:
        f.write((header((1 << 64) - 1) + text).ljust(128 * SECTOR, b"\0"))
        directory = []
        for table in range(tables):
            entries = []
            # Some in each table: the data is all over the disk.
            for k in range(GTES * data // capacity):
                struct.pack_into("<QI", grain, 0, (table * GTES + k) * (GRAIN // SECTOR), len(packed))
                entries.append(f.tell() // SECTOR)
                f.write(grain)
            f.write(marker(GTES * 4 // SECTOR, 1))
            directory.append(f.tell() // SECTOR)
            f.write(struct.pack(f"<{len(entries)}I", *entries).ljust(GTES * 4, b"\0"))
        f.write(marker(-(-tables * 4 // SECTOR), 2))
        gd = f.tell() // SECTOR
        f.write(struct.pack(f"<{tables}I", *directory).ljust(-(-tables * 4 // SECTOR) * SECTOR, b"\0"))
        f.write(marker(1, 3) + header(gd) + bytes(SECTOR))


def memory(peak):
    folder = f"{FOLDER}/large"
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    large_vmdk(f"{folder}/large.vmdk")
    with open("templates/sample/sample.ovf", encoding="utf-8") as f:
        text = f.read()
    stream = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"
    for old, new in (("debian12-disk1.raw", "large.vmdk"), ("83886080", str(40 << 30)), ("http://en.wikipedia.org/wiki/Byte", stream)):
        text = text.replace(old, new)
    with open(f"{folder}/large.ovf", "w", encoding="utf-8") as f:
        f.write(text)
    for target in ("raw", "qcow2"):
        command = vmint(target, "none", folder)[0]
        command.remove("--require-manifest")
        seconds, most, _ = timed(command)
        say(most <= 128, f"memory: a disk of 40 GiB with 8 GiB of data, to {target}: peak {most} MiB in {seconds:.1f} s, the bar is "
            f"128 MiB; {peak} MiB for the disk of a tenth")
    clear()
    shutil.rmtree(folder)


def virt_v2v():
    """Needs a guest that it can look into: make tests/lab/guests build one, or give V2V_OVA."""
    if not shutil.which("virt-v2v"):
        print("skip: virt-v2v: it is not installed")
        return
    ova = os.environ.get("V2V_OVA")
    if not ova:
        print("skip: virt-v2v: V2V_OVA names no OVA with a guest that it can convert")
        return
    shutil.rmtree(OUT + ".v2v", ignore_errors=True)
    os.mkdir(OUT + ".v2v")
    env = dict(os.environ, LIBGUESTFS_BACKEND="direct", LIBGUESTFS_BACKEND_SETTINGS="force_tcg")
    start = time.monotonic()
    p = subprocess.run(["virt-v2v", "-q", "-i", "ova", ova, "-o", "local", "-os", OUT + ".v2v", "-of", "qcow2"], env=env,
                       capture_output=True, text=True)
    theirs = time.monotonic() - start
    shutil.rmtree(OUT + ".v2v")
    if p.returncode:
        print(f"skip: virt-v2v: it does not convert {ova}: {p.stderr.strip().splitlines()[-1:]}")
        return
    command = vmint("qcow2", "end", ova)[0]
    command.remove("--require-manifest")
    ours = timed(command)[0]
    clear()
    print(f"virt-v2v -i ova (which converts the guest, too) {theirs:.1f}   vmint import {ours:.2f}   {theirs / ours:.0f}x   one run")


def rewrite():
    a = [timed(["cp", SOURCE, OUT], ["sha256sum", OUT])[0] for _ in range(RUNS)]
    b = [timed([TOOL, "rewrite", SOURCE, OUT])[0] for _ in range(RUNS)]
    slower = statistics.median(b) / statistics.median(a)
    say(slower <= 1.5, f"rewrite: cp + sha256sum {spread(a)}, one sector changed and digested {spread(b)}: {slower:.2f}x of it, "
        "the bar is 1.5x")


print(f"package: {os.stat(SOURCE).st_size / 1e6:.0f} MB, {os.cpu_count()} processors, {RUNS} runs each, seconds")
subprocess.run(["cat", SOURCE], stdout=subprocess.DEVNULL, check=True)
slowest, most = speed()
say(slowest >= 5, f"import: {slowest:.1f}x in the slowest row that is not synced, the bar is 5x")
say(most <= 128, f"memory: peak {most} MiB, the bar is 128 MiB")
rewrite()
memory(most)
virt_v2v()
clear()
sys.exit(failed > 0)

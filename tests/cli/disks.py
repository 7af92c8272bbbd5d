#!/usr/bin/env python3
"""Random disk images through qemu-img and through disktool, compared.
usage: disks.py DISKTOOL FOLDER SEED COUNT"""
import os
import random
import subprocess
import sys

tool, folder, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rnd = random.Random(seed)
passed, failed = {}, 0

# (our name, qemu's name, options a random choice is made of)
KINDS = [
    ("qcow2", "qcow2", "qcow2"),
    ("qcow2-compressed", "qcow2", "qcow2"),
    ("qcow2-extended", "qcow2", "qcow2"),
    ("vmdk-stream", "vmdk", "vmdk"),
    ("vmdk-sparse", "vmdk", "vmdk"),
    ("vmdk-flat", "vmdk", "vmdk"),
    ("vmdk-split-sparse", "vmdk", "vmdk"),
    ("vmdk-split-flat", "vmdk", "vmdk"),
    ("vdi", "vdi", "vdi"),
    ("vhd", "vpc", "vhd"),
    ("vhdx", "vhdx", "vhdx"),
    ("parallels", "parallels", "parallels"),
    ("raw", "raw", "raw"),
]


def path(name):
    return os.path.join(folder, name)


def run(*args):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def report(what, good, detail=""):
    global failed
    if good:
        passed[what] = passed.get(what, 0) + 1
    else:
        failed += 1
        print(f"not ok: {what}: {detail}")


def random_raw(name, size):
    """Data, compressible data, zeros and holes, at odd places."""
    with open(path(name), "wb") as f:
        f.truncate(size)
        for _ in range(rnd.randint(0, 24)):
            at = rnd.randrange(size)
            if rnd.random() < 0.5:
                at = at // 65536 * 65536
            n = min(rnd.choice([1, 512, 4096, 65536, 200000, 1 << 20]), size - at)
            f.seek(at)
            kind = rnd.random()
            if kind < 0.4:
                f.write(rnd.randbytes(n))
            elif kind < 0.8:
                f.write((rnd.randbytes(37) * (n // 37 + 1))[:n])
            else:
                f.write(bytes(n))


def create_options(kind):
    if kind.startswith("qcow2"):
        bits = rnd.randint(14 if kind == "qcow2-extended" else 9, 19)
        options = [f"cluster_size={1 << bits}"]
        if kind == "qcow2-extended":
            options.append("extended_l2=on")
        elif rnd.random() < 0.3:
            options.append("compat=0.10")
        if "compat=0.10" not in options and rnd.random() < 0.5:
            options.append("compression_type=zstd")
        return options
    return {
        "vmdk-stream": ["subformat=streamOptimized"],
        "vmdk-sparse": ["subformat=monolithicSparse"]
        + (["zeroed_grain=on"] if rnd.random() < 0.5 else []),
        "vmdk-flat": ["subformat=monolithicFlat"],
        "vmdk-split-sparse": ["subformat=twoGbMaxExtentSparse"],
        "vmdk-split-flat": ["subformat=twoGbMaxExtentFlat"],
        "vhd": [f"subformat={rnd.choice(['fixed', 'dynamic'])}", "force_size=on"],
        "vhdx": [f"subformat={rnd.choice(['fixed', 'dynamic'])}"],
    }.get(kind, [])


def same(a, b):
    with open(path(a), "rb") as f, open(path(b), "rb") as g:
        return f.read() == g.read()


def read_ours(kind, qemu, ours, size):
    """qemu-img writes, we read."""
    options = create_options(kind)
    image = "image." + qemu
    command = ["qemu-img", "convert", "-f", "raw", "-O", qemu]
    if options:
        command += ["-o", ",".join(options)]
    if kind == "qcow2-compressed" or (kind == "qcow2-extended" and rnd.random() < 0.3):
        command.append("-c")
    if rnd.random() < 0.3:
        command += ["-S", "0"]
    made = run(*command, path("in.raw"), path(image))
    if made.returncode:
        return report(f"{kind} read", False, f"qemu-img: {made.stdout.strip()}")
    sniffed = run(tool, "sniff", path(image)).stdout.strip()
    if sniffed != ours:
        report(f"{kind} sniffed", False, f"{sniffed} {options}")
    got = run(tool, "read", ours, path(image), path("out.raw"))
    report(f"{kind} read", got.returncode == 0 and same("in.raw", "out.raw"),
           f"size {size} {options}: {got.stdout.strip() or 'contents differ'}")


for i in range(count):
    for name in os.listdir(folder):
        os.unlink(path(name))
    kind, qemu, ours = KINDS[i % len(KINDS)]
    size = rnd.choice([512 * rnd.randint(1, 4000), 65536 * rnd.randint(1, 200), 1 << 20, 33 << 20])
    if qemu in ("vhdx", "parallels"):
        size = max(1, size >> 20) << 20
    random_raw("in.raw", size)
    read_ours(kind, qemu, ours, size)

for what in sorted(passed):
    print(f"ok: {what}: {passed[what]} images identical")
sys.exit(1 if failed else 0)

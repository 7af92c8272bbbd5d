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


def judge(what, image, fmt, raw, detail):
    """QEMU finds the image sound and equal to the raw file."""
    compared = run("qemu-img", "compare", "-f", fmt, "-F", "raw", path(image), path(raw))
    report(what, compared.returncode == 0, f"{detail}: {compared.stdout.strip()}")
    if fmt == "qcow2":
        checked = run("qemu-img", "check", "-f", fmt, path(image))
        report(what + " checked", checked.returncode == 0, f"{detail}: {checked.stdout.strip()}")


def write_ours(what, fmt, size):
    """We write, qemu-img reads; and we read it, too."""
    number = str(rnd.randint(9, 21)) if fmt == "qcow2" else str(rnd.randint(1, 9))
    made = run(tool, "write", fmt, path("in.raw"), path("ours"), number)
    if made.returncode:
        return report(what, False, made.stdout.strip())
    judge(f"{what}", "ours", fmt, "in.raw", f"size {size} number {number}")
    again = run(tool, "read", fmt, path("ours"), path("again.raw"))
    report(f"{what} read back", again.returncode == 0 and same("in.raw", "again.raw"),
           again.stdout.strip())


def import_ours(ours, qemu):
    """The fast decoder and the copy by extents, with the digest."""
    want = run("sha256sum", path("image." + qemu)).stdout.split()[0]
    for target in ("raw", "qcow2"):
        threads = str(rnd.randint(1, 4))
        got = run(tool, "import", ours, path("image." + qemu), target, path("imported"), threads)
        if got.returncode or got.stdout.split()[0] != want:
            report(f"{ours} imported to {target}", False, got.stdout.strip())
            continue
        judge(f"{ours} imported to {target}", "imported", target, "in.raw", threads)


def patch_ours(ours, qemu):
    """An overlay with changes: a qcow2 over the image, and a VMDK written anew around it."""
    number = str(rnd.randint(1, 1 << 30))
    image = path("image." + qemu)
    got = run(tool, "patch", ours, image, number, "overlay", path("over.qcow2"), path("over.raw"))
    if got.returncode:
        return report("qcow2 overlay", False, got.stdout.strip())
    judge("qcow2 overlay", "over.qcow2", "qcow2", "over.raw", number)
    if ours == "vmdk":
        got = run(tool, "patch", ours, image, number, "rewrite", path("over.vmdk"), path("over.raw"))
        if got.returncode:
            return report("vmdk rewritten", False, got.stdout.strip())
        judge("vmdk rewritten", "over.vmdk", "vmdk", "over.raw", number)


for i in range(count):
    for name in os.listdir(folder):
        os.unlink(path(name))
    kind, qemu, ours = KINDS[i % len(KINDS)]
    size = rnd.choice([512 * rnd.randint(1, 4000), 65536 * rnd.randint(1, 200), 1 << 20, 33 << 20])
    if qemu in ("vhdx", "parallels"):
        size = max(1, size >> 20) << 20
    random_raw("in.raw", size)
    read_ours(kind, qemu, ours, size)
    if ours in ("qcow2", "vmdk") and "split" not in kind and "flat" not in kind:
        import_ours(ours, qemu)
        patch_ours(ours, qemu)
    if i % 2 == 0:
        write_ours("qcow2 written", "qcow2", size)
    else:
        write_ours("vmdk written", "vmdk", size)

for what in sorted(passed):
    print(f"ok: {what}: {passed[what]} images identical")
sys.exit(1 if failed else 0)

"""Packs one template in the ways of many producers and has vmint import each. Usage: producers.py VMINT"""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

VMINT = os.path.abspath(sys.argv[1])
WORK = tempfile.mkdtemp()
CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
DISK = b"a disk's first bytes".ljust(4096, b"\0")
APPLE = b"\0\5\x16\7".ljust(163, b"\0")
DIR = {"type": tarfile.DIRTYPE}
failed = 0


def descriptor(href="d.raw", units="byte", capacity=4096, memory="byte * 2^20"):
    return f'''<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:r="{CIM}">
<References><File ovf:id="f" ovf:href="{href}"/></References>
<DiskSection><Info/><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="{capacity}" ovf:capacityAllocationUnits="{units}"
ovf:format="http://en.wikipedia.org/wiki/Byte"/></DiskSection><VirtualSystem ovf:id="vm"><Info/><Name>web</Name>
<VirtualHardwareSection><Info/><Item><r:AllocationUnits>{memory}</r:AllocationUnits><r:InstanceID>2</r:InstanceID>
<r:ResourceType>4</r:ResourceType><r:VirtualQuantity>512</r:VirtualQuantity></Item></VirtualHardwareSection>
</VirtualSystem></Envelope>'''.encode()


def tar(members, form=tarfile.GNU_FORMAT, ends=True):
    out = io.BytesIO()
    t = tarfile.open(fileobj=out, mode="w", format=form)
    for name, data, *more in members:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for key, value in (more[0] if more else {}).items():
            setattr(info, key, value)
        t.addfile(info, io.BytesIO(data))
    if ends:
        t.close()
    return out.getvalue()


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()


def manifest(files, line="SHA256(%s)= %s\n"):
    return "".join(line % (name, hashlib.sha256(data).hexdigest()) for name, data in files).encode()


def parts(href="d.raw", name=None, **more):
    return [("t.ovf", descriptor(href, **more)), (name or href, DISK)]


def beneath(folder, members):
    return [(folder + name, data) for name, data in members]


LONG = "n" * 180 + ".raw"
PLAIN = parts()

# what, the file or the folder's files
CASES = [
    ("tar with names of UTF-8 in pax headers", tar(parts("dïsk.raw"), tarfile.PAX_FORMAT)),
    ("tar with names of UTF-8 as they are", tar(parts("dïsk.raw"))),
    ("an href with its UTF-8 in percents", tar(parts("d%C3%AFsk.raw", "dïsk.raw"))),
    ("an href with a percent that means itself", tar(parts("50%.raw"))),
    ("long names, by GNU", tar(parts(LONG))),
    ("long names, by pax", tar(parts(LONG), tarfile.PAX_FORMAT)),
    ("tar without an end", tar(PLAIN, ends=False)),
    ("tar of everything in a folder", tar(beneath("./", PLAIN))),
    ("tar of a folder", tar([("web", b"", DIR)] + beneath("web/", PLAIN))),
    ("compressed tar of a folder with a manifest", gzip.compress(tar(beneath("web/", PLAIN + [("t.mf", manifest(PLAIN))])))),
    ("zip of a folder", zipped(beneath("web/", PLAIN))),
    ("tar by macOS", tar([("._t.ovf", APPLE), PLAIN[0], ("._d.raw", APPLE), PLAIN[1]])),
    ("tar by macOS, in a folder", tar([("./._t.ovf", APPLE)] + beneath("./", PLAIN))),
    ("zip by macOS", zipped(PLAIN + [("__MACOSX/._t.ovf", APPLE)])),
    ("folder by macOS", dict(PLAIN, **{"._t.ovf": APPLE, ".DS_Store": b"x"})),
    ("manifest with ./ before the names", tar(PLAIN + [("t.mf", manifest(PLAIN, "SHA256(./%s)= %s\n"))])),
    ("manifest with blanks before the lines", tar(PLAIN + [("t.mf", manifest(PLAIN, "  SHA256(%s)= %s\r\n"))])),
    ("capacity in KiB", tar(parts(units="KiB", capacity=4))),
    ("capacity in kibibytes", tar(parts(units="kibibytes", capacity=4))),
    ("memory in MiB", tar(parts(memory="MiB"))),
]


def say(ok, what, more=""):
    global failed
    failed += not ok
    print(f"{'ok' if ok else 'not ok'}: {what}{more}")


def imported(what, made):
    path, out = os.path.join(WORK, "t"), os.path.join(WORK, "out")
    if isinstance(made, dict):
        os.mkdir(path)
        for name, data in made.items():
            with open(os.path.join(path, name), "wb") as f:
                f.write(data)
    else:
        with open(path, "wb") as f:
            f.write(made)
    p = subprocess.run([VMINT, "import", "-q", "--disk-format", "raw", "-o", out, path], capture_output=True, timeout=60,
                       env={**os.environ, "LC_ALL": "C"})
    disks = [open(os.path.join(out, n), "rb").read() for n in os.listdir(out) if n.endswith(".raw")] if p.returncode == 0 else []
    say(disks == [DISK], what, "" if disks == [DISK] else f": exit {p.returncode}: {p.stderr.decode()}")
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(path) if isinstance(made, dict) else os.unlink(path)


try:
    for case in CASES:
        imported(*case)
finally:
    shutil.rmtree(WORK)
sys.exit(failed > 0)

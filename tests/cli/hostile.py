"""Makes hostile templates and shows what vmint says to each. Usage: hostile.py VMINT"""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile

VMINT = os.path.abspath(sys.argv[1])
WORK = tempfile.mkdtemp()
HEAD = (
    '<?xml version="1.0"?>\n<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" '
    'xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">'
)
RAW = "http://en.wikipedia.org/wiki/Byte"
QCOW2 = "http://www.gnome.org/~markmc/qcow-image-format.html"
VMDK = "http://www.vmware.com/interfaces/specifications/vmdk.html#sparse"
SYSTEM = '<VirtualSystem ovf:id="v"><Info/><Name>%s</Name>%s</VirtualSystem>'
DISK = bytes(4096)
failed = 0


def descriptor(href="d.raw", size=None, capacity="4096", uri=RAW, file="", disk="", name="x", system=""):
    size = "" if size is None else f' ovf:size="{size}"'
    return (
        f'{HEAD}<References><File ovf:id="f" ovf:href="{href}"{size}{file}/></References>'
        f'<DiskSection><Info/><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="{capacity}" '
        f'ovf:format="{uri}"{disk}/></DiskSection>{SYSTEM % (name, system)}</Envelope>'
    ).encode()


def place(name):
    folder = os.path.join(WORK, "in")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    return os.path.join(folder, name)


def folder(files):
    path = place("t")
    os.mkdir(path)
    for name, data in files.items():
        with open(os.path.join(path, name), "wb") as f:
            f.write(data)
    return path


def member(name, data=b"", kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return info, data


def tar(members, pax=False):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT) as t:
        for info, data in members:
            t.addfile(info, io.BytesIO(data))
    return bytearray(out.getvalue())


def ova(members, patch=None, tail=b"", pax=False):
    data = tar(members, pax)
    if patch:
        patch(data)
    path = place("t.ova")
    with open(path, "wb") as f:
        f.write(data + tail)
    return path


def plain():
    return [member("t.ovf", descriptor()), member("d.raw", DISK)]


def checksum(data, at):
    data[at + 148 : at + 156] = b" " * 8
    data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])


def header(data, name):
    return data.index(name.encode() + b"\0")


def size_field(value):
    def patch(data):
        at = header(data, "d.raw")
        data[at + 124 : at + 136] = value
        checksum(data, at)

    return patch


def one_disk(data, uri, name="d.raw", capacity="1048576", **more):
    return folder({"t.ovf": descriptor(href=name, uri=uri, capacity=capacity), name: data, **more})


def qcow2(backing=b"", crypt=0, incompatible=0, l1_size=1, l1_offset=65536, l2=0, size=1 << 20, compression=0,
          snapshots=0, length=112):
    h = bytearray(4 * 65536)
    at = 200 if backing else 0
    struct.pack_into(">4sIQIIQIIQQIIQ", h, 0, b"QFI\xfb", 3, at, len(backing), 16, size, crypt, l1_size, l1_offset,
                     131072, 1, snapshots, 196608 if snapshots else 0)
    struct.pack_into(">QQQIIB", h, 72, incompatible, 0, 0, 4, length, compression)
    h[200 : 200 + len(backing)] = backing
    struct.pack_into(">Q", h, 65536, l2)
    return bytes(h)


def vmdk_text(extents, kind="monolithicFlat", more=""):
    return (
        f'# Disk DescriptorFile\nversion=1\nCID=00000001\nparentCID=ffffffff\ncreateType="{kind}"\n{more}'
        f'# Extent description\n{extents}\n# The Disk Data Base\nddb.adapterType = "ide"\n'
    ).encode()


def vmdk_sparse(capacity=2048, gd=21, extents=None, kind="monolithicSparse"):
    text = vmdk_text(extents or f'RW {capacity} SPARSE "d.vmdk"', kind)
    h = bytearray(64 << 10)
    struct.pack_into("<4sIIQQQQIQQQB4sH", h, 0, b"KDMV", 1, 3, capacity, 128, 1, 20, 512, gd, gd, 64, 0, b"\n \r\n", 0)
    h[512 : 512 + len(text)] = text
    return bytes(h)


def manifest(lines, files=None):
    files = files or {"t.ovf": descriptor(), "d.raw": DISK}
    text = "".join(line + "\n" for line in lines)
    return folder({**files, "t.mf": text.encode()})


def sums(files, kind="sha256"):
    return [f"{kind.upper()}({n})= {hashlib.new(kind, d).hexdigest()}" for n, d in files.items()]


GOOD = sums({"t.ovf": descriptor(), "d.raw": DISK})


def linked():
    path = folder({"t.ovf": descriptor()})
    os.symlink("/etc/passwd", os.path.join(path, "d.raw"))
    return path


def linked_folder():
    path = folder({"t.ovf": descriptor(href="sub/passwd")})
    os.symlink("/etc", os.path.join(path, "sub"))
    return path


def fifo():
    path = folder({"t.ovf": descriptor()})
    os.mkfifo(os.path.join(path, "d.raw"))
    return path


def compressed(how, n):
    data = gzip.compress(bytes(n), mtime=0) if how == "gzip" else bz2.compress(bytes(n))
    return folder({"t.ovf": descriptor(href="d.gz", file=f' ovf:compression="{how}"'), "d.gz": data})


def zip_bomb():
    path = place("t.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as z:
        z.writestr("t.ovf", descriptor(capacity=str(64 << 20)))
        z.writestr("d.raw", bytes(64 << 20))
    return path


def xz_bomb():
    path = place("t.ova")
    with open(path, "wb") as f:
        f.write(lzma.compress(bytes(tar([member("t.ovf", descriptor()), member("d.raw", bytes(64 << 20))]))))
    return path


def pax_size():
    """The pax header's size is another than the header's: readers see different members."""
    info, data = member("d.raw", DISK)
    info.pax_headers = {"size": "99999999"}
    return ova([member("t.ovf", descriptor()), (info, data)], pax=True)


def twice_packed():
    data = tar([member("t.ovf", descriptor()), member("d.raw", bytes(16 << 20))])
    path = place("t.ova")
    with open(path, "wb") as f:
        f.write(gzip.compress(gzip.compress(bytes(data), mtime=0), mtime=0))
    return path


def xml(text):
    return folder({"t.ovf": text if isinstance(text, bytes) else text.encode(), "d.raw": DISK})


def doctype(body):
    return xml(descriptor().replace(b"?>\n", b"?>\n" + body.encode() + b"\n"))


LAUGHS = "<!DOCTYPE l [" + '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{i} "{f"&a{i-1};" * 10}">' for i in range(1, 10)) + "]>"


def expire(key, cert):
    """The same certificate, of last year."""
    conf, request = os.path.join(WORK, "ca.conf"), os.path.join(WORK, "request")
    with open(conf, "w") as f:
        f.write(f"[ca]\ndefault_ca=a\n[a]\ndatabase={WORK}/index\nnew_certs_dir={WORK}\nserial={WORK}/serial\n"
                "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
    open(os.path.join(WORK, "index"), "w").close()
    with open(os.path.join(WORK, "serial"), "w") as f:
        f.write("01\n")
    ask = ["openssl", "req", "-new", "-key", key, "-subj", "/CN=x", "-out", request]
    sign = ["openssl", "ca", "-batch", "-notext", "-config", conf, "-selfsign", "-keyfile", key, "-in", request, "-out",
            cert, "-startdate", "20200101000000Z", "-enddate", "20210101000000Z"]
    return all(subprocess.run(c, capture_output=True).returncode == 0 for c in (ask, sign))


def expired(*options):
    path = certificate("expired")
    return path and (path, [WORK + "/cert" if o == "CERT" else o for o in options])


def certificate(how):
    """A signed OVA; how it is wrong."""
    key, cert = os.path.join(WORK, "key"), os.path.join(WORK, "cert")
    bits = "rsa:512" if how == "weak" else "rsa:2048"
    if subprocess.run(["openssl", "req", "-x509", "-newkey", bits, "-nodes", "-keyout", key, "-out", cert, "-subj",
                       "/CN=x", "-days", "2"], capture_output=True).returncode:
        return None
    if how == "expired" and not expire(key, cert):
        return None
    files = {"t.ovf": descriptor(), "d.raw": DISK}
    text = "".join(line + "\n" for line in GOOD).encode()
    signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=b"other" if how == "other" else text,
                            capture_output=True).stdout
    pem = b"no certificate\n" if how == "garbage" else open(cert, "rb").read()
    if how == "large":
        pem *= 1000
    name = "other.mf" if how == "name" else "t.mf"
    kind = "MD5" if how == "md5" else "SHA256"
    return folder({**files, "t.mf": text, "t.cert": f"{kind}({name})= {signed.hex()}\n".encode() + pem})


def stranger():
    """Signed by somebody whom the given authority does not know."""
    path = certificate("good")
    ca = os.path.join(WORK, "ca.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", os.path.join(WORK, "k2"),
                    "-out", ca, "-subj", "/CN=ca", "-days", "2"], capture_output=True, check=False)
    return path, ["--ca", ca]


ITEM = "<Item><InstanceID>%d</InstanceID><ResourceType>1</ResourceType></Item>"

# class, what, the template, a part of the sentence
CASES = [
    (1, "member ../x", lambda: ova(plain() + [member("../x")]), "leaves the package"),
    (1, "member a/../../x", lambda: ova(plain() + [member("a/../../x")]), "leaves the package"),
    (1, "member /etc/x", lambda: ova(plain() + [member("/etc/x")]), "absolute path"),
    (1, "member C:x", lambda: ova(plain() + [member("C:x")]), "absolute path"),
    (1, "member with a backslash", lambda: ova(plain() + [member("a\\b")]), "absolute path"),
    (1, "member with a newline", lambda: ova(plain() + [member("a\nb")]), "control character"),
    (1, "pax path ../x", lambda: ova(plain() + [member("../" + "x" * 200)], pax=True), "leaves the package"),
    (2, "symbolic link", lambda: ova(plain() + [member("l", kind=tarfile.SYMTYPE, link="/etc/passwd")]),
     "symbolic link"),
    (2, "hard link", lambda: ova(plain() + [member("l", kind=tarfile.LNKTYPE, link="d.raw")]), "hard link"),
    (2, "device", lambda: ova(plain() + [member("l", kind=tarfile.CHRTYPE)]), "a device"),
    (2, "FIFO", lambda: ova(plain() + [member("l", kind=tarfile.FIFOTYPE)]), "a FIFO"),
    (2, "block device", lambda: ova(plain() + [member("l", kind=tarfile.BLKTYPE)]), "a device"),
    (2, "sparse member", lambda: ova(plain() + [member("l", kind=tarfile.GNUTYPE_SPARSE)]), ""),
    (2, "a link to a folder, and a file through it", lambda: ova(
        [member("l", kind=tarfile.SYMTYPE, link="/tmp"), member("l/x")] + plain()), "symbolic link"),
    (2, "a link as the disk", lambda: ova([member("t.ovf", descriptor()),
                                           member("d.raw", kind=tarfile.SYMTYPE, link="/etc/passwd")]), "symbolic link"),
    (3, "negative size", lambda: ova(plain(), size_field(b"\xff" * 12)), ""),
    (3, "size of 2^63", lambda: ova(plain(), size_field(b"\x80\0\0\0\x80" + bytes(7))), ""),
    (3, "size that is no number", lambda: ova(plain(), size_field(b"zzzzzzzzzzz\0")), "no number"),
    (3, "size behind the end", lambda: ova(plain(), size_field(b"00000400000\0")), "cut short"),
    (3, "wrong checksum", lambda: ova(plain(), lambda d: d.__setitem__(header(d, "d.raw") + 100, 0x37)), ""),
    (3, "another size in a pax header", pax_size, ""),
    (3, "two members of one name", lambda: ova(plain() + [member("d.raw", b"other")]), "have this name"),
    (3, "a second descriptor", lambda: ova(plain() + [member("z.ovf", descriptor())]), "two .ovf"),
    (3, "data behind the end", lambda: ova(plain(), tail=bytes(tar(plain()))), "behind the archive's end"),
    (4, "gzip bomb", lambda: compressed("gzip", 64 << 20), "decompresses to more"),
    (4, "bzip2 bomb", lambda: compressed("bzip2", 64 << 20), "decompresses to more"),
    (4, "zip bomb", zip_bomb, "decompresses to far more"),
    (4, "xz bomb", xz_bomb, "decompresses to far more"),
    (4, "compressed twice", twice_packed, "decompresses to far more"),
    (5, "href /etc/passwd", lambda: folder({"t.ovf": descriptor("/etc/passwd")}), "leaves the package"),
    (5, "href ../x", lambda: folder({"t.ovf": descriptor("../x")}), "leaves the package"),
    (5, "href %2e%2e/x", lambda: folder({"t.ovf": descriptor("%2e%2e/x")}), "leaves the package"),
    (5, "href file://", lambda: folder({"t.ovf": descriptor("file:///etc/passwd")}), "is remote"),
    (5, "href http://", lambda: folder({"t.ovf": descriptor("http://169.254.169.254/x")}), "is remote"),
    (5, "href with a pattern", lambda: folder({"t.ovf": descriptor("*.raw"), "d.raw": DISK}), "not in the package"),
    (5, "a link to a file", linked, "links are not followed"),
    (5, "a link to a folder", linked_folder, "links are not followed"),
    (5, "a FIFO beside the descriptor", fifo, "not a regular file"),
    (6, "external entity", lambda: doctype('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), "DOCTYPE"),
    (6, "a billion laughs", lambda: doctype(LAUGHS), "DOCTYPE"),
    (6, "depth of 10,000", lambda: xml(HEAD + "<a>" * 10000 + "</a>" * 10000 + "</Envelope>"), "deep"),
    (6, "5,000 attributes", lambda: xml(HEAD + "<a " + " ".join(f'a{i}="1"' for i in range(5000)) + "/></Envelope>"),
     "attributes"),
    (6, "an attribute of 12 MiB", lambda: xml(descriptor(name="x", href="a" * (12 << 20))), ""),
    (6, "invalid UTF-8", lambda: xml(descriptor(name="@").replace(b"@", b"\xff\xfe")), ""),
    (6, "UTF-7", lambda: xml(descriptor().replace(b'"1.0"?', b'"1.0" encoding="UTF-7"?')), "not accepted"),
    (6, "two disks of one id", lambda: xml(descriptor(disk='/><Disk ovf:diskId="d" ovf:capacity="1"')), "diskId"),
    (7, "size -1", lambda: folder({"t.ovf": descriptor(size=-1), "d.raw": DISK}), ""),
    (7, "size above 2^64", lambda: folder({"t.ovf": descriptor(size=1 << 65), "d.raw": DISK}), ""),
    (7, "size that is not so", lambda: folder({"t.ovf": descriptor(size=5), "d.raw": DISK}), "the descriptor says 5"),
    (7, "capacity * 2^70", lambda: folder({"t.ovf": descriptor(
        disk=' ovf:capacityAllocationUnits="byte * 2^70"'), "d.raw": DISK}), "unit"),
    (7, "capacity * 2^60", lambda: folder({"t.ovf": descriptor(
        disk=' ovf:capacityAllocationUnits="byte * 2^60"'), "d.raw": DISK}), "larger than any disk"),
    (7, "capacity ${absent}", lambda: folder({"t.ovf": descriptor(capacity="${absent}"), "d.raw": DISK}), "absent"),
    (7, "capacity below the image", lambda: folder({"t.ovf": descriptor(capacity="512"), "d.raw": DISK}),
     "more than the 512"),
    (7, "a million elements", lambda: xml(HEAD + "<a/>" * 1000000 + "</Envelope>"), "elements"),
    (8, "MD5", lambda: manifest([f"MD5(t.ovf)= {'0' * 32}"]), "not accepted"),
    (8, "a file is missing", lambda: manifest(GOOD[:1]), "does not list d.raw"),
    (8, "the descriptor is missing", lambda: manifest(GOOD[1:]), "does not list t.ovf"),
    (8, "a path outside", lambda: manifest(GOOD + [f"SHA256(../x)= {'0' * 64}"]), ""),
    (8, "a file twice", lambda: manifest(GOOD + GOOD[1:]), "twice"),
    (8, "itself", lambda: manifest(GOOD + [f"SHA256(t.mf)= {'0' * 64}"]), "not what the manifest says"),
    (8, "a digest too short", lambda: manifest([GOOD[0][:-2], GOOD[1]]), ""),
    (8, "a wrong digest of the disk", lambda: manifest(
        [GOOD[0], "SHA256(d.raw)= " + "0" * 64]), "not what the manifest says"),
    (8, "a wrong digest of the descriptor", lambda: manifest(
        ["SHA256(t.ovf)= " + "0" * 64, GOOD[1]]), "not what the manifest says"),
    (8, "a file that is not there", lambda: manifest(GOOD + [f"SHA256(z)= {'0' * 64}"]), "not there"),
    (8, "a line of something else", lambda: manifest(GOOD + ["hello"]), "not a line"),
    (8, "two manifests", lambda: ova(plain() + [member("a.mf", b""), member("b.mf", b"")]), "two .mf"),
    (9, "a signature of something else", lambda: certificate("other"), "was changed"),
    (9, "a signature of another manifest", lambda: certificate("name"), ""),
    (9, "no certificate in it", lambda: certificate("garbage"), "no readable certificate"),
    (9, "a weak key", lambda: certificate("weak"), "weak"),
    (9, "a signature by MD5", lambda: certificate("md5"), ""),
    (9, "a million bytes of certificates", lambda: certificate("large"), "larger than"),
    (9, "an expired certificate, a signature being required", lambda: expired("--require-signature"), "has expired"),
    (9, "an expired certificate of an accepted authority", lambda: expired("--ca", "CERT"), "has expired"),
    (9, "an authority that did not sign", stranger, "is not signed by"),
    (10, "backing file /etc/passwd", lambda: one_disk(qcow2(b"/etc/passwd"), QCOW2), "backing"),
    (10, "backing json:", lambda: one_disk(qcow2(b'json:{"driver":"file","filename":"/etc/passwd"}'), QCOW2), "backing"),
    (10, "backing nbd://", lambda: one_disk(qcow2(b"nbd://10.0.0.1/x"), QCOW2), "backing"),
    (10, "backing /dev/sda", lambda: one_disk(qcow2(b"/dev/sda"), QCOW2), "backing"),
    (11, "external data file", lambda: one_disk(qcow2(incompatible=4), QCOW2), "in another file"),
    (11, "unknown feature", lambda: one_disk(qcow2(incompatible=1 << 40), QCOW2), ""),
    (11, "encryption", lambda: one_disk(qcow2(crypt=2), QCOW2), "encrypt"),
    (11, "unknown compression", lambda: one_disk(qcow2(incompatible=8, compression=9), QCOW2), "compress"),
    (11, "marked corrupt", lambda: one_disk(qcow2(incompatible=2), QCOW2), "corrupt"),
    (11, "internal snapshots", lambda: one_disk(qcow2(snapshots=1), QCOW2), "internal snapshot"),
    (12, "extent /etc/passwd", lambda: one_disk(vmdk_text('RW 4 FLAT "/etc/passwd" 0'), VMDK, "d.vmdk"), ""),
    (12, "extent ../x", lambda: one_disk(vmdk_text('RW 4 FLAT "../x" 0'), VMDK, "d.vmdk"), ""),
    (12, "extent /dev/sda", lambda: one_disk(vmdk_text('RW 4 FLAT "/dev/sda" 0', "fullDevice"), VMDK, "d.vmdk"), ""),
    (12, "raw device mapping", lambda: one_disk(vmdk_text('RW 4 VMFSRDM "x"', "vmfsRawDeviceMap"), VMDK, "d.vmdk"), ""),
    (12, "parent /etc/passwd", lambda: one_disk(vmdk_text('RW 4 FLAT "x-flat" 0', more=(
        'parentFileNameHint="/etc/passwd"\n')).replace(b"ffffffff", b"00000007"), VMDK, "d.vmdk", **{"x-flat": DISK}),
     "parent"),
    (12, "extent that is not in the package", lambda: one_disk(vmdk_text('RW 4 FLAT "no-flat" 0'), VMDK, "d.vmdk"),
     "not in the package"),
    (12, "extent that the manifest leaves out", lambda: manifest(
        sums({"t.ovf": descriptor("d.vmdk", uri=VMDK), "d.vmdk": vmdk_text('RW 4 FLAT "x-flat" 0')}),
        {"t.ovf": descriptor("d.vmdk", uri=VMDK), "d.vmdk": vmdk_text('RW 4 FLAT "x-flat" 0'), "x-flat": DISK}),
     "does not list"),
    (12, "sparse, and says flat", lambda: one_disk(vmdk_sparse(kind="monolithicFlat"), VMDK, "d.vmdk"), "says it is"),
    (12, "sparse, with /etc/passwd", lambda: one_disk(
        vmdk_sparse(extents='RW 2048 SPARSE "d.vmdk"\nRW 4 FLAT "/etc/passwd" 0'), VMDK, "d.vmdk"), ""),
    (13, "qcow2 that is said to be raw", lambda: one_disk(qcow2(), RAW), "should be raw, but it is qcow2"),
    (13, "qcow2 that is said to be VMDK", lambda: one_disk(qcow2(), VMDK, "d.vmdk"), "should be vmdk, but it is qcow2"),
    (13, "VMDK that is said to be qcow2", lambda: one_disk(vmdk_sparse(), QCOW2), "should be qcow2, but it is vmdk"),
    (13, "VMDK that is said to be raw", lambda: one_disk(vmdk_sparse(), RAW), "should be raw, but it is vmdk"),
    (13, "a descriptor of extents that is said to be raw", lambda: one_disk(
        vmdk_text('RW 4 FLAT "/etc/passwd" 0'), RAW), "should be raw, but it is vmdk"),
    (13, "nothing that is said to be VMDK", lambda: one_disk(DISK, VMDK, "d.vmdk"), "should be vmdk, but it is raw"),
    (14, "L1 of 2^31 entries", lambda: one_disk(qcow2(l1_size=1 << 31), QCOW2), ""),
    (14, "L1 outside", lambda: one_disk(qcow2(l1_offset=1 << 60), QCOW2), ""),
    (14, "L2 outside", lambda: one_disk(qcow2(l2=1 << 55), QCOW2), ""),
    (14, "header of 2^31 bytes", lambda: one_disk(qcow2(length=1 << 31), QCOW2), ""),
    (14, "qcow2 of 2^63 bytes", lambda: one_disk(qcow2(size=(1 << 63) + 512), QCOW2), ""),
    (14, "grain directory outside", lambda: one_disk(vmdk_sparse(gd=1 << 50), VMDK, "d.vmdk"), ""),
    (14, "VMDK of 2^60 sectors", lambda: one_disk(vmdk_sparse(capacity=1 << 60), VMDK, "d.vmdk"), ""),
]


def harmless(data):
    text = data.decode("utf-8", "replace")
    return all(c == "\n" or (c >= " " and not "\x7f" <= c <= "\x9f" and not "\u202a" <= c <= "\u202e") for c in text)


def run(*args):
    p = subprocess.run([VMINT, *args], capture_output=True, timeout=60)
    return p.returncode, p.stdout, p.stderr


def say(ok, what, more=""):
    global failed
    failed += not ok
    print(f"{'ok' if ok else 'not ok'}: {what}{more}")


def refused(number, what, make, words):
    made = make()
    if made is None:
        print(f"skip: class {number}: {what}: openssl does not make it")
        return
    path, more = made if isinstance(made, tuple) else (made, [])
    out = os.path.join(WORK, "out")
    os.makedirs(out)
    code, stdout, stderr = run("import", *more, "-o", os.path.join(out, "x"), path)
    sentence = stderr.decode("utf-8", "replace").strip().replace(WORK + "/in/", "").removeprefix("vmint import: ")
    left = os.listdir(out)
    ok = code == 3 and words in sentence and sentence.count("\n") == 0 and not left and not stdout
    ok = ok and harmless(stderr)
    shutil.rmtree(out)
    say(ok, f"class {number}: {what}", f": {sentence}" + ("" if ok else f" (exit {code}, left: {left})"))


# ---- 18 to 20: what is written, and where ----


def outputs():
    path = folder({"t.ovf": descriptor(), "d.raw": DISK})
    out, target = os.path.join(WORK, "o18"), os.path.join(WORK, "target")
    os.mkdir(target)
    os.symlink(target, out)
    code, _, _ = run("import", "-o", out, path)
    say(code == 3 and not os.listdir(target), "class 18: a link where the output shall be is not followed")
    os.unlink(out)
    os.symlink(os.path.join(WORK, "dangling"), out + ".ova")
    code, _, _ = run("pack", "-o", out + ".ova", path)
    say(code == 3 and not os.path.exists(os.path.join(WORK, "dangling")), "class 18: nor by pack")
    code, _, _ = run("import", "-o", out, path)
    modes = {stat.S_IMODE(os.stat(os.path.join(out, n)).st_mode) for n in os.listdir(out)}
    say(code == 0 and stat.S_IMODE(os.stat(out).st_mode) == 0o700 and modes == {0o600},
        "class 18: what is written is its owner's alone")
    shutil.rmtree(out)


def injections():
    name = "$(touch x);'\"`touch y`&lt;b&gt;&amp;"
    href = "a b;$(touch z)'`.raw"
    path = folder({"t.ovf": descriptor(href=href, name=name), href: DISK})
    out = os.path.join(WORK, "o19")
    code, _, _ = run("import", "-o", out, path)
    names = os.listdir(out) if code == 0 else []
    say(code == 0 and all(set(n) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+") for n in names),
        "class 19: names of files are made harmless", f": {sorted(names)}")
    code, stdout, _ = run("inspect", out)
    say(code == 0 and b"$(touch x);'\"`touch y`<b>&" in stdout, "class 19: names of machines stay what they are")
    touched = [n for n in "xyz" if os.path.exists(n) or os.path.exists(os.path.join(WORK, n))]
    say(not touched, "class 19: nothing of them is run")
    shutil.rmtree(out, ignore_errors=True)


def terminals():
    prop = ('<ProductSection><Info/><Product>a\u009b31mb</Product><Property ovf:key="k" ovf:type="string" '
            'ovf:value="v\u202ev"/></ProductSection>')
    path = folder({"t.ovf": descriptor(name="x&#x9;&#x85;\u202egnp.exe", system=prop), "d.raw": DISK})
    code, stdout, _ = run("inspect", path)
    say(code == 0 and harmless(stdout), "class 20: descriptions do not reach the terminal as commands")
    for verb, args in (("inspect", []), ("import", ["-o", os.path.join(WORK, "o20")])):
        code, stdout, stderr = run(verb, *args, ova(plain() + [member("\x1b]0;owned\x07.raw\x1b[2J")]))
        say(code == 3 and harmless(stdout + stderr), f"class 20: nor names of members, by {verb}")


try:
    for case in CASES:
        refused(*case)
    outputs()
    injections()
    terminals()
finally:
    shutil.rmtree(WORK)
sys.exit(failed > 0)

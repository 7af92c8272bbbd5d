#!/usr/bin/env python3
"""What consumers that cannot be run here document of their input, as tables; a description is held against its own.

Standard input: TARGET, WHAT and FILE a line, with tabs between. FILE is the description; of xen what `xl -N create`
printed; of proxmox and incus the commands that the script called: words, and an empty one behind each command, all ended
by NUL. Prints ok:/not ok: lines."""
import json
import re
import sys
import xml.etree.ElementTree as xml

# Of targettool's machines; of the real clones' template and network.
EVIL = ("n'x\";`touch pwned`$(touch pwned)<&>|\\, #{}: %\u2018\u00fc", "'x\";`touch pwned`$(touch pwned)<&>|, #{}")
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MAC = r"[0-9a-f]{2}(:[0-9a-f]{2}){5}"
LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
wrong = []


def say(text):
    wrong.append(text)


# A rule: a dict (these keys and no others; "key!" must be there), a list of one rule, a pattern of a text, a type.
def fits(value, rule, path):
    if isinstance(rule, dict):
        if not isinstance(value, dict):
            return say(f"{path}: no map")
        known = {k.rstrip("!"): r for k, r in rule.items()}
        for key in value:
            if key in known:
                fits(value[key], known[key], f"{path}.{key}")
            else:
                say(f"{path}: there is no field '{key}'")
        for key in (k for k in rule if k.endswith("!") and k[:-1] not in value):
            say(f"{path}: no {key[:-1]}")
    elif isinstance(rule, list):
        if not isinstance(value, list):
            return say(f"{path}: no list")
        for i, item in enumerate(value):
            fits(item, rule[0], f"{path}[{i}]")
    elif isinstance(rule, str):
        if not isinstance(value, str) or not re.fullmatch(rule, value, re.S):
            say(f"{path}: {value!r} is not {rule}")
    elif not isinstance(value, rule) or (rule is int and isinstance(value, bool)):
        say(f"{path}: {value!r} is no {rule.__name__}")


# ---- KubeVirt: kubevirt.io/v1, as its API reference and its admission webhook have it ----

TARGET = {"bus!": "virtio|sata|scsi|usb", "readonly": bool, "pciAddress": str}
BINDING = {"bridge": {}, "masquerade": {}, "sriov": {}}
DOMAIN = {
    "cpu": {"cores": int, "sockets": int, "threads": int, "maxSockets": int, "model": r"\S+", "dedicatedCpuPlacement": bool},
    "memory": {"guest": r"[1-9][0-9]*(Ki|Mi|Gi|Ti)", "maxGuest": r".+", "hugepages": dict},
    "machine": {"type": r"\S+"},
    "firmware": {
        "uuid": UUID,
        "serial": r"[A-Za-z0-9_.+-]{1,256}",
        "bootloader": {"bios": {"useSerial": bool}, "efi": {"secureBoot": bool, "persistent": bool}},
    },
    "features": dict,
    "clock": dict,
    "resources": dict,
    "devices!": {
        "disks": [{
            "name!": LABEL,
            "bootOrder": int,
            "serial": r"[A-Za-z0-9_.+-]{1,256}",
            "disk": TARGET,
            "cdrom": TARGET,
            "lun": TARGET,
            "cache": "none|writethrough|writeback",
            "shareable": bool,
        }],
        "interfaces": [{
            "name!": LABEL,
            "macAddress": MAC,
            "model": "e1000|e1000e|igb|ne2k_pci|pcnet|rtl8139|virtio",
            "bootOrder": int,
            **BINDING,
        }],
        "rng": {},
        "autoattachPodInterface": bool,
        "autoattachGraphicsDevice": bool,
        "autoattachSerialConsole": bool,
    },
}
SECRET_REF = {"name!": LABEL}
VOLUME = {
    "persistentVolumeClaim": {"claimName!": r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?", "readOnly": bool, "hotpluggable": bool},
    "cloudInitNoCloud": {"secretRef": SECRET_REF, "networkDataSecretRef": SECRET_REF, "userData": str, "networkData": str},
    "dataVolume": {"name!": str},
    "containerDisk": dict,
}
NETWORK = {"pod": {"vmNetworkCIDR": str}, "multus": {"networkName!": r".+", "default": bool}}
MACHINE = {
    "apiVersion!": r"kubevirt\.io/v1",
    "kind!": "VirtualMachine",
    "metadata!": {"name!": LABEL, "namespace": LABEL, "labels": dict, "annotations": dict},
    "spec!": {
        "runStrategy": "Always|RerunOnFailure|Manual|Halted|Once",
        "running": bool,
        "dataVolumeTemplates": list,
        "template!": {
            "metadata": {"labels": dict, "annotations": dict},
            "spec!": {
                "domain!": DOMAIN,
                "hostname": LABEL,
                "subdomain": LABEL,
                "networks": [{"name!": LABEL, **NETWORK}],
                "volumes": [{"name!": LABEL, **VOLUME}],
                "terminationGracePeriodSeconds": int,
            },
        },
    },
}
SECRET = {"apiVersion!": "v1", "kind!": "Secret", "metadata!": {"name!": LABEL}, "type": "Opaque", "data": dict}


def one_of(items, kinds, what):
    for item in items:
        if sum(k in item for k in kinds) != 1:
            say(f"{what} {item['name']}: not exactly one of {', '.join(kinds)}")


def pairs(left, right, what):
    if sorted(x["name"] for x in left) != sorted(x["name"] for x in right):
        say(f"{what}: their names do not pair up")


def kubevirt(path):
    import yaml

    found = list(yaml.safe_load_all(open(path, encoding="utf-8")))
    secrets = [d for d in found if d.get("kind") == "Secret"]
    for d in secrets:
        fits(d, SECRET, "Secret")
    machines = [d for d in found if d not in secrets]
    if len(machines) != 1:
        return say(f"{len(machines)} machines")
    fits(machines[0], MACHINE, "VirtualMachine")
    if wrong:
        return None
    spec = machines[0]["spec"]["template"]["spec"]
    devices = spec["domain"]["devices"]
    disks, cards = devices["disks"], devices["interfaces"]
    pairs(disks, spec["volumes"], "disks and volumes")
    pairs(cards, spec["networks"], "interfaces and networks")
    one_of(disks, ("disk", "cdrom", "lun"), "disk")
    one_of(cards, BINDING, "interface")
    one_of(spec["volumes"], VOLUME, "volume")
    one_of(spec["networks"], NETWORK, "network")
    orders = [d["bootOrder"] for d in disks if "bootOrder" in d]
    if min(orders) < 1 or len(set(orders)) != len(orders):
        say("bootOrder: not positive, or twice")
    pods = {n["name"] for n in spec["networks"] if "pod" in n}
    if len(pods) > 1 or any(c["name"] not in pods for c in cards if "masquerade" in c):
        say("the pod's network: twice, or masquerade without it")
    if not cards and devices.get("autoattachPodInterface") is not False:
        say("without a card it gets one of the pod's network")
    used = [v["cloudInitNoCloud"][r]["name"] for v in spec["volumes"] for r in v.get("cloudInitNoCloud", {})]
    for name in used:
        if name not in [s["metadata"]["name"] for s in secrets]:
            say(f"no secret {name}")
    return evil_comes_back([n["multus"]["networkName"] for n in spec["networks"] if "multus" in n])


def evil_comes_back(texts):
    for t in texts:
        if "pwned" in t and not any(e in t for e in EVIL):
            say(f"{t!r} is not the text that went in")


# ---- Hyper-V: the cmdlets and their parameters ----

CMDLETS = {
    "New-VM": "Name Generation MemoryStartupBytes NoVHD",
    "Set-VM": "VM ProcessorCount StaticMemory Notes",
    "Get-VMNetworkAdapter": "VM",
    "Remove-VMNetworkAdapter": "",
    "Add-VMNetworkAdapter": "VM Name Passthru StaticMacAddress SwitchName",
    "Add-VMHardDiskDrive": "VM ControllerType ControllerNumber Path",
    "Add-VMDvdDrive": "VM Path",
    "Get-VMHardDiskDrive": "VM",
    "Set-VMFirmware": "VM EnableSecureBoot FirstBootDevice",
    "Join-Path": "",
    "Get-CimInstance": "Namespace ClassName Filter",
    "Invoke-CimMethod": "InputObject MethodName Arguments",
    "Out-Null": "",
    "Write-Output": "",
}
QUOTES = "'\u2018\u2019\u201a\u201b"


# The script without comments and texts, and the texts: single-quoted ones as PowerShell reads them.
def powershell(text):
    code, texts, i = "", [], 0
    while i < len(text):
        if text[i] == "#":
            i = (text + "\n").index("\n", i)
        elif text[i] in QUOTES:
            value, i = "", i + 1
            while i < len(text) and not (text[i] in QUOTES and text[i + 1:i + 2] not in list(QUOTES)):
                value += text[i]
                i += 2 if text[i] in QUOTES else 1
            if i == len(text):
                say("a text does not end")
            texts.append(value)
            code, i = code + f" @{len(texts) - 1}@ ", i + 1
        elif text[i] == '"':
            i = text.index('"', i + 1) + 1
            code += " @@ "
        else:
            code, i = code + text[i], i + 1
    return code, texts


def hyperv(path):
    code, texts = powershell(open(path, encoding="utf-8").read())
    for line in code.splitlines():
        # Each part in brackets or behind a pipe is a command of its own.
        for part in re.split(r"[()|={]|\}", line):
            words = part.split()
            name = words[0] if words else ""
            if not re.fullmatch(r"[A-Z][a-z]+-[A-Za-z]+", name):
                continue
            if name not in CMDLETS:
                say(f"there is no cmdlet {name}")
                continue
            for p in (w[1:] for w in words[1:] if re.match(r"-[A-Za-z]", w)):
                if p not in CMDLETS[name].split():
                    say(f"{name} has no parameter {p}")
    for opening, closing in ("()", "{}", "[]"):
        if code.count(opening) != code.count(closing):
            say(f"{opening}{closing} do not pair up")
    if "`" in code or ";" in code:
        say("something of a text became code")
    for mac in re.findall(r"StaticMacAddress +@(\d+)@", code):
        if not re.fullmatch("[0-9a-fA-F]{12}", texts[int(mac)]):
            say(f"{texts[int(mac)]} is no address")
    if len(re.findall(r"ControllerType +IDE", code)) > 3:
        say("IDE has four places, and one is the disc's")
    size = re.search(r"MemoryStartupBytes +(\d+)", code)
    if not size or int(size.group(1)) % (2 << 20):
        say("memory is not a multiple of 2 MiB")
    evil_comes_back(texts)


# ---- VMware ----

VMX = [
    r"\.encoding", r"config\.version", r"virtualHW\.version", "guestOS", "displayName", "annotation", "numvcpus", "memsize",
    "firmware", r"uuid\.(bios|location|action)", r"vm\.genidX?", r"disk\.EnableUUID", r"guestinfo\.[\w.]+",
    r"(scsi|sata)[0-3]\.(present|virtualDev)", r"(scsi|sata)[0-3]:\d+\.(present|fileName|deviceType|startConnected)",
    r"pciBridge\d\.(present|virtualDev|functions)", r"vmci0\.present", r"serial0\.(present|fileType|fileName)",
    r"ethernet\d\.(present|virtualDev|addressType|address|checkMACAddress|connectionType|networkName)",
]
VMX_VALUES = {
    r"ethernet\d\.virtualDev": "vmxnet3|e1000|e1000e|vlance",
    r"ethernet\d\.connectionType": "nat|bridged|hostonly|custom",
    r"ethernet\d\.address": MAC,
    r"uuid\.(bios|location)": r"([0-9a-f]{2} ){7}[0-9a-f]{2}-([0-9a-f]{2} ){7}[0-9a-f]{2}",
    r"vm\.genidX?": r"-?\d+",
    r"\S+\.present": "TRUE|FALSE",
    r"scsi0:\d+\.fileName": r"disk\d+\.vmdk",
    "memsize": r"\d+",
}


def vmware(path):
    seen = {}
    for n, line in enumerate(open(path, encoding="utf-8").read().split("\n"), 1):
        m = re.fullmatch(r'([\w.:]+) = "([^"]*)"', line)
        if not m:
            if line:
                say(f"line {n}: {line!r}")
            continue
        key, value = m.group(1), re.sub(r"\|([0-9A-F]{2})", lambda x: chr(int(x.group(1), 16)), m.group(2))
        if key.lower() in seen:
            say(f"{key}: twice")
        seen[key.lower()] = value
        if not any(re.fullmatch(k, key) for k in VMX):
            say(f"there is no {key}")
        for k, rule in VMX_VALUES.items():
            if re.fullmatch(k, key) and not re.fullmatch(rule, value):
                say(f"{key}: {value!r}")
    for key in seen:
        m = re.fullmatch(r"((scsi|sata)\d):(\d+)\..*", key)
        if m and (seen.get(m.group(1) + ".present") != "TRUE" or m.group(1) == "scsi0" and m.group(3) == "7"):
            say(f"{key}: no such place")
    evil_comes_back(seen.values())


# ---- VirtualBox: the elements of its settings of version 1.16, with their attributes ----

VBOX = "{http://www.virtualbox.org/ovf/machine}"
OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"
SETTINGS = {
    "Machine": ("version uuid name OSType snapshotFolder required", "Info MediaRegistry Hardware StorageControllers"),
    "Info": ("", ""),
    "MediaRegistry": ("", "HardDisks DVDImages FloppyImages"),
    "HardDisks": ("", "HardDisk"),
    "HardDisk": ("uuid location format type", "HardDisk"),
    "Hardware": ("", "CPU Memory Firmware Network RTC"),
    "CPU": ("count hotplug", "PAE LongMode"),
    "PAE": ("enabled", ""),
    "LongMode": ("enabled", ""),
    "Memory": ("RAMSize PageFusion", ""),
    "Firmware": ("type", ""),
    "Network": ("", "Adapter"),
    "Adapter": ("slot enabled MACAddress cable speed type", "NAT BridgedInterface"),
    "NAT": ("", ""),
    "BridgedInterface": ("name", ""),
    "RTC": ("localOrUTC", ""),
    "StorageControllers": ("", "StorageController"),
    "StorageController": ("name type PortCount useHostIOCache Bootable", "AttachedDevice"),
    "AttachedDevice": ("type hotpluggable port device", "Image"),
    "Image": ("uuid", ""),
}
SETTING_VALUES = {
    "uuid": r"\{" + UUID + r"\}", "MACAddress": r"[0-9A-F][02468ACE][0-9A-F]{10}", "localOrUTC": "UTC|local", "count": r"\d+",
    "enabled": "true|false", "version": r"1\.\d+-(linux|windows|macosx)", "RAMSize": r"[1-9]\d*", "slot": r"\d", "port": r"\d+",
}
SETTING_TYPES = {"Firmware": "BIOS|EFI|EFI32|EFI64", "Adapter": "virtio|82540EM|82543GC|82545EM|Am79C970A|Am79C973",
                 "StorageController": "AHCI|PIIX4|LsiLogic", "HardDisk": "Normal", "AttachedDevice": "HardDisk"}


def setting(node):
    tag = node.tag.split("}")[1]
    attributes, children = SETTINGS[tag]
    for key, value in node.attrib.items():
        key = key.split("}")[-1]
        rule = SETTING_TYPES.get(tag) if key == "type" else SETTING_VALUES.get(key)
        if key not in attributes.split():
            say(f"{tag} has no attribute {key}")
        elif rule and not re.fullmatch(rule, value):
            say(f"{tag}: {key} {value!r}")
    for child in node:
        name = child.tag.split("}")[1]
        if name in children.split():
            setting(child)
        else:
            say(f"{name} is nothing of {tag}'s")


def virtualbox(path):
    root = xml.parse(path).getroot()
    machine = root.find(f"{OVF}VirtualSystem/{VBOX}Machine")
    disks = [d.get(VBOX + "uuid") for d in root.iter(OVF + "Disk")]
    for node in machine.iter():
        # Written without a prefix, they would be OVF's.
        node.tag = node.tag if node.tag.startswith("{") else VBOX + node.tag
    setting(machine)
    named = [n.get("uuid").strip("{}") for n in machine.iter() if n.tag.endswith("}HardDisk")]
    used = [n.get("uuid").strip("{}") for n in machine.iter() if n.tag.endswith("}Image")]
    if not disks == named == used:
        say("the disks' UUIDs are not the same everywhere")
    evil_comes_back([n.get("name") for n in machine.iter() if n.get("name")])


# ---- Xen: what xl made of it ----

def xen(path):
    got = json.load(open(path, encoding="utf-8"))
    hvm = got["b_info"]["type.hvm"]
    fits(got["c_info"]["uuid"], UUID, "uuid")
    fits(got["c_info"]["type"], "hvm", "type")
    fits(hvm["bios"], "seabios|ovmf", "bios")
    if len(hvm.get("ms_vm_genid", [])) != 16:
        say("it has no generation id")
    places = [d["vdev"] for d in got["disks"]]
    if len(set(places)) != len(places):
        say("two disks in one place")
    for d in got["disks"]:
        fits(d["format"], "qcow2|raw", "format")
        fits(d["pdev_path"], r"/.*/(disk\d+\.(qcow2|raw)|seed\.iso)", "path")
        if "seed" in d["pdev_path"] and d.get("readwrite"):
            say("the seed can be written to")
    for n in got.get("nics", []):
        fits(n["mac"], MAC, "mac")
        fits(n["model"], "virtio-net|e1000|e1000e|rtl8139|vmxnet3|pcnet", "model")
    evil_comes_back([d["pdev_path"] for d in got["disks"]])


# ---- Proxmox VE: qm's options and their parts ----

QM = {
    "name": LABEL, "cores": r"\d+", "memory": r"\d+", "ostype": "l26", "machine": "q35|pc", "bios": "seabios|ovmf",
    "scsihw": "virtio-scsi-pci|virtio-scsi-single", "vmgenid": UUID, "serial0": "socket", "agent": "1", "description": r".*",
    "boot": r"order=(virtio|scsi|sata|ide)0|order=net0",
}
QM_PARTS = {
    r"smbios1": {"uuid": UUID},
    r"net\d+": {"virtio|e1000|e1000e|rtl8139|vmxnet3|pcnet": MAC, "bridge": r"\w+"},
    r"efidisk0": {"efitype": "4m"},
    r"(virtio(\d|1[0-5])|scsi(\d|1\d|2\d|30)|sata[0-5]|ide[0-3])": {"import-from": r"/.*", "serial": r"\w{1,20}"},
}


def commands(path):
    return [c.split("\0") for c in open(path, encoding="utf-8").read().split("\0\0") if c]


def qm_parts(option, value):
    rules = [r for k, r in QM_PARTS.items() if re.fullmatch(k, option)]
    if not rules:
        return say(f"qm has no option --{option}")
    for i, part in enumerate(value.split(",")):
        key, _, text = part.partition("=")
        if i == 0 and re.fullmatch(r"local-lvm:[01]", part):
            continue
        rule = [r for k, r in rules[0].items() if re.fullmatch(k, key)]
        if not rule:
            say(f"--{option}: nothing is called {key!r}")
        elif not re.fullmatch(rule[0], text, re.S):
            say(f"--{option}: {part!r}")


def proxmox(path):
    seen = set()
    for command in commands(path):
        if command[0] != "qm":
            continue
        if command[1] not in ("create", "set") or not re.fullmatch(r"\d+", command[2]) or len(command) % 2 == 0:
            return say(f"{command}")
        for option, value in zip(command[3::2], command[4::2]):
            option = option.removeprefix("--")
            if option in seen:
                say(f"--{option}: twice")
            seen.add(option)
            if option not in QM:
                qm_parts(option, value)
            elif not re.fullmatch(QM[option], value, re.S):
                say(f"--{option} {value!r}")
            evil_comes_back([value] if option == "description" else [])
    if not {"name", "boot", "smbios1"} <= seen:
        say("the machine is not made")
    return None


# ---- Incus and LXD ----

CONFIG = {"volatile.uuid": UUID, "volatile.uuid.generation": UUID, r"volatile\.eth0\.hwaddr": MAC, r"limits\.cpu": r"\d+",
          r"limits\.memory": r"\d+MiB", r"security\.(secureboot|csm)": "true|false"}
DEVICES = {"nic": {"network": r".+", "hwaddr": MAC, "nictype": "bridged", "parent": r"[\w.-]+"},
           "disk": {"source": r"/.+", "readonly": "true|false"}}
METADATA = {"architecture!": "x86_64", "creation_date!": int, "expiry_date": int, "templates": dict,
            "properties": {"os": str, "release": str, "description": str, "name": str}}


def setting_word(word, rules, what):
    key, _, value = word.partition("=")
    rule = [r for k, r in rules.items() if re.fullmatch(k, key)]
    if not rule or not re.fullmatch(rule[0], value, re.S):
        say(f"{what}: {word!r}")
    evil_comes_back([value])


def incus(path):
    import yaml

    image = None
    for command in commands(path):
        if command[0] == "metadata":
            fits(yaml.safe_load(command[1]), METADATA, "metadata.yaml")
            evil_comes_back([yaml.safe_load(command[1])["properties"]["description"]])
        if command[0] != "incus":
            continue
        if command[1:3] == ["image", "import"]:
            image = command[command.index("--alias") + 1]
        elif command[1] == "init":
            if command[2] != image or not re.fullmatch(LABEL, command[3]) or command[4] != "--vm":
                say(f"{command}")
            if command[5::2] != ["-c"] * len(command[6::2]):
                say(f"{command[5:]}")
            for word in command[6::2]:
                setting_word(word, CONFIG, "config")
        elif command[1:4] == ["config", "device", "add"]:
            fits(command[5], r"[a-z]+\d*", "device")
            fits(command[6], "|".join(DEVICES), "device type")
            for word in command[7:]:
                setting_word(word, DEVICES.get(command[6], {}), command[5])
        else:
            say(f"{command}")
    if not image:
        say("no image was imported")


for line in sys.stdin:
    target, what, file = line.rstrip("\n").split("\t")
    wrong.clear()
    try:
        globals()[target](file)
    except (OSError, ValueError, LookupError, AttributeError, xml.ParseError) as error:
        say(f"{type(error).__name__}: {error}")
    print(f"{'not ok' if wrong else 'ok'}: {target}: {what}: as documented")
    for text in wrong:
        print("  " + text)

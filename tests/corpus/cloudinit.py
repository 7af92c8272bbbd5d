#!/usr/bin/python3
"""usage: cloudinit.py DATA VMINT (see cloudinit.sh)"""
import copy
import csv
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

DATA, VMINT = sys.argv[1:3]
SCHEMAS = DATA + "/schema/canonical+cloud-init/"
HERE = os.path.dirname(os.path.abspath(__file__))
passed, failed = 0, 0
work = tempfile.TemporaryDirectory()


def result(ok, what, detail=""):
    global passed, failed
    passed, failed = passed + ok, failed + (not ok)
    if not ok:
        print("not ok: %s%s" % (what, ": " + detail.strip()[:400] if detail else ""))


def vmint(*options):
    r = subprocess.run([VMINT, "seed", "-q", *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return r.returncode, r.stderr


def check(option, path):
    return vmint("-n", option, path)


def write(name, text):
    path = os.path.join(work.name, name)
    with open(path, "w") as f:
        f.write(text)
    return path


# Ends with what is no user-data at all, and networks that netplan refuses, too.
INVALID = {
    "cloud-init/examples/plain-ignored.txt": r":1: .*no header|header cloud-init knows",
    "cloud-init/examples/kernel-command-line.txt": r":1: begins with no header",
    "cloud-init/rendered/photon_net_config_v2.yaml": r":75:26: .*arp-all-targets: must be one of",
}


def examples():
    with open(DATA + "/MANIFEST.tsv") as f:
        rows = [r for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE) if r["file"].startswith("cloud-init/")]
    for row in rows:
        name, path = row["file"], DATA + "/" + row["file"]
        if name.endswith(".json") or "/openstack_net_config" in name:
            continue
        option = "--meta-data" if name.endswith("meta-data") else \
            "--network-config" if "network-config" in name or "rendered/" in name else "--user-data"
        code, err = check(option, path)
        if name in INVALID:
            result(code == 3 and re.search(INVALID[name], err) is not None, name + " is invalid", err)
        else:
            result(code == 0, name + " is valid upstream", err)


def networks():
    folder = DATA + "/cloud-init/network_configs/"
    for name in sorted(os.listdir(folder)):
        with open(folder + name) as f:
            case = json.load(f)
        for key in [k for k in case if k.startswith("yaml")]:
            code, err = check("--network-config", write("net", case[key]))
            if "dns_only_ipv4" in name and key == "yaml_v2":
                result(code == 3 and ":9:22: " in err, name + ": addresses are a list", err)
            elif name == "large_v1.json":
                # Its InfiniBand address is made up; nothing else is wrong.
                result(code == 0, name, err)
            else:
                result(code == 0, name + " " + key, err)


def mutations(config):
    """Configs with one thing changed: every key renamed, every value made another type, a key added."""
    yield {**config, "vmint_unknown": 1}

    def walk(node, rebuild):
        if isinstance(node, dict):
            for key, value in node.items():
                rest = {k: v for k, v in node.items() if k != key}
                yield rebuild({**rest, str(key) + "_x": value})
                for other in ({"a_x": {"b": 1}}, ["a_x", 3], "a word", 7, True, None):
                    yield rebuild({**node, key: other})
                yield from walk(value, lambda new, key=key, node=node: rebuild({**node, key: new}))
        elif isinstance(node, list):
            yield rebuild([])
            for i, value in enumerate(node[:3]):
                yield from walk(value, lambda new, i=i, node=node: rebuild(node[:i] + [new] + node[i + 1:]))

    yield from walk(config, copy.copy)


def against_jsonschema():
    try:
        import jsonschema
    except ImportError:
        print("cloudinit: no comparison with python3-jsonschema, which is missing", file=sys.stderr)
        return
    with open(SCHEMAS + "schema-cloud-config-v1.json") as f:
        judge = jsonschema.Draft4Validator(json.load(f))
    folder = DATA + "/cloud-init/module-docs/"
    for name in sorted(os.listdir(folder)):
        with open(folder + name) as f:
            text = f.read()
        if not text.startswith("#cloud-config"):
            continue
        config = yaml.load(text, yaml.SafeLoader)
        texts = []
        for n, changed in enumerate(mutations(config)):
            try:
                dumped = json.dumps(changed)
            except TypeError:  # bytes
                continue
            # Every third: enough, and quick.
            if n % 3 == 0:
                texts.append((changed, "#cloud-config\n" + dumped + "\n"))
        for changed, dumped in texts:
            code, err = check("--user-data", write("changed", dumped))
            valid = judge.is_valid(changed)
            if valid:
                result(code == 0, name + ": jsonschema finds nothing", err + dumped[:300])
            else:
                result(code == 3 and re.search(r"changed:2:\d+: ", err) is not None, name + ": jsonschema finds an error",
                       err + dumped[:300])


# The intent of upstream's cases, as options.
INTENT = {
    "small_v2.json": ["--nic", "name=eth1,mac=cf:d6:af:48:e8:80,none", "--nic",
                      "name=eth99,mac=c0:d6:9f:2c:e8:80,address=192.168.21.3/24,dhcp4,dns=8.8.8.8,dns=8.8.4.4,"
                      "search=barley.maas,search=sach.maas,route=0.0.0.0/0@65.61.151.37@10000"],
    "static6.json": ["--nic", "name=iface0,address=2001:1::1/64,accept-ra=no"],
    "dhcpv6_accept_ra.json": ["--nic", "name=iface0,dhcp6,accept-ra=yes"],
    "dhcpv6_reject_ra.json": ["--nic", "name=iface0,dhcp6,accept-ra=no"],
    "bond_v2.json": ["--nic", "name=bond0s0,mac=aa:bb:cc:dd:e8:00,none", "--nic", "name=bond0s1,mac=aa:bb:cc:dd:e8:01,none",
                     "--bond", "name=bond0,member=bond0s0,member=bond0s1,address=192.168.0.2/24,address=192.168.1.2/24,"
                     "address=2001:1::1/92,mac=aa:bb:cc:dd:e8:ff,mtu=9000,down-delay=10,fail-over-mac-policy=active,"
                     "gratuitous-arp=5,mii-monitor-interval=100,mode=active-backup,primary=bond0s0,"
                     "primary-reselect-policy=always,transmit-hash-policy=layer3+4,up-delay=20,route=0.0.0.0/0@192.168.0.1,"
                     "route=10.1.3.0/24@192.168.0.3,route=2001:67c::/32@2001:67c:1562::1,"
                     "route=3001:67c::/32@3001:67c:15::1@10000"],
}
# Lines of ours that say what is so without them, and upstream's of a match vmint does not make.
NEUTRAL = re.compile(r"^\s*(dhcp[46]: false|driver: .*)\s*$")


def same_intent(name, text):
    """Upstream's case without what an intent cannot say: a driver to match, DNS servers for no interface."""
    config = yaml.safe_load(text)
    for link in config.get("ethernets", {}).values():
        link.get("match", {}).pop("driver", None)
    if config["version"] == 1:
        config["config"] = [d for d in config["config"] if d["type"] != "nameserver"]
        for d in config["config"]:
            # cloud-init 22's NetworkManager renderer takes static6 for automatic.
            for subnet in d.get("subnets", []):
                subnet["type"] = subnet["type"].replace("static6", "static")
            params = d.get("params", {})
            if "bond_miimon" in params:
                params["bond-miimon"] = params.pop("bond_miimon")
    return yaml.safe_dump(config, sort_keys=False)


def rendered(kind, config):
    r = subprocess.run(["/usr/bin/python3", HERE + "/../cli/seed.py", "render", kind, config], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
    if r.returncode:
        return None
    files = json.loads(r.stdout)
    if kind == "netplan":
        config = yaml.safe_load("\n".join(x for t in files.values() for x in t.split("\n") if not NEUTRAL.match(x)))
        return json.dumps(config, sort_keys=True)
    # The order of a bond's options and of sections says nothing.
    return json.dumps({name: sorted(re.split(r"[\s\"]+", text)) for name, text in files.items()}, sort_keys=True)


def first_difference(want, got):
    a, b = want.split(", "), got.split(", ")
    return "wanted only: %s; got only: %s" % ([x for x in a if x not in b][:8], [x for x in b if x not in a][:8])


def renderers():
    if subprocess.run(["/usr/bin/python3", "-c", "import cloudinit"], stderr=subprocess.DEVNULL).returncode:
        print("cloudinit: networks not rendered, cloud-init is missing", file=sys.stderr)
        return
    for name, options in INTENT.items():
        with open(DATA + "/cloud-init/network_configs/" + name) as f:
            case = json.load(f)
        for version in ("2", "1"):
            if "yaml_v" + version in case:
                theirs = write("theirs", same_intent(name, case["yaml_v" + version]))
            else:
                with open(DATA + "/cloud-init/network_configs/" + name.replace("_v2", "_v" + version)) as f:
                    theirs = write("theirs", same_intent(name, json.load(f)["yaml"]))
            folder = os.path.join(work.name, "ours")
            code, err = vmint("-f", "dir", "-o", folder, "--network-version", version, *options)
            result(code == 0, name + " from options", err)
            for kind in ("netplan", "eni", "networkd", "sysconfig", "network-manager"):
                if version == "1" and kind == "netplan":
                    continue  # version 2 is passed through, version 1 translated: the same in other words
                want, got = rendered(kind, theirs), rendered(kind, folder + "/network-config")
                if want is not None:
                    result(got == want, "%s, version %s, rendered for %s" % (name, version, kind),
                           first_difference(want, got or ""))


examples()
networks()
against_jsonschema()
renderers()
print("cloudinit: %d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)

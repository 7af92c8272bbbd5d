#!/usr/bin/env python3
"""Makes schema_table.h from cloud-init's published JSON schemas.

usage: schema.py VERSION CLOUD-CONFIG NETWORK-V1 NETWORK-V2 >schema_table.h

Draft 4 as cloud-init's own validator takes it: what stands beside a $ref is not looked at, formats are not checked.
Equal schemas become one node; of the texts only the names, words and patterns are kept.
"""
import hashlib
import json
import sys

# Where the network schemas are narrower than what cloud-init's renderers and netplan read: (path, change).
# A path ends at a schema; the change is laid over it.
TEXT_OR_LIST = {"type": ["string", "array"], "items": {"type": "string"}}
NUMBER_OR_TEXT = {"type": ["integer", "string"]}
V1 = [
    ("anyOf_type_bond/properties/params", {"additionalProperties": True}),
    ("anyOf_type_bond/properties/params/properties/bond-updelay", NUMBER_OR_TEXT),
    ("anyOf_type_bridge/properties/params", {"additionalProperties": True}),
    ("anyOf_type_bridge/properties/params/properties", {"bridge_gcint": {}}),
    ("anyOf_type_physical/properties/type", {"enum": ["physical", "infiniband", "loopback"]}),
    ("anyOf_type_nameserver/properties/search", TEXT_OR_LIST),
    ("config_type_subnet/properties/dns_search", TEXT_OR_LIST),
]
V2_ROUTE = {"mtu": {"type": "integer"}, "table": {"type": ["integer", "string"]}, "type": {"type": "string"},
            "scope": {"type": "string"}, "from": {"type": "string"}, "on-link": {"type": "boolean"}}
V2_BOND = "mapping_bond/properties/parameters/properties/"
V2 = [
    (V2_BOND + "mii-monitor-interval", NUMBER_OR_TEXT),
    (V2_BOND + "learn-packet-interval", NUMBER_OR_TEXT),
    ("mapping_bridge/properties/parameters/properties/path-cost", {"type": ["integer", "object"]}),
    ("mapping_bridge/properties/parameters/properties", {"port-priority": {"type": ["integer", "object"]}}),
    ("mapping/properties/routes/items/properties", V2_ROUTE),
]
# Both take words for a boolean, and a few members that the schemas do not list.
YES_NO = {"type": ["boolean", "string"], "enum": ["yes", "no", "on", "off", "true", "false", True, False]}
V1_LINKS = ["physical", "bond", "bridge", "vlan"]

TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def amend(root, changes):
    for path, change in changes:
        node = root["$defs"]
        for part in path.split("/"):
            node = node[part]
        node.update(change)


def widen_v1(root):
    amend(root, V1)
    for kind in V1_LINKS:
        properties = root["$defs"]["anyOf_type_" + kind]["properties"]
        properties["accept-ra"] = YES_NO
        if kind == "bridge":
            properties.update({"ipv4_conf": {}, "ipv6_conf": {}, "mac_address": {"type": "string"}})
    root["$defs"]["config_type_subnet"]["properties"]["mtu"] = {"type": "integer"}


class Pool:
    """Runs of rows, each run kept once."""

    def __init__(self):
        self.rows, self.at = [], {}

    def slice(self, rows):
        rows = tuple(rows)
        if not rows:
            return None
        if rows not in self.at:
            self.at[rows] = len(self.rows)
            self.rows.extend(rows)
        return "{%d, %d}" % (self.at[rows], len(rows))


class Table:
    def __init__(self):
        self.nodes, self.known = ["{0}"], {(): 0}
        self.properties, self.words, self.values, self.lists = Pool(), Pool(), Pool(), Pool()
        self.root, self.open = None, []

    def node(self, s):
        if isinstance(s, bool):
            return 0 if s else sys.exit("schema.py: a schema that nothing fits")
        if "$ref" in s:
            name = s["$ref"]
            if name in self.open:
                sys.exit("schema.py: %s refers to itself" % name)
            target = self.root
            for part in name.lstrip("#/").split("/"):
                target = target[part]
            self.open.append(name)
            n = self.node(target)
            self.open.pop()
            return n
        return self.add(self.fields(s))

    def add(self, fields):
        key = tuple((k, v) for k, v in fields.items() if v is not None)
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append("{%s}" % ", ".join(".%s = %s" % kv for kv in key))
        return self.known[key]

    def many(self, schemas):
        return self.lists.slice(str(self.node(x)) for x in schemas)

    def named(self, mapping):
        return self.properties.slice("{%s, %d}" % (quote(k), self.node(v)) for k, v in mapping.items())

    def fields(self, s):
        f = {}
        types = s.get("type", [])
        types = [types] if isinstance(types, str) else types
        f["types"] = " | ".join("SCHEMA_" + t.upper() for t in TYPES if t in types) or None
        rest = s.get("additionalProperties", True)
        f["closed"] = "1" if rest is False else None
        f["rest"] = str(self.node(rest)) if isinstance(rest, dict) and self.node(rest) else None
        f["properties"] = self.named(s.get("properties", {}))
        f["patterns"] = self.named(s.get("patternProperties", {}))
        f["required"] = self.words.slice(quote(x) for x in s.get("required", []))
        f["values"] = self.values.slice(value(x) for x in s.get("enum", []))
        f["items"] = str(self.node(s["items"])) if isinstance(s.get("items"), dict) and self.node(s["items"]) else None
        for key in ("allOf", "anyOf", "oneOf"):
            f[key[:3]] = self.many(s.get(key, []))
        f["never"] = str(self.node(s["not"])) if "not" in s else None
        f["unique"] = "1" if s.get("uniqueItems") else None
        for key, name in (("minItems", "min_items"), ("maxItems", "max_items"), ("minProperties", "min_properties"),
                          ("maxLength", "max_length")):
            f[name] = str(s[key]) if key in s else None
        f["low"] = "SCHEMA_AT(%d)" % s["minimum"] if "minimum" in s else None
        f["high"] = "SCHEMA_AT(%d)" % s["maximum"] if "maximum" in s else None
        f["pattern"] = quote(s["pattern"]) if "pattern" in s else None
        f["deprecated"] = quote(s.get("deprecated_version", "an earlier version")) if s.get("deprecated") else None
        return f


def quote(s):
    return json.dumps(s)


def value(x):
    if x is None:
        return '{SCHEMA_NULL, "null"}'
    if isinstance(x, bool):
        return '{SCHEMA_BOOLEAN, "%s"}' % ("true" if x else "false")
    if isinstance(x, int):
        return '{SCHEMA_INTEGER, "%d"}' % x
    return "{SCHEMA_STRING, %s}" % quote(x)


def rows(kind, name, lines):
    print("\nstatic const %s %s[] = {" % (kind, name))
    # Short rows share a line.
    line = ""
    for row in lines:
        if line and len(line) + len(row) > 110:
            print("\t" + line)
            line = ""
        line += (" " if line else "") + row + ","
    print("\t%s\n};" % line)


def main():
    version, paths = sys.argv[1], sys.argv[2:]
    digest, roots, table = hashlib.sha256(), [], Table()
    for path, widen in zip(paths, (lambda r: None, widen_v1, lambda r: amend(r, V2))):
        with open(path, "rb") as f:
            text = f.read()
        digest.update(text)
        table.root = json.loads(text)
        widen(table.root)
        if "oneOf" in table.root:
            # Two alternatives: the network with and without its top-level key. Which is seen before.
            name = table.root["oneOf"][0]["$ref"]
            roots.append(table.node({"$ref": name}))
        else:
            roots.append(table.node(table.root))
    print("/* Made by schema.py from cloud-init's JSON schemas for cloud-config and network-config; do not edit. */")
    print("#pragma once\n\n#include \"cloud-init/schema.h\"\n\n/* clang-format off */")
    print("#define SCHEMA_VERSION \"%s\"" % version)
    print("#define SCHEMA_DIGEST \"%s\"\n" % digest.hexdigest()[:16])
    print("enum { SCHEMA_CLOUD_CONFIG = %d, SCHEMA_NETWORK_V1 = %d, SCHEMA_NETWORK_V2 = %d };" % tuple(roots))
    rows("struct schema_node", "schema_nodes", table.nodes)
    rows("struct schema_property", "schema_properties", table.properties.rows)
    rows("char *const", "schema_words", table.words.rows)
    rows("struct schema_value", "schema_values", table.values.rows)
    rows("uint16_t", "schema_lists", table.lists.rows)


main()

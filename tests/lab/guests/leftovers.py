#!/usr/bin/env python3
"""Where old ids are still found: a line an id and place.

usage: leftovers.py FORBIDDEN PATH [SKIP]
FORBIDDEN has one id a line; PATH is an image or a folder; SKIP has "OFFSET BYTES" lines that are not looked at.
Every id is looked for as it stands, in capitals, without dashes, in systemd's escaping, and as the bytes on disk.
"""
import os
import re
import sys

CHUNK = 8 << 20
OVERLAP = 128


def writings(word):
    """All the ways in which one id may be written."""
    plain = word.replace("-", "").replace(":", "")
    texts = {word, plain, word.replace("-", "\\x2d"), word.replace("-", "\\\\x2d"), word.replace(":", "-")}
    texts |= {t.lower() for t in texts} | {t.upper() for t in texts}
    found = {t.encode() for t in texts if len(t) >= 8}
    if re.fullmatch("[0-9a-fA-F]{32}", plain):
        raw = bytes.fromhex(plain)
        found |= {raw, raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]}
    return found


def data_ranges(fd, size):
    """What is no hole."""
    at = 0
    while at < size:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(fd, at, os.SEEK_HOLE)
        yield at, end
        at = end


def first(data, at, found, skip):
    """Where one of these writings begins outside of skip, or None."""
    for pattern in found:
        where = data.find(pattern)
        while where >= 0:
            if not any(s <= at + where < s + n for s, n in skip):
                return at + where
            where = data.find(pattern, where + 1)
    return None


def hits(path, patterns, skip):
    """Each id that is in a file, with the first offset found."""
    seen = {}
    fd = os.open(path, os.O_RDONLY)
    for at, end in data_ranges(fd, os.fstat(fd).st_size):
        while at < end:
            data = os.pread(fd, min(CHUNK, end - at), at)
            for word, found in patterns.items():
                where = None if word in seen else first(data, at, found, skip)
                if where is not None:
                    seen[word] = where
            if at + len(data) >= end:
                break
            at += len(data) - OVERLAP
    os.close(fd)
    return seen


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        patterns = {word: writings(word) for word in f.read().split()}
    skip = []
    if len(sys.argv) > 3 and os.path.isfile(sys.argv[3]):
        with open(sys.argv[3], encoding="utf-8") as f:
            skip = [tuple(map(int, line.split())) for line in f]
    paths = [sys.argv[2]]
    if os.path.isdir(sys.argv[2]):
        paths = [os.path.join(d, f) for d, _, names in os.walk(sys.argv[2]) for f in names]
    for path in paths:
        if os.path.isfile(path) and not os.path.islink(path):
            for word, at in hits(path, patterns, skip).items():
                print(f"the template's {word} is in {path} at {at}")


main()

#!/usr/bin/env python3
"""Logs in on a guest's serial console as root and runs commands there, one after the other.

usage: console.py SOCKET COMMANDS
Prints for each command "$ COMMAND", what it printed, and "= STATUS". Exit 1 when one failed: the rest is then not run.
"""
import re
import socket
import sys

PASSWORD = "bench"


class Console:
    """A serial line, and what came from it and was not yet asked for."""

    def __init__(self, path):
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(path)
        self.text = ""

    def send(self, text):
        self.line.sendall(text.encode() + b"\n")

    def expect(self, pattern, seconds):
        """What comes before the pattern, and its match."""
        self.line.settimeout(seconds)
        while True:
            match = re.search(pattern, self.text)
            if match:
                before, self.text = self.text[: match.start()], self.text[match.end() :]
                return before, match
            data = self.line.recv(65536)
            if not data:
                raise ConnectionError("the console was closed")
            self.text += data.decode(errors="replace").replace("\r", "")

    def login(self):
        self.send("")
        self.expect("login: ", 60)
        self.send("root")
        self.expect("Password: ", 60)
        self.send(PASSWORD)
        self.expect(r"# ", 120)
        # The marks are taken apart in what is sent, so that an echo is not taken for the answer.
        self.send("stty -echo; PS1= PS2=; dmesg -n 1; export TERM=dumb; echo REA''DY")
        self.expect("READY\n", 60)

    def run(self, command):
        self.send(f"{{ {command}\n}} </dev/null 2>&1; echo EN''DED $?")
        said, match = self.expect(r"ENDED (\d+)\n", 1800)
        return said, int(match.group(1))


def main():
    console = Console(sys.argv[1])
    console.login()
    with open(sys.argv[2], encoding="utf-8") as f:
        commands = [line.strip() for line in f if line.strip()]
    for command in commands:
        said, status = console.run(command)
        print(f"$ {command}\n{said}= {status}", flush=True)
        if status:
            return 1
    return 0


try:
    sys.exit(main())
except (OSError, ConnectionError) as e:
    print(f"console: {e or 'no answer'}")
    sys.exit(1)

#!/bin/sh
# cloud-init's own examples: what is valid upstream passes, what is not fails with its line; networks of the same intent
# mean the same to cloud-init's renderers.
# usage: cloudinit.sh DATA BUILD-FOLDER
if ! /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
	echo "cloudinit: skipped, python3-yaml is missing" >&2
	exit 0
fi
exec /usr/bin/python3 "$(dirname "$0")/cloudinit.py" "$1" ./vmint

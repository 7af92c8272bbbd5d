#!/bin/sh
# What `make run` shows after building: this host's answer, and three clones of the sample template.
cd "$(dirname "$0")/.." || exit 2
./vmint probe
# "No" is a fine answer to have shown; only trouble is a failure.
[ $? -le 1 ] || exit 3
if [ ! -e build/sample.ova ]; then
	echo
	echo 'clones: skipped, build/sample.ova could not be built here (see above)'
	exit 0
fi
echo
echo '$ vmint clone build/sample.ova -n 3 -o build/fleet'
rm -rf build/fleet
./vmint clone build/sample.ova -n 3 -o build/fleet || exit 3
echo
echo '$ vmint verify build/fleet'
./vmint verify build/fleet || exit 3
echo
echo '$ vmint audit build/sample.ova build/fleet'
./vmint audit build/sample.ova build/fleet

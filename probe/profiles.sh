#!/bin/sh
# Turns the profile files into a C table of texts on standard output.
set -eu
printf '#include "probe/profile.h"\n\nconst struct profile_text profile_texts[] = {\n'
count=0
for pass in first rest; do
	for file; do
		id=$(basename "$file" .yaml)
		if [ "$id" = kvm ]; then [ $pass = first ] || continue; else [ $pass = rest ] || continue; fi
		printf '\t{"%s",\n' "$id"
		sed 's/[\\"]/\\&/g; s/	/\\t/g; s/^/\t "/; s/$/\\n"/' "$file"
		printf '\t , %s},\n' "$(wc -c <"$file")"
		count=$((count + 1))
	done
done
printf '};\n\nconst size_t nprofile_texts = %d;\n' $count

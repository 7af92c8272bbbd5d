/* The table of filesystems, host names and /etc/hosts: any bytes. */
#include "provision/places_edit.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct edit_names names = {"old", "example.com", "new", ""};
	const char *text = (const char *)data;
	struct arena a = {0};
	struct strbuf out = {0};
	struct fstab_entry *f;
	size_t n;

	fstab_parse(&a, text, size, &f, &n);
	if (n > FSTAB_MAX)
		abort();
	edit_hosts(text, size, &names, &out);
	out.len = 0;
	edit_hostname(text, size, &names, &out);
	out.len = 0;
	edit_name_words(text, size, &names, &out);
	strbuf_fini(&out);
	arena_fini(&a);
	return 0;
}

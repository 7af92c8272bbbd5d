/* Any names and contents: the image writers refuse or write, and write the same twice. */
#include "base/scope.h"
#include "cloud-init/carrier.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int (*const writers[])(const struct seed_files *, const char *, struct strbuf *,
			      struct err *) = {seed_iso, seed_vfat};

/* Records of: name length, name, contents length, contents. */
static size_t take(const uint8_t *data, size_t size, size_t *at, size_t most)
{
	size_t n;

	if (*at >= size)
		return 0;
	n = data[(*at)++] % (most + 1);
	return n > size - *at ? size - *at : n;
}

static void split(const uint8_t *data, size_t size, struct seed_files *files, struct arena *a)
{
	size_t at = 0;

	while (at < size && files->count < SEED_FILES_MAX) {
		struct seed_file *f = &files->items[files->count++];
		size_t n = take(data, size, &at, SEED_NAME_MAX + 2);

		f->name = arena_dupn(a, data + at, n);
		at += n;
		n = take(data, size, &at, 255);
		/* Some of them larger than a sector. */
		f->text = (struct seed_text){(const char *)data + at, n};
		at += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seed_files files = {0};
	struct arena a = {0};

	split(data, size, &files, &a);
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		struct strbuf one = {0}, two = {0};
		int r = writers[i](&files, SEED_LABEL, &one, NULL);

		if (r != writers[i](&files, SEED_LABEL, &two, NULL) || one.len != two.len ||
		    (one.len && memcmp(one.text, two.text, one.len) != 0))
			abort();
		strbuf_fini(&one);
		strbuf_fini(&two);
	}
	arena_fini(&a);
	return 0;
}

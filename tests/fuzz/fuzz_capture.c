/* Captures from anywhere: archives of all kinds, and the index alone (first byte '{'). */
#include "base/str.h"
#include "base/tree_archive.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything the top folder names, asked in every way. */
static void ask(struct tree *t)
{
	struct tree_names names;
	struct tree_stat st;
	const char *text;
	char path[300];

	if (tree_list(t, "/", &names) < 0)
		return;
	for (size_t i = 0; i < names.count && i < 32; i++) {
		snprintf(path, sizeof path, "/%s", names.names[i]);
		tree_stat(t, path, &st);
		tree_lstat(t, path, &st);
		tree_link(t, path, &text);
		tree_line(t, path, &text);
		tree_answer(t, names.names[i], NULL, NULL, &text);
		snprintf(path, sizeof path, "/%s/../%s/x", names.names[i], names.names[i]);
		tree_line(t, path, &text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree_stat st = {.mode = S_IFREG | 0644};
	struct tree *t = NULL;
	struct memory *m;
	struct err e = {0};

	if (size && *data == '{') {
		m = memory_new();
		memory_add(m, "root/a", &st, "x\n", 2);
		if (capture_read(&t, "x", m, (const char *)data, size, &e) < 0)
			memory_free(m);
	} else {
		tree_archive_parse(&t, "x", data, size, &e);
	}
	if (t)
		ask(t);
	tree_close(t);
	return 0;
}

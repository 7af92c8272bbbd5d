/* A host whose files hold anything: each line "PATH=TEXT" of the input is a file, "\x01" stands for a new line. */
#include "base/scope.h"
#include "probe/host.h"
#include "tests/memory_tree.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES_MAX = 32 };

static size_t split(char *text, struct memory_file *files)
{
	size_t n = 0;
	char *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line && n < FILES_MAX;
	     line = strtok_r(NULL, "\n", &save)) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		for (char *p = equals + 1; *p; p++)
			if (*p == '\1')
				*p = '\n';
		files[n++] = (struct memory_file){line, equals + 1, 0};
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct probe_options opt = {.trial = false};
	SCOPED(arena_fini) struct arena a = {0};
	SCOPED(strbuf_fini) struct strbuf words = {0};
	struct memory_file files[FILES_MAX];
	struct memory_tree m = {files, split(arena_dupn(&a, data, size), files)};
	struct tree *t = memory_tree_open(&m);
	struct host h = {.t = t, .a = tree_arena(t), .opt = &opt};

	place_area.gather(&h);
	hypervisors_area.gather(&h);
	hypervisors_words(&h, &words);
	place_nested_advice(&h);
	place_package_command(&h, "qemu-utils");
	tree_close(t);
	return 0;
}

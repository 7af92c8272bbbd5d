/* Reports from anywhere: two of them, split at the first NUL, compared with each other in every way. */
#include "base/json.h"
#include "probe/compare.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare_both(const struct side *sides, const char *model)
{
	struct arena a = {0};
	struct strbuf out = {0};
	struct comparison c;

	if (compare(&c, &a, sides, 2, model, NULL) == 0) {
		compare_text(&c, true, &out);
		compare_json(&c, &out);
	}
	strbuf_fini(&out);
	arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, '\0', size);
	size_t first = nul ? (size_t)(nul - data) : size;
	size_t second = nul ? size - first - 1 : size;
	json_t *a = json_parse((const char *)data, first, "a", NULL);
	json_t *b = json_parse((const char *)(nul ? nul + 1 : data), second, "b", NULL);
	struct side sides[2];

	if (a && b && side_init(&sides[0], "a", a, NULL) == 0 &&
	    side_init(&sides[1], "b", b, NULL) == 0) {
		compare_both(sides, NULL);
		compare_both(sides, "EPYC-Rome");
	}
	json_decref(a);
	json_decref(b);
	return 0;
}

/* dpkg's and apk's databases. */
#include "base/scope.h"
#include "probe/packages.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"qemu-utils", "a"};
	struct arena a = {0};
	struct strbuf out = {0};
	const char *text = arena_dupn(&a, data, size);

	packages_from_dpkg(text, names, ARRAY_SIZE(names), &out);
	packages_from_apk(text, names, ARRAY_SIZE(names), &out);
	packages_find(&a, strbuf_str(&out), "a");
	strbuf_fini(&out);
	arena_fini(&a);
	return 0;
}

/* Any text under every rule: scrubbing must end, stay a string, and be the same the second time. */
#include "base/tree_scrub.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const keys[] = {
	"/etc/passwd",
	"/etc/group",
	"/etc/hosts",
	"/etc/subuid",
	"/proc/self/cgroup",
	"/proc/self/mountinfo",
	"/proc/cmdline",
	"/sys/class/dmi/id/product_serial",
	"/sys/class/dmi/id/chassis_asset_tag",
	"/etc/hostname",
	"/sys/class/net/eth0/address",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scrub *s = scrub_new();

	for (size_t i = 0; i < sizeof keys / sizeof *keys && size < 4096; i++) {
		struct strbuf text = {0};

		strbuf_addn(&text, data, size);
		scrub_learn(s, 'r', keys[i], text.text, text.len);
		scrub_data(s, 'r', keys[i], &text);
		scrub_key(s, &text);
		if (text.text && text.text[text.len] != '\0')
			abort();
		strbuf_fini(&text);
		strbuf_addn(&text, data, size);
		strbuf_addc(&text, '\0');
		scrub_data(s, 'd', keys[i], &text);
		strbuf_fini(&text);
	}
	scrub_free(s);
	return 0;
}

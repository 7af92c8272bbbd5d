/* Network files and cloud-init's settings of a guest: any bytes, edited and looked into. */
#include "provision/network_files.h"
#include "provision/places_edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char spec[] =
		"name=ens3,mac=02:00:00:00:00:01,address=10.0.0.9/24,"
		"address=2001:db8::9/64,gateway=10.0.0.1,dns=10.0.0.2,search=x.org";
	const char *text = (const char *)data;
	struct seed_network n = {0};
	struct arena a = {0};
	struct strbuf out = {0}, again = {0};

	if (network_add(&a, &n, LINK_ETHERNET, spec, NULL) < 0)
		abort();
	network_is_static(text, size);
	for (size_t i = 0; i < 3; i++)
		interfaces_name(&a, text, size, i);
	/* What is there now says the address, and saying it again changes nothing. */
	if (edit_interfaces(text, size, &n.links[0], &out)) {
		if (!network_is_static(out.text, out.len))
			abort();
		edit_interfaces(out.text, out.len, &n.links[0], &again);
		if (again.len > out.len)
			abort();
	}
	out.len = again.len = 0;
	edit_ifcfg(text, size, &n.links[0], &out);
	edit_ifcfg(out.text, out.len, &n.links[0], &again);
	if (again.len != out.len || memcmp(again.text, out.text, out.len) != 0)
		abort();
	out.len = again.len = 0;
	/* A list that got NoCloud has it. */
	if (edit_datasources(text, size, &out) && edit_datasources(out.text, out.len, &again))
		abort();
	out.len = 0;
	edit_identify_policy(text, size, &out);
	strbuf_fini(&out);
	strbuf_fini(&again);
	arena_fini(&a);
	return 0;
}

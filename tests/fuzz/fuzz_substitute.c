/* Any text with variables: values put in, or a sentence; and options of interfaces and users, which are lists of names
 * and values. */
#include "cloud-init/config.h"
#include "cloud-init/network.h"
#include "cloud-init/substitute.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seed_variables v = {0};
	struct seed_network n = {0};
	struct seed_config c = {0};
	struct seed_text out;
	struct arena a = {0};
	const char *spec = arena_dupn(&a, data, size);

	seed_variable_set(&a, &v, "name", "web-1");
	seed_variable_set(&a, &v, "ip0", "${name}$$");
	seed_substitute(&a, &v, (struct seed_text){.bytes = (const char *)data, .size = size}, &out,
			NULL);
	for (int kind = LINK_ETHERNET; kind <= LINK_VLAN; kind++)
		network_add(&a, &n, (enum link_kind)kind, spec, NULL);
	network_settle(&n);
	for (unsigned version = 1; version <= 2; version++)
		network_write(&a, &n, version, &out, NULL);
	if (config_add_user(&a, &c, spec, NULL) == 0)
		config_write(&a, &c, &out);
	arena_fini(&a);
	return 0;
}

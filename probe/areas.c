/* The one visible list of areas, in the order they are gathered. */
#include "probe/host.h"

#include "base/scope.h"

/* One a line, so that two people can add one each. */
/* clang-format off */
const struct area *const areas[] = {
	&kernel_area,
	&cpu_area,
	&kvm_area,
	&isolation_area,
	&memory_area,
	&place_area,
	&hypervisors_area,
	&network_area,
	&storage_area,
	&devices_area,
	&security_area,
	&confidential_area,
	&tools_area,
};
/* clang-format on */

const size_t nareas = ARRAY_SIZE(areas);

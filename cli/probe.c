/* vmint probe: gathers, judges, prints. */
#include "cli/verb.h"

#include "probe/host.h"

static int run(int argc, char **argv, struct err *e)
{
	(void)argc;
	(void)argv;
	(void)e;
	return STATUS_OK;
}

const struct verb verb_probe = {
	.name = "probe",
	.summary = "can this host run virtual machines, and if not, what stands in the way",
	.run = run,
};

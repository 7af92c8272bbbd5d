/* --engines auto or native. */
#include "cli/engines.h"

#include "base/str.h"
#include "provision/appliance.h"

#include <errno.h>

int engines_choose(const char *word, struct err *e)
{
	if (!word || str_eq(word, "auto"))
		return 0;
	if (!str_eq(word, "native"))
		return err_set(e, EINVAL, "--engines %s: auto or native", word);
	appliance_forbid();
	return 0;
}

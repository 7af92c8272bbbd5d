/* --fill-key-pool: RSA host keys made ahead. */
#include "cli/clone_show.h"

#include "base/str.h"
#include "provision/sshkey.h"

#include <errno.h>
#include <stdlib.h>

const char *clone_key_pool(struct arena *a, const char *asked)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (asked)
		return asked;
	if (state && *state == '/')
		return arena_printf(a, "%s/vmint/rsa-keys", state);
	if (home && *home == '/')
		return arena_printf(a, "%s/.local/state/vmint/rsa-keys", home);
	return NULL;
}

struct reporting {
	const struct clone_options *o;
};

static int report(void *ctx, size_t done, size_t total)
{
	const struct clone_options *o = ((struct reporting *)ctx)->o;

	return o->progress ? o->progress(o->ctx, "keys", done, total) : 0;
}

int clone_fill_keys(const struct clone_options *o, size_t want, size_t *made, size_t *have,
		    struct err *e)
{
	struct reporting rep = {o};
	struct ssh_key_fill f = {.want = want, .progress = report, .ctx = &rep};
	int r = o->key_pool ? ssh_key_pool_fill(o->key_pool, &f, e)
			    : err_set(e, EINVAL, "no place for keys: HOME is not set (--key-pool)");

	*made = f.made;
	*have = f.have;
	return r;
}

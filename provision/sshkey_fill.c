/* Making RSA keys ahead, with all processors, into the folder of a pool. */
#include "provision/sshkey_pool.h"

#include "base/digest.h"
#include "base/pool.h"
#include "base/scope.h"
#include "base/sys.h"
#include "provision/sshkey.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

enum { FILL_THREADS = 64, NAME = 48 };

struct filling {
	struct ssh_key_fill *f;
	const char *folder;
	int dir;
	size_t begun, done, missing;
};

static int make_folders(const char *folder, struct err *e)
{
	char path[PATH_MAX];
	int r = 0;

	if (strlen(folder) >= sizeof path)
		return err_set(e, ENAMETOOLONG, "%.60s...: the path is too long", folder);
	strcpy(path, folder);
	for (char *slash = path + 1; r == 0 || r == -EEXIST; slash++) {
		slash += strcspn(slash, "/");
		char was = *slash;

		*slash = '\0';
		r = sys_mkdirat(AT_FDCWD, path, 0700);
		*slash = was;
		if (!was)
			break;
	}
	return r < 0 && r != -EEXIST ? err_sys(e, r, "%s", folder) : 0;
}

/* Under the lock every unfinished file is of a run that died. */
static void sweep(int dir)
{
	SCOPED(strbuf_fini) struct strbuf names = {0};

	if (sys_list(dir, &names, POOL_KEYS_MAX) < 0)
		return;
	for (size_t at = 0; at < names.len; at += strlen(names.text + at) + 1)
		if (str_ends(names.text + at, POOL_PART))
			sys_unlinkat(dir, names.text + at, 0);
}

/* ---- the pipeline ---- */

static int produce(void *ctx, void *slot, struct err *e)
{
	struct filling *x = ctx;

	(void)slot;
	(void)e;
	return x->begun < x->missing ? (x->begun++, 1) : 0;
}

static int write_file(int dir, const char *name, const struct strbuf *text)
{
	SCOPED(close_at)
	int fd = sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	int r = fd < 0 ? fd : sys_write(fd, text->text, text->len);

	if (r == 0)
		r = sys_sync(fd);
	return r == 0 ? sys_close(TAKE_FD(fd)) : r;
}

static int keep(const struct filling *x, const struct ssh_key *k, struct err *e)
{
	SCOPED(strbuf_fini) struct strbuf text = {0};
	char part[NAME], name[NAME], hex[33];
	uint8_t salt[16];
	int r = sys_random(salt, sizeof salt);

	hex_format(salt, sizeof salt, hex);
	snprintf(part, sizeof part, "%s" POOL_PART, hex);
	snprintf(name, sizeof name, "%s" POOL_SUFFIX, hex);
	strbuf_printf(&text, "%s%s\n", k->private_text, k->line);
	if (r == 0)
		r = write_file(x->dir, part, &text);
	if (r == 0)
		r = sys_renameat(x->dir, part, x->dir, name);
	if (r < 0)
		sys_unlinkat(x->dir, part, 0);
	explicit_bzero(text.text, text.len);
	return r < 0 ? err_sys(e, r, "%s", x->folder) : 0;
}

static int work(void *ctx, void *slot, struct err *e)
{
	SCOPED(arena_fini) struct arena mem = {0};
	struct ssh_key k;
	int r = ssh_key_make(&mem, SSH_RSA, "", &k, e);

	(void)slot;
	if (r == 0) {
		r = keep(ctx, &k, e);
		explicit_bzero((char *)k.private_text, strlen(k.private_text));
	}
	return r;
}

static int consume(void *ctx, void *slot, struct err *e)
{
	struct filling *x = ctx;

	(void)slot;
	(void)e;
	x->done++;
	return x->f->progress ? x->f->progress(x->f->ctx, x->done, x->missing) : 0;
}

int ssh_key_pool_fill(const char *folder, struct ssh_key_fill *f, struct err *e)
{
	static const struct pipeline stages = {produce, work, consume};
	static char slots[FILL_THREADS * 2];
	void *ring[FILL_THREADS * 2];
	unsigned threads = pool_threads(FILL_THREADS);
	SCOPED(strbuf_fini) struct strbuf names = {0};
	struct filling x = {.f = f, .folder = folder};
	int r = f->want > POOL_KEYS_MAX ? err_set(e, EINVAL, "%zu keys are too many", f->want)
					: make_folders(folder, e);

	SCOPED(close_at) int dir = r < 0 ? r : pool_folder_open(folder, e);
	if (dir < 0)
		return dir;
	x.dir = dir;
	r = sys_lock(dir, 1);
	if (r < 0)
		return err_sys(e, r, "%s", folder);
	sweep(dir);
	r = pool_list(dir, folder, &names, &f->have, e);
	x.missing = f->want > f->have ? f->want - f->have : 0;
	for (size_t i = 0; i < threads * 2; i++)
		ring[i] = &slots[i];
	if (r == 0)
		r = pipeline_run(&stages, &x, ring, threads * 2, threads, e);
	f->made = x.done;
	f->have += x.done;
	if (r == 0 && x.done)
		r = sys_sync(dir) < 0 ? err_sys(e, EIO, "%s", folder) : 0;
	return r;
}

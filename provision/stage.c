/* Staging names, whole files, removal of leftovers. */
#include "provision/stage.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { ENTRIES_MAX = 2000000, DEPTH_MAX = 8 };

static const char prefix[] = ".stage-";

void stage_name(char out[STAGE_NAME])
{
	uint8_t raw[16] = {0};

	/* Without it names can be guessed, but O_EXCL still keeps others out. */
	if (sys_random(raw, sizeof raw) < 0)
		memset(raw, 0x5a, sizeof raw);
	memcpy(out, prefix, sizeof prefix);
	hex_format(raw, sizeof raw, out + sizeof prefix - 1);
}

const char *stage_path(struct arena *a, const char *folder)
{
	char name[STAGE_NAME];

	stage_name(name);
	return arena_printf(a, "%s%s", folder, name);
}

bool stage_is_ours(const char *name)
{
	return str_starts(name, prefix) && strlen(name) == STAGE_NAME - 1;
}

static int fill(int fd, const void *data, size_t n, mode_t mode, bool sync)
{
	int r = sys_write(fd, data, n);

	if (r == 0)
		r = sys_chmod(fd, mode);
	if (r == 0 && sync)
		r = sys_sync(fd);
	return r;
}

int stage_write(int dir, const char *path, const void *data, size_t n, mode_t mode, bool sync,
		struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct arena a = {0};
	const char *staged = stage_path(
		&a, slash ? arena_printf(&a, "%.*s", (int)(slash - path + 1), path) : "");
	int fd = sys_openat(dir, staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600), r = fd;

	if (fd >= 0) {
		r = fill(fd, data, n, mode, sync);
		r = r < 0 ? close(fd), r : sys_close(fd);
		if (r == 0)
			r = sys_renameat(dir, staged, dir, path);
		if (r < 0)
			sys_unlinkat(dir, staged, 0);
	}
	arena_fini(&a);
	return r < 0 ? err_sys(e, r, "%s", path) : 0;
}

/* ---- removal ---- */

struct level {
	int fd;
	struct strbuf names;
	size_t at;
	char name[256];
};

static int level_open(struct level *l, int dir, const char *name)
{
	l->fd = sys_openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (l->fd < 0)
		return l->fd;
	snprintf(l->name, sizeof l->name, "%s", name);
	return sys_list(l->fd, &l->names, ENTRIES_MAX);
}

static void level_close(struct level *l)
{
	if (l->fd >= 0)
		close(l->fd);
	strbuf_fini(&l->names);
	*l = (struct level){.fd = -1};
}

/* The next entry of the deepest level goes; folders open another level. */
static int remove_step(struct level *levels, size_t *depth, int dir)
{
	struct level *l = &levels[*depth - 1];
	const char *name = l->names.text + l->at;
	int r;

	if (l->at >= l->names.len) {
		char own[256];

		memcpy(own, l->name, sizeof own);
		level_close(l);
		*depth -= 1;
		return sys_unlinkat(*depth ? levels[*depth - 1].fd : dir, own, AT_REMOVEDIR);
	}
	l->at += strlen(name) + 1;
	r = sys_unlinkat(l->fd, name, 0);
	if (r != -EISDIR && r != -EPERM)
		return r;
	if (*depth == DEPTH_MAX)
		return -ELOOP;
	*depth += 1;
	return level_open(&levels[*depth - 1], l->fd, name);
}

int stage_remove(int dir, const char *name, struct err *e)
{
	struct level levels[DEPTH_MAX] = {0};
	size_t depth = 1;
	int r = sys_unlinkat(dir, name, 0);

	if (r == -ENOENT || r == 0)
		return 0;
	if (r != -EISDIR && r != -EPERM)
		return err_sys(e, r, "removing %s", name);
	for (size_t i = 0; i < DEPTH_MAX; i++)
		levels[i].fd = -1;
	r = level_open(&levels[0], dir, name);
	while (r == 0 && depth > 0)
		r = remove_step(levels, &depth, dir);
	while (depth > 0)
		level_close(&levels[--depth]);
	return r < 0 ? err_sys(e, r, "removing %s", name) : 0;
}

int stage_sweep(int dir, struct err *e)
{
	struct strbuf names = {0};
	int r = sys_list(dir, &names, ENTRIES_MAX);

	if (r < 0)
		err_sys(e, r, "looking for what earlier runs left");
	for (const char *n = strbuf_str(&names); r == 0 && n < names.text + names.len;
	     n += strlen(n) + 1)
		if (stage_is_ours(n))
			r = stage_remove(dir, n, e);
	strbuf_fini(&names);
	return r;
}

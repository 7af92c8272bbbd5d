/* A name that goes leaves its bytes in its folder's block where the filesystem does not wipe them: XFS. A folder that lost
 * names with an identity in them is made anew, and its old blocks are given back with all that is freed. */
#include "provision/guestfs_remote_folder.h"

#include "base/arena.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/guestfs_remote.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A folder smaller than INLINE_MAX has no block: its names stand in the inode, which is written whole. */
enum {
	INLINE_MAX = 2048,
	NAMES_MAX = 4096,
	ID_DIGITS = 32,
	VALUE_MAX = 4096,
};

/* What a folder has besides owner, mode and times. */
static const char *const attributes[] = {
	"security.selinux",
	"system.posix_acl_access",
	"system.posix_acl_default",
};

bool remote_name_has_id(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t digits = 0;

	for (name = name ? name : path; *name; name++)
		digits += isxdigit((unsigned char)*name) ? 1 : 0;
	return digits >= ID_DIGITS;
}

int remote_copy_attribute(guestfs_h *g, const char *name, const char *from, const char *to)
{
	size_t n = 0;
	char *value = guestfs_lgetxattr(g, from, name, &n);
	int r = value && n < VALUE_MAX ? guestfs_lsetxattr(g, name, value, (int)n, to) : 0;

	free(value);
	return r;
}

static int copy_attributes(guestfs_h *g, const char *from, const char *to)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(attributes) && r == 0; i++)
		r = remote_copy_attribute(g, attributes[i], from, to);
	return r;
}

static int move_names(guestfs_h *g, const char *from, const char *to, char *const *names,
		      struct arena *a)
{
	int r = 0;

	for (size_t i = 0; names[i] && r == 0; i++)
		r = guestfs_rename(g, arena_printf(a, "%s/%s", from, names[i]),
				   arena_printf(a, "%s/%s", to, names[i]));
	return r;
}

static int replace_folder(guestfs_h *g, const char *path, char *const *names,
			  const struct guestfs_statns *s)
{
	SCOPED(arena_fini) struct arena a = {0};
	const char *new = arena_printf(&a, "%s.vmint-new", path);
	int r = guestfs_mkdir_mode(g, new, 0700);

	if (r == 0)
		r = guestfs_lchown(g, (int)s->st_uid, (int)s->st_gid, new);
	if (r == 0)
		r = guestfs_chmod(g, (int)(s->st_mode & 07777), new);
	if (r == 0)
		r = copy_attributes(g, path, new);
	if (r == 0)
		r = move_names(g, path, new, names, &a);
	if (r == 0)
		r = guestfs_rmdir(g, path);
	if (r == 0)
		r = guestfs_rename(g, new, path);
	if (r == 0)
		r = guestfs_utimens(g, path, s->st_atime_sec, s->st_atime_nsec, s->st_mtime_sec,
				    s->st_mtime_nsec);
	return r;
}

int remote_renew_folder(guestfs_h *g, const char *path)
{
	struct guestfs_statns *s = guestfs_lstatns(g, path);
	char **names = s && s->st_size >= INLINE_MAX ? guestfs_ls(g, path) : NULL;
	size_t n = 0;
	int r = 0;

	while (names && names[n])
		n++;
	if (n && n <= NAMES_MAX)
		r = replace_folder(g, path, names, s);
	remote_free_names(names);
	if (s)
		guestfs_free_statns(s);
	return r;
}

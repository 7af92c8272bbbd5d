/* A seed as a folder of files. */
#include "cloud-init/carrier.h"

#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

/* Files of an earlier seed that this one does not have. */
static int remove_stale(const char *folder, const struct seed_files *files, struct err *e)
{
	static const char *const names[] = {"meta-data", "network-config", "user-data",
					    "vendor-data"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[PATH_MAX];
		bool ours = false;
		int r;

		for (size_t j = 0; j < files->count; j++)
			ours |= str_eq(files->items[j].name, names[i]);
		if (ours || snprintf(path, sizeof path, "%s/%s", folder, names[i]) >= PATH_MAX)
			continue;
		r = sys_unlinkat(AT_FDCWD, path, 0);
		if (r < 0 && r != -ENOENT)
			return err_sys(e, r, "%s", path);
	}
	return 0;
}

int seed_folder(const char *folder, const struct seed_files *files, struct err *e)
{
	int r = seed_check_names(files, e);

	if (r < 0)
		return r;
	r = sys_mkdirat(AT_FDCWD, folder, 0700);
	if (r < 0 && r != -EEXIST)
		return err_sys(e, r, "%s", folder);
	r = remove_stale(folder, files, e);
	/* meta-data, the first, is written last: without it there is no seed. */
	for (size_t i = files->count; r >= 0 && i-- > 0;) {
		const struct seed_file *f = &files->items[i];
		char path[PATH_MAX];

		if (snprintf(path, sizeof path, "%s/%s", folder, f->name) >= PATH_MAX)
			return err_sys(e, ENAMETOOLONG, "%s", folder);
		r = sys_write_whole(path, f->text.bytes, f->text.size, 0600);
		if (r < 0)
			err_sys(e, r, "%s", path);
	}
	return r;
}

/* Whose a cluster is. */
#include "provision/fat.h"

#include "base/str.h"

enum { FOLDERS_MAX = 1 << 16 };

struct owning {
	struct fat *x;
	struct arena *a;
	struct guest_owner *list;
	size_t n;
};

struct folder {
	uint32_t first;
	const char *path;
};

static void take_chain(struct owning *w, uint32_t cluster, uint64_t size, const char *path)
{
	for (uint64_t at = 0, seen = 0; fat_exists(w->x, cluster) && seen <= w->x->clusters;
	     at += w->x->cluster, seen++) {
		uint64_t from = fat_offset(w->x, cluster);

		for (size_t i = 0; i < w->n; i++) {
			struct guest_owner *o = &w->list[i];

			if (o->off < from || o->off - from >= w->x->cluster)
				continue;
			o->space = GUEST_SPACE_FILE;
			o->path = path;
			o->slack = size && at + (o->off - from) >= size;
		}
		if (fat_next(w->x, cluster, &cluster, NULL) < 0)
			return;
	}
}

static void take_names(struct owning *w)
{
	struct folder *folders = NULL;
	size_t n = 0, room = 0;

	ARENA_GROW(w->a, folders, n, room);
	folders[n++] = (struct folder){w->x->root, ""};
	take_chain(w, w->x->root, 0, "/");
	for (size_t i = 0; i < n && n < FOLDERS_MAX; i++) {
		struct fat_dir d;
		struct fat_entry entry;
		size_t at = 0;

		if (fat_dir_open(w->x, folders[i].first, &d, NULL) < 0)
			continue;
		while (fat_dir_next(&d, &at, &entry)) {
			const char *path = arena_printf(w->a, "%s/%s", folders[i].path, entry.name);
			bool folder = entry.attr & FAT_ATTR_DIR;

			take_chain(w, entry.cluster, folder ? 0 : entry.size, path);
			if (!folder || !entry.cluster)
				continue;
			ARENA_GROW(w->a, folders, n, room);
			folders[n++] = (struct folder){entry.cluster, path};
		}
		fat_dir_close(&d);
	}
}

int fat_owners(struct guest_fs *fs, struct arena *a, struct guest_owner *list, size_t n, bool names,
	       struct err *e)
{
	struct fat *x = (struct fat *)fs;
	struct owning w = {x, a, list, n};
	int r = fat_table_load(x, e);

	for (size_t i = 0; r == 0 && i < n; i++) {
		uint64_t off = list[i].off;
		uint32_t cluster =
			off < x->data_at ? 0 : (uint32_t)((off - x->data_at) / x->cluster) + 2;
		bool free =
			off >= x->data_at && (!fat_exists(x, cluster) || fat_is_free(x, cluster));

		list[i].space = free ? GUEST_SPACE_FREE : GUEST_SPACE_META;
		list[i].path = "";
		list[i].slack = false;
	}
	if (r == 0 && names)
		take_names(&w);
	return r;
}

/* Opening a guest: its volumes, each filesystem when it is first asked for. */
#include "provision/guest_parts.h"

#include "base/scope.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int guest_open(struct guest **out, struct arena *a, struct disk **disks, size_t n, struct err *e)
{
	struct guest *g = xcalloc(1, sizeof *g);
	int r;

	g->a = a;
	g->root = SIZE_MAX;
	r = storage_open(&g->storage, a, disks, n, e);
	if (r < 0) {
		free(g);
		return r;
	}
	g->fs = arena_alloc(a, g->storage.nvolumes * sizeof(struct guest_fs *));
	g->tried = arena_alloc(a, g->storage.nvolumes * sizeof *g->tried);
	g->refusal = arena_alloc(a, g->storage.nvolumes * sizeof(const char *));
	*out = g;
	return 0;
}

void guest_close(struct guest *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->storage.nvolumes; i++)
		guest_fs_close(g->fs[i]);
	storage_close(&g->storage);
	free(g);
}

struct guest_fs *guest_volume(struct guest *g, size_t volume)
{
	struct volume *v = &g->storage.volumes[volume];
	struct err e = {0};

	if (g->tried[volume])
		return g->fs[volume];
	g->tried[volume] = true;
	if (!v->type || !*v->type)
		return NULL;
	if (guest_fs_open(v->data, v->type, &g->fs[volume], &e) < 0) {
		g->fs[volume] = NULL;
		g->refusal[volume] = arena_dup(g->a, e.text);
	}
	return g->fs[volume];
}

bool guest_reads(struct guest *g, size_t volume)
{
	struct guest_fs *fs = guest_volume(g, volume);

	return fs && guest_fs_has_files(fs);
}

void guest_list_add(struct arena *a, struct guest_list *l, const char *text)
{
	ARENA_GROW(a, l->items, l->n, l->room);
	l->items[l->n++] = text;
}

void guest_warn(struct guest *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	guest_list_add(g->a, &g->warnings, arena_vprintf(g->a, fmt, ap));
	va_end(ap);
	g->facts.warnings = g->warnings.items;
	g->facts.nwarnings = g->warnings.n;
}

const struct guest_facts *guest_facts(struct guest *g)
{
	if (!g->looked) {
		g->looked = true;
		guest_mounts_find(g);
		guest_facts_gather(g);
	}
	return &g->facts;
}

void guest_share(struct guest *g, const struct guest *from)
{
	memcpy(g->mounts, from->mounts, sizeof g->mounts);
	g->nmounts = from->nmounts;
	g->root = from->root;
	g->root_disk = from->root_disk;
	g->lost_boot = from->lost_boot;
	g->looked = from->looked;
	g->facts = from->facts;
	g->survey = from->survey;
	/* A list that is full is copied by who adds to it. */
	g->warnings = from->warnings;
	g->warnings.room = g->warnings.n;
}

const char *guest_action_name(enum guest_action a)
{
	static const char *const names[] = {"changed", "removed", "kept", "refused"};

	return (size_t)a < ARRAY_SIZE(names) ? names[a] : "";
}

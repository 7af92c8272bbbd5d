/* A search of the guest's other files for old ids: text is rewritten, anything else pins the id. */
#include "provision/guest_survey.h"

#include "base/scope.h"

#include <string.h>
#include <sys/stat.h>

enum { SEARCH_ENTRIES = 60000, SEARCH_BYTES = 256 << 20, SEARCH_DEPTH = 24 };

static const struct place other_text = {"other-reference", {"/"}, PLACE_REWRITE,
					EDIT_REFS,         false, "an id that is nowhere any more"};

/* Where configuration and state stand; how large a file may be. */
static const struct {
	const char *path;
	size_t limit;
} roots[] = {
	{"/etc", 1 << 20},
	{"/boot", 8 << 20},
	{"/usr/local/etc", 1 << 20},
	{"/var/lib", 64 << 10},
};

/* Package databases, caches, and other people's trees: no machine's identity, and much of it. */
static const char *const skipped[] = {
	"/var/lib/dpkg",
	"/var/lib/apt",
	"/var/lib/docker",
	"/var/lib/containerd",
	"/var/lib/rpm",
	"/var/lib/containers",
	"/var/lib/snapd",
	"/var/lib/flatpak",
	"/var/lib/cloud",
	"/var/lib/ucf",
	"/var/lib/dnf",
	"/var/lib/mlocate",
	"/etc/ssl/certs",
	"/etc/alternatives",
	"/var/lib/kubelet",
	"/boot/grub/locale",
	"/var/lib/systemd/catalog",
	"/boot/grub/fonts",
};

struct search {
	struct guest *g;
	struct guest_survey *s;
	struct arena mem; /* of one folder or file */
	struct guest_list folders;
	size_t limit, entries;
	uint64_t bytes;
};

static bool is_skipped(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		if (str_eq(path, skipped[i]))
			return true;
	return false;
}

/* Files with an editor of their own are done with, kernels hold no ids of ours. */
static bool is_known(const struct guest_survey *s, const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	if (str_starts(name, "vmlinuz") || str_starts(name, "System.map") || str_ends(name, ".mod"))
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (s->found[i].place->editor != EDIT_NONE && str_eq(s->found[i].path, path) &&
		    (s->found[i].data || s->found[i].place->editor == EDIT_INITRD))
			return true;
	return false;
}

static void search_file(struct search *w, const struct guest_spot *spot)
{
	const char *data = NULL;
	struct ref_hit hit;
	size_t len = 0;

	if (spot->st.size > w->limit || w->bytes + spot->st.size > SEARCH_BYTES ||
	    is_known(w->s, spot->path))
		return;
	w->bytes += spot->st.size;
	if (guest_fs_read(spot->fs, &w->mem, spot->inner, w->limit, &data, &len, NULL) < 0 ||
	    !guest_survey_hit(w->s, data, len, 0, &hit))
		return;
	if (text_is_plain(data, len))
		guest_survey_add(w->g, w->s, &other_text, spot->path);
	else
		guest_survey_pin_all(w->g, w->s, arena_dup(w->s->a, spot->path), data, len,
				     "is no text that could be edited");
}

static size_t depth_of(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

static void search_folder(struct search *w, const char *folder)
{
	struct guest_names names;
	struct guest_spot spot;

	guest_names_of(w->g, &w->mem, folder, &names);
	for (size_t i = 0; i < names.count && w->entries < SEARCH_ENTRIES; i++) {
		const char *path = arena_printf(&w->mem, "%s/%s", folder, names.names[i]);

		w->entries++;
		if (is_skipped(path) || guest_find(w->g, path, false, &spot) < 0)
			continue;
		if (S_ISREG(spot.st.mode))
			search_file(w, &spot);
		else if (S_ISDIR(spot.st.mode) && depth_of(path) < SEARCH_DEPTH)
			guest_list_add(w->s->a, &w->folders, arena_dup(w->s->a, path));
	}
	arena_fini(&w->mem);
	w->mem = (struct arena){0};
}

void guest_search(struct guest *g, struct guest_survey *s)
{
	struct search w = {.g = g, .s = s};

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		w.limit = roots[i].limit;
		w.folders.n = 0;
		guest_list_add(s->a, &w.folders, roots[i].path);
		for (size_t k = 0; k < w.folders.n; k++)
			search_folder(&w, w.folders.items[k]);
	}
	if (w.entries >= SEARCH_ENTRIES)
		guest_warn(g, "the search for old ids stopped after %d files", SEARCH_ENTRIES);
}

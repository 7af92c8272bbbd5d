/* The seed in a clone's folder. */
#include "provision/clone_guest.h"
#include "provision/clone_write.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <string.h>

/* For an HTTP server, or a share that the hypervisor hands on. */
static int write_folder(struct clone_writing *w, struct err *e)
{
	const struct seed_files *files = &w->seed.files;
	int r = sys_mkdirat(w->dir, "seed", 0700);

	if (r < 0)
		return err_sys(e, r, "%s/seed", w->c->name);
	for (size_t i = 0; r == 0 && i < files->count; i++)
		r = clone_add_file(w, arena_printf(&w->a, "seed/%s", files->items[i].name),
				   files->items[i].text.bytes, files->items[i].text.size, 0600, e);
	return r;
}

static const char *text_of(struct clone_writing *w, const char *name)
{
	const struct seed_files *files = &w->seed.files;

	for (size_t i = 0; i < files->count; i++)
		if (str_eq(files->items[i].name, name))
			return arena_dupn(&w->a, files->items[i].text.bytes,
					  files->items[i].text.size);
	return NULL;
}

static void tell_targets(struct clone_writing *w, struct vm *vm)
{
	const struct clone_seed *s = &w->seed;
	struct vm_setting *settings =
		arena_alloc(&w->a, (s->guestinfo.count + 1) * sizeof *settings);

	for (size_t i = 0; i < s->guestinfo.count; i++)
		settings[i] = (struct vm_setting){s->guestinfo.items[i].name,
						  s->guestinfo.items[i].value};
	vm->seed = s->file;
	vm->seed_is_disk = s->file && str_ends(s->file, ".img");
	vm->serial = s->serial;
	vm->strings = s->strings.items;
	vm->nstrings = s->strings.count;
	vm->guestinfo = settings;
	vm->nguestinfo = s->guestinfo.count;
	/* An OVF environment is no NoCloud seed. */
	if (s->file && !vm->seed_is_disk && clone_guests_carrier(w->guests) == CARRY_ISO) {
		vm->user_data = text_of(w, "user-data");
		vm->network_data = text_of(w, "network-config");
	}
}

int clone_write_seed(struct clone_writing *w, struct vm *vm, struct err *e)
{
	enum carry carrier = clone_guests_carrier(w->guests);
	int r = 0;

	if (w->seed.file)
		r = clone_add_file(w, w->seed.file, w->seed.image.bytes, w->seed.image.size, 0600,
				   e);
	if (r == 0 && (carrier == CARRY_DIR || carrier == CARRY_SERIAL))
		r = write_folder(w, e);
	if (r == 0)
		tell_targets(w, vm);
	return r;
}

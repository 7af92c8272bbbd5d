/* A clone's folder: disks, then descriptions, then identity.json, which lists the others. */
#include "provision/clone_write.h"
#include "provision/clone_guest.h"
#include "provision/storage.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/disk_overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { PART = 1 << 18 };

/* ---- files ---- */

/* own: bytes it takes that are no other file's. */
static void list_file(struct clone_writing *w, const char *name, uint64_t size, uint64_t own,
		      const uint8_t *sha256)
{
	json_t *row = json_object();
	char hex[65];

	json_set_text(row, "file", name);
	json_object_set_new(row, "size", json_integer((json_int_t)size));
	if (sha256) {
		hex_format(sha256, 32, hex);
		json_set_text(row, "sha256", hex);
	}
	json_array_append_new(w->files, row);
	w->bytes += own;
}

int clone_add_file(struct clone_writing *w, const char *name, const void *data, size_t n,
		   mode_t mode, struct err *e)
{
	SCOPED(close_at)
	int fd = sys_openat(w->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	uint8_t raw[32];
	int r = fd < 0 ? fd : sys_write(fd, data, n);

	if (r == 0 && w->sync)
		r = sys_sync(fd);
	if (r == 0)
		r = sys_close(TAKE_FD(fd));
	if (r < 0)
		return err_sys(e, r, "%s/%s", w->c->name, name);
	r = digest_of(DIGEST_SHA256, data, n, raw, e);
	if (r == 0)
		list_file(w, name, n, n, raw);
	return r;
}

static int read_back(int fd, uint64_t size, uint8_t raw[32], struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(PART);
	struct digest d;
	int r = digest_init(&d, DIGEST_SHA256, e);

	for (uint64_t at = 0; r == 0 && at < size;) {
		ssize_t got = sys_pread(fd, buf, PART, at);

		if (got <= 0)
			r = err_sys(e, got < 0 ? (int)got : -EIO, "reading back");
		else
			r = digest_add(&d, buf, (size_t)got, e);
		at += got > 0 ? (uint64_t)got : 0;
	}
	if (r == 0)
		r = digest_final(&d, raw, e);
	digest_fini(&d);
	return r;
}

/* Holes take nothing. */
static uint64_t taken(const struct stat *st)
{
	uint64_t blocks = (uint64_t)st->st_blocks * 512, size = (uint64_t)st->st_size;

	return blocks < size ? blocks : size;
}

int clone_list_file(struct clone_writing *w, const char *name, int fd, bool digest, struct err *e)
{
	uint8_t raw[32];
	struct stat st;
	int r = sys_fstat(fd, &st);

	if (r == 0 && w->sync)
		r = sys_sync(fd);
	if (r < 0)
		return err_sys(e, r, "%s/%s", w->c->name, name);
	if (digest)
		r = read_back(fd, (uint64_t)st.st_size, raw, e);
	if (r == 0)
		list_file(w, name, (uint64_t)st.st_size, taken(&st), digest ? raw : NULL);
	return r;
}

int clone_list_shared(struct clone_writing *w, const char *name, int fd, uint64_t own,
		      struct err *e)
{
	struct stat st;
	int r = sys_fstat(fd, &st);

	if (r == 0 && w->sync)
		r = sys_sync(fd);
	if (r < 0)
		return err_sys(e, r, "%s/%s", w->c->name, name);
	list_file(w, name, (uint64_t)st.st_size, own, NULL);
	w->shared = true;
	return 0;
}

/* ---- the machine as its descriptions see it ---- */

static const char *uuid_text(struct arena *a, const struct uuid *u)
{
	char *text = arena_alloc(a, UUID_TEXT);

	uuid_format(u, text);
	return text;
}

/* machine-id(5): 32 hex digits without hyphens. */
static const char *machine_id_text(struct arena *a, const struct uuid *u)
{
	char *text = arena_alloc(a, 33);

	hex_format(u->bytes, sizeof u->bytes, text);
	return text;
}

static struct vm_nic *describe_nics(struct clone_writing *w)
{
	const struct plan *p = w->p;
	struct vm_nic *nics = arena_alloc(&w->a, (p->nnics + 1) * sizeof *nics);

	for (size_t i = 0; i < p->nnics; i++) {
		const struct spec_network *n =
			i < p->spec->nnetworks ? &p->spec->networks[i] : NULL;
		const struct source_nic *was = i < p->source->nnics ? &p->source->nics[i] : NULL;
		char *mac = arena_alloc(&w->a, MAC_TEXT);

		mac_format(w->c->macs[i], mac);
		nics[i] = (struct vm_nic){
			.mac = mac,
			.model = n && n->model ? n->model
				 : was         ? was->model
					       : "virtio",
			.network = n ? n->network : NULL,
			.bridge = n ? n->bridge : NULL,
		};
	}
	return nics;
}

static int describe_disks(struct clone_writing *w, struct vm *vm, struct err *e)
{
	const struct plan *p = w->p;
	struct vm_disk *disks = arena_alloc(&w->a, (p->ndisks + 1) * sizeof *disks);

	for (size_t i = 0; i < p->ndisks; i++) {
		char *serial = arena_alloc(&w->a, 21);
		struct uuid id;
		int r = clone_disk_serial(p, w->c, i, serial, e);

		if (r == 0)
			r = clone_disk_uuid(p, w->c, i, &id, e);
		if (r < 0)
			return r;
		disks[i] = (struct vm_disk){
			.file = p->disks[i].file,
			.format = p->disks[i].format,
			.bus = p->disks[i].bus,
			.serial = serial,
			.image_id = uuid_text(&w->a, &id),
			.size = p->disks[i].size,
			.linked = p->spec->mode == DISKS_LINKED && !p->disks[i].extra,
			.blank = p->disks[i].extra != NULL,
		};
	}
	vm->disks = disks;
	vm->ndisks = p->ndisks;
	return 0;
}

static int describe(struct clone_writing *w, struct vm *vm, struct err *e)
{
	const struct plan *p = w->p;
	const struct clone *c = w->c;

	*vm = (struct vm){
		.name = c->name,
		.hostname = c->lower,
		.domain = p->spec->domain ? p->spec->domain : "",
		.title = p->source->title,
		.folder = arena_printf(&w->a, "%s/%s", p->folder, c->name),
		.smbios = uuid_text(&w->a, &c->smbios),
		.vmgenid = uuid_text(&w->a, &c->vmgenid),
		.instance = uuid_text(&w->a, &c->instance),
		.machine_id = machine_id_text(&w->a, &c->machine_id),
		.cpus = c->cpus,
		.memory = c->memory,
		.efi = clone_guests_efi(w->guests),
		.kvm = p->kvm,
		.nics = describe_nics(w),
		.nnics = p->nnics,
	};
	return describe_disks(w, vm, e);
}

static int add_text(struct clone_writing *w, const char *name, struct strbuf *text, mode_t mode,
		    struct err *e)
{
	int r = clone_add_file(w, name, strbuf_str(text), text->len, mode, e);

	strbuf_fini(text);
	return r;
}

static int write_target(struct clone_writing *w, const struct vm *vm, const struct target *t,
			struct err *e)
{
	struct strbuf text = {0};
	/* Credentials and seeds hold secrets. */
	bool secret =
		vm->nstrings || vm->nguestinfo || (vm->user_data && t->can & TARGET_SEED_TEXTS);
	mode_t mode = secret ? t->mode & 0700 : t->mode;
	int r = t->write(vm, &text, e);

	if (r == 0 && t->descriptor) {
		r = clone_add_ova(w, vm, t, &text, e);
		strbuf_fini(&text);
		return r;
	}
	r = r < 0 ? (strbuf_fini(&text), r) : add_text(w, t->file, &text, mode, e);
	for (size_t i = 0; r == 0 && t->write_disk && i < vm->ndisks; i++) {
		const char *name = arena_printf(&w->a, "disk%zu.%s", i, t->disk_suffix);

		r = t->write_disk(vm, i, &text, e);
		r = r < 0 ? (strbuf_fini(&text), r) : add_text(w, name, &text, t->mode, e);
	}
	return r;
}

static int write_targets(struct clone_writing *w, const struct vm *vm, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->p->spec->ntargets; i++)
		r = write_target(w, vm, target_find(w->p->spec->targets[i]), e);
	return r;
}

/* ---- the record ---- */

static json_t *disk_rows(const struct vm *vm)
{
	json_t *list = json_array();

	for (size_t i = 0; i < vm->ndisks; i++) {
		json_t *row = json_object();

		json_set_text(row, "file", vm->disks[i].file);
		json_set_text(row, "serial", vm->disks[i].serial);
		json_set_text(row, "image_id", vm->disks[i].image_id);
		json_set_text(row, "bus", vm->disks[i].bus);
		json_object_set_new(row, "size", json_integer((json_int_t)vm->disks[i].size));
		if (vm->disks[i].blank)
			json_object_set_new(row, "extra", json_true());
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *address_rows(const struct clone_writing *w)
{
	json_t *list = json_array();
	char text[IPV4_TEXT];

	for (size_t i = 0; i < w->p->nnics; i++) {
		if (w->c->addresses[i])
			ipv4_format(w->c->addresses[i], text);
		else
			strcpy(text, "dhcp");
		json_array_append_new(list, json_text(text));
	}
	return list;
}

static json_t *make_record(struct clone_writing *w, const struct vm *vm)
{
	json_t *r = json_object(), *macs = json_array(), *models = json_array();

	json_set_text(r, "name", vm->name);
	json_set_text(r, "hostname", vm->hostname);
	json_set_text(r, "domain", vm->domain);
	json_set_text(r, "recipe", w->c->recipe_id);
	json_set_text(r, "machine_id", vm->machine_id);
	json_set_text(r, "smbios_uuid", vm->smbios);
	json_set_text(r, "vmgenid", vm->vmgenid);
	json_set_text(r, "instance_id", vm->instance);
	json_set_text(r, "seed_carrier", carry_names[clone_guests_carrier(w->guests)]);
	for (size_t i = 0; i < vm->nnics; i++)
		json_array_append_new(macs, json_text(vm->nics[i].mac));
	for (size_t i = 0; i < vm->nnics; i++)
		json_array_append_new(models, json_text(vm->nics[i].model));
	json_set_text(r, "firmware", vm->efi ? "uefi" : "bios");
	json_object_set_new(r, "macs", macs);
	json_object_set_new(r, "nic_models", models);
	json_object_set_new(r, "addresses", address_rows(w));
	json_object_set_new(r, "disks", disk_rows(vm));
	json_object_set(r, "ssh_host_keys", w->host_keys);
	json_object_set(r, "files", w->files);
	return r;
}

static int write_identity(struct clone_writing *w, struct err *e)
{
	json_t *whole = json_object();
	struct strbuf text = {0};
	int r;

	json_set_text(whole, "schema", "vmint.identity/1");
	json_set_text(whole, "key_id", w->p->key_id);
	json_object_set(whole, "clone", w->record);
	json_object_set(whole, "recipe", w->c->recipe);
	json_object_set(whole, "changes", w->changes);
	json_add(&text, whole);
	/* It lists the files, so it cannot be among them: its row is taken off again. */
	r = clone_add_file(w, IDENTITY_FILE, strbuf_str(&text), text.len, 0644, e);
	if (r == 0)
		json_array_remove(w->files, json_array_size(w->files) - 1);
	strbuf_fini(&text);
	json_decref(whole);
	return r;
}

/* ---- all of it ---- */

static int write_all(struct clone_writing *w, struct disk **overlays, struct err *e)
{
	struct vm vm;
	int r = describe(w, &vm, e);

	if (r == 0)
		r = clone_guests_edit(w->guests, w, overlays, e);
	if (r == 0)
		r = clone_write_disks(w, overlays, e);
	if (r == 0)
		r = clone_write_seed(w, &vm, e);
	if (r == 0)
		r = write_targets(w, &vm, e);
	if (r < 0)
		return r;
	w->record = make_record(w, &vm);
	r = write_identity(w, e);
	if (r == 0) {
		r = sys_chmod(w->dir, 0755);
		if (r == 0 && w->sync)
			r = sys_sync(w->dir);
		if (r < 0)
			err_sys(e, r, "%s", w->c->name);
	}
	return r;
}

/* An overlay of the base, as large as the plan says. */
static int open_overlay(struct clone_writing *w, size_t i, struct disk **out, struct err *e)
{
	struct disk *image = w->b->disks[i].image, *longer;
	int r;

	if (w->p->disks[i].size == image->size) {
		*out = disk_overlay(image);
		return 0;
	}
	longer = disk_longer(image, w->p->disks[i].size);
	*out = disk_keep(disk_overlay(longer), longer);
	r = storage_fit(*out, e);
	return r < 0 ? err_in(e, r, "making disk %zu larger", i) : 0;
}

int clone_write(struct clone_writing *w, struct err *e)
{
	size_t n = w->b->ndisks;
	struct disk **overlays = arena_alloc(&w->a, (n + 1) * sizeof(struct disk *));
	int r = 0;

	w->files = json_array();
	for (size_t i = 0; r == 0 && i < n; i++)
		r = open_overlay(w, i, &overlays[i], e);
	if (r == 0)
		r = write_all(w, overlays, e);
	for (size_t i = 0; i < n; i++)
		disk_close(overlays[i]);
	json_decref(w->files);
	json_decref(w->changes);
	json_decref(w->host_keys);
	w->files = w->changes = w->host_keys = NULL;
	return r;
}

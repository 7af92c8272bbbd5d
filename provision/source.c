/* From descriptor to the machine that is cloned. */
#include "provision/source.h"
#include "provision/names.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { CPUS_DEFAULT = 1, CPUS_MAX = 4096 };
#define MEMORY_DEFAULT (1ull << 30)
#define MEMORY_LEAST (16ull << 20)

/* ---- models ---- */

struct word_map {
	const char *part, *model;
};

static const struct word_map nic_models[] = {
	{"vmxnet3", "vmxnet3"}, {"e1000e", "e1000e"}, {"e1000", "e1000"}, {"virtio", "virtio"},
	{"pcnet", "pcnet"},     {"82540", "e1000"},   {"82545", "e1000"}, {"rtl8139", "rtl8139"},
};

static const char *map_word(const struct word_map *map, size_t n, const char *text,
			    const char *otherwise)
{
	for (size_t i = 0; i < n; i++)
		if (strcasestr(text, map[i].part))
			return map[i].model;
	return otherwise;
}

/* A paravirtual SCSI controller of another hypervisor becomes ours: guests that boot from LSI Logic or PVSCSI on
 * VMware have virtio in their kernels, and QEMU's own LSI has no driver in most of them. */
static const char *bus_of(const struct ovf_item *controller)
{
	if (!controller)
		return "virtio";
	if (controller->type == OVF_IDE)
		return "ide";
	if (controller->type == OVF_OTHER_STORAGE)
		return strcasestr(controller->subtype, "virtio") ? "virtio" : "sata";
	return controller->type == OVF_SCSI ? "scsi" : "virtio";
}

/* ---- the one machine ---- */

struct finding {
	const struct ovf_system *system;
	size_t count;
};

static void find_system(const struct ovf_system *system, void *arg)
{
	struct finding *f = arg;

	f->system = system;
	f->count++;
}

static const struct ovf_item *controller_of(const struct ovf_hardware *hw,
					    const struct ovf_item *disk)
{
	for (size_t i = 0; i < hw->nitems; i++)
		if (*disk->parent && str_eq(hw->items[i].instance, disk->parent))
			return &hw->items[i];
	return NULL;
}

static const struct template_disk *disk_named(const struct template *t, const struct ovf_item *item)
{
	for (size_t i = 0; i < item->nhost_resources; i++) {
		const char *id = ovf_resource_id(item->host_resources[i], "disk");
		const char *file = ovf_resource_id(item->host_resources[i], "file");

		for (size_t k = 0; k < t->ndisks; k++) {
			const struct template_disk *d = &t->disks[k];

			if (id && str_eq(d->id, id))
				return d;
			if (file && d->ovf && d->ovf->file && str_eq(d->ovf->file->id, file))
				return d;
		}
	}
	return NULL;
}

static void add_disk(struct source *s, const struct template_disk *d, const char *bus)
{
	for (size_t i = 0; i < s->ndisks; i++)
		if (s->disks[i].is == d)
			return;
	s->disks[s->ndisks++] = (struct source_disk){d, bus};
}

static void read_item(struct source *s, const struct ovf_hardware *hw, const struct ovf_item *i)
{
	const struct template_disk *d;

	if (i->type == OVF_PROCESSOR && i->quantity >= 1 && i->quantity <= CPUS_MAX)
		s->cpus = (unsigned)i->quantity;
	if (i->type == OVF_MEMORY && i->bytes >= MEMORY_LEAST && i->bytes <= INT64_MAX)
		s->memory = i->bytes;
	if (i->type == OVF_ETHERNET && s->nnics < IDENTITY_NICS_MAX)
		s->nics[s->nnics++] = (struct source_nic){
			.network = i->nconnections ? i->connections[0] : "",
			.model = map_word(nic_models, ARRAY_SIZE(nic_models), i->subtype, "virtio"),
			.mac = i->address,
		};
	if (i->type == OVF_DISK && (d = disk_named(&s->t, i)))
		add_disk(s, d, bus_of(controller_of(hw, i)));
}

static void read_hardware(struct source *s, const struct ovf_hardware *hw)
{
	for (size_t i = 0; i < hw->nitems; i++)
		if (template_has_item(&s->t, &hw->items[i]))
			read_item(s, hw, &hw->items[i]);
	for (size_t i = 0; i < hw->nconfigs; i++)
		if (str_eq(hw->configs[i].key, "firmware"))
			s->efi = !strcasecmp(hw->configs[i].value, "efi");
}

/* VirtualBox says so in its own machine element only. */
static bool vbox_efi(const struct package *p)
{
	return p->descriptor &&
	       memmem(p->descriptor, p->descriptor_len, "<Firmware type=\"EFI", 19);
}

static int read_machine(struct source *s, struct err *e)
{
	struct finding f = {0};

	ovf_each_system(&s->t.package.ovf, find_system, &f);
	if (f.count != 1)
		return err_set(e, ENOTSUP,
			       "%s: %zu machines in it; one that has a single machine "
			       "can be cloned",
			       s->path, f.count);
	if (*f.system->id)
		s->name = name_from(&s->t.a, f.system->id);
	if (*f.system->name)
		s->name = name_from(&s->t.a, f.system->name);
	/* Later hardware sections are alternatives for other hypervisors. */
	if (f.system->nhardware)
		read_hardware(s, &f.system->hardware[0]);
	s->efi |= vbox_efi(&s->t.package);
	return 0;
}

/* ---- names ---- */

static const char *base_name(struct arena *a, const char *path)
{
	char *copy = arena_dup(a, path), *slash, *dot;

	while ((slash = strrchr(copy, '/')) && !slash[1] && slash != copy)
		*slash = 0;
	slash = strrchr(copy, '/');
	copy = slash ? slash + 1 : copy;
	dot = strrchr(copy, '.');
	if (dot && dot != copy)
		*dot = 0;
	return copy;
}

static int check_disks(const struct source *s, struct err *e)
{
	if (!s->ndisks)
		return err_set(e, EINVAL, "%s: there is no disk in it", s->path);
	for (size_t i = 0; i < s->ndisks; i++)
		if (!s->disks[i].is->npieces)
			return err_set(e, ENOTSUP,
				       "%s: disk '%.80s' has no file: empty disks are "
				       "not cloned",
				       s->path, s->disks[i].is->id);
	return 0;
}

static int read_all(struct source *s, struct err *e)
{
	static const struct trust_options any = {0};
	int r = template_check(&s->t, e);

	if (r == 0)
		r = trust_check(&s->t.package, &any, &s->trust, e);
	if (r < 0)
		return r;
	/* "web.qcow2.xz" is web, too. */
	s->title = base_name(&s->t.a, *s->t.package.compression ? s->t.disks[0].href : s->path);
	s->name = name_from(&s->t.a, s->title);
	s->disks = arena_alloc(&s->t.a, (s->t.ndisks + 1) * sizeof *s->disks);
	s->nics = arena_alloc(&s->t.a, IDENTITY_NICS_MAX * sizeof *s->nics);
	if (s->t.package.kind == PACKAGE_DISK) {
		add_disk(s, &s->t.disks[0], "virtio");
		s->nics[s->nnics++] = (struct source_nic){"", "virtio", ""};
	} else {
		r = read_machine(s, e);
	}
	return r < 0 ? r : check_disks(s, e);
}

int source_open(struct source *s, const char *path, struct err *e)
{
	int r;

	*s = (struct source){.path = path, .cpus = CPUS_DEFAULT, .memory = MEMORY_DEFAULT};
	r = template_open(&s->t, path, NULL, e);
	if (r == 0)
		r = read_all(s, e);
	if (r < 0)
		source_close(s);
	return r;
}

void source_close(struct source *s)
{
	template_close(&s->t);
}

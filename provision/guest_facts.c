/* The inventory: storage as facts, identity found, and what is worth a warning. */
#include "provision/guest_parts.h"

#include "base/scope.h"
#include "provision/sshkey.h"
#include "provision/storage_md.h"

#include <string.h>
#include <sys/stat.h>

/* ---- storage ---- */

static const char *mountpoint_of(struct guest *g, size_t volume)
{
	for (size_t i = 0; i < g->nmounts; i++)
		if (g->mounts[i].volume == volume)
			return g->mounts[i].point;
	return str_starts(g->storage.volumes[volume].type, "sw") ? "swap" : "";
}

static void filesystem_facts(struct guest *g)
{
	struct guest_filesystem *list = arena_alloc(g->a, g->storage.nvolumes * sizeof *list);

	for (size_t i = 0; i < g->storage.nvolumes; i++) {
		const struct volume *v = &g->storage.volumes[i];
		struct guest_fs *fs = v->type && *v->type ? guest_volume(g, i) : NULL;

		list[i] = (struct guest_filesystem){
			.device = v->device,
			.type = v->type ? v->type : "",
			.uuid = v->uuid ? v->uuid : "",
			.label = v->label ? v->label : "",
			.mountpoint = mountpoint_of(g, i),
			.engine = fs ? guest_fs_engine(fs) : "",
			.pinned = fs             ? guest_fs_pinned(fs)
				  : v->member_of ? v->member_of->why
						 : g->refusal[i],
		};
		if (i == g->root)
			g->facts.root = &list[i];
	}
	g->facts.filesystems = list;
	g->facts.nfilesystems = g->storage.nvolumes;
}

static void lvm_facts(struct guest *g)
{
	const struct storage *s = &g->storage;
	struct guest_lvm_id *list = NULL;
	size_t n = 0, room = 0;

	for (size_t i = 0; i < s->ngroups; i++) {
		const struct lvm_group *v = &s->groups[i];

		ARENA_GROW(g->a, list, n, room);
		list[n++] = (struct guest_lvm_id){"lvm-vg", v->name, v->id};
		for (size_t k = 0; k < v->nvolumes; k++) {
			ARENA_GROW(g->a, list, n, room);
			list[n++] = (struct guest_lvm_id){
				"lvm-lv", arena_printf(g->a, "%s/%s", v->name, v->volumes[k].name),
				v->volumes[k].id};
		}
	}
	g->facts.lvm = list;
	g->facts.nlvm = n;
}

static void md_facts(struct guest *g)
{
	const struct storage *s = &g->storage;
	struct guest_md_array *list = arena_alloc(g->a, s->narrays * sizeof *list);

	for (size_t i = 0; i < s->narrays; i++) {
		const struct md_array *x = &s->arrays[i];
		struct guest_md_member *members = arena_alloc(g->a, x->nmembers * sizeof *members);

		for (size_t k = 0; k < x->nmembers; k++) {
			char id[MD_UUID_TEXT] = "";

			if (*md_version(&x->members[k].super) != '0')
				md_uuid_format(&x->members[k].super.device, id);
			members[k] = (struct guest_md_member){
				s->volumes[x->members[k].volume].device, arena_dup(g->a, id)};
		}
		list[i] = (struct guest_md_array){x->device, x->level, x->version,  x->name,
						  x->uuid,   x->why,   x->nmembers, members};
	}
	g->facts.arrays = list;
	g->facts.narrays = s->narrays;
}

static const char *disk_device(struct arena *a, size_t disk)
{
	return disk < 26 ? arena_printf(a, "vd%c", (char)('a' + disk))
			 : arena_printf(a, "vda%c", (char)('a' + disk % 26));
}

static void disk_facts(struct guest *g)
{
	static const char *const tables[] = {
		[TABLE_NONE] = "", [TABLE_MBR] = "mbr", [TABLE_GPT] = "gpt"};
	struct guest_disk_ids *list = arena_alloc(g->a, g->storage.ndisks * sizeof *list);

	for (size_t i = 0; i < g->storage.ndisks; i++) {
		const struct guest_disk *d = &g->storage.disks[i];
		struct guest_part_id *parts = arena_alloc(g->a, d->nparts * sizeof *parts);
		const char *device = disk_device(g->a, i);

		for (size_t k = 0; k < d->nparts; k++)
			parts[k] = (struct guest_part_id){
				.device = arena_printf(g->a, "%s%u", device, d->parts[k].number),
				.id = d->parts[k].guid,
				.role = d->parts[k].esp         ? "esp"
					: d->parts[k].bios_boot ? "bios boot"
								: "",
			};
		list[i] =
			(struct guest_disk_ids){device, tables[d->table], d->id, d->nparts, parts};
	}
	g->facts.disks = list;
	g->facts.ndisks = g->storage.ndisks;
}

static const struct {
	const char *type, *text;
} odd_types[] = {
	{"swsuspend",
	 "the guest is hibernated: its memory image belongs to the template; start and "
	 "shut it down first"},
	{"crypto_LUKS", "encrypted (LUKS): what is inside cannot be read, and every clone shares "
			"the volume key"},
	{"DM_verity_hash", "protected by dm-verity: its data cannot be changed"},
	{"ntfs", "Windows: the inside is left alone"},
	{"BitLocker", "encrypted (BitLocker): the inside is left alone"},
};

static void storage_warnings(struct guest *g)
{
	for (size_t i = 0; i < g->storage.nwarnings; i++)
		guest_warn(g, "%s", g->storage.warnings[i]);
	for (size_t i = 0; i < g->storage.nvolumes; i++) {
		const struct volume *v = &g->storage.volumes[i];
		bool odd = false;

		for (size_t k = 0; k < ARRAY_SIZE(odd_types); k++) {
			if (!str_eq(v->type, odd_types[k].type))
				continue;
			guest_warn(g, "%s: %s", v->device, odd_types[k].text);
			odd = true;
		}
		if (g->fs[i] && guest_fs_notice(g->fs[i]))
			guest_warn(g, "%s: %s", v->device, guest_fs_notice(g->fs[i]));
		if (!odd && g->refusal[i] && !str_eq(v->type, "LVM2_member") &&
		    !str_ends(v->type, "_raid_member"))
			guest_warn(g, "%s: %s", v->device, g->refusal[i]);
		if (g->fs[i] && guest_fs_trouble(g->fs[i]))
			guest_warn(g, "%s: %s", v->device, guest_fs_trouble(g->fs[i]));
	}
	if (g->root == SIZE_MAX)
		guest_warn(g, "no Linux was found: only the ids of disks and filesystems can be "
			      "changed");
}

/* ---- keys, names, addresses ---- */

static const char *key_type(const char *path)
{
	static const char *const types[] = {"ed25519", "ecdsa", "rsa", "dsa"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strstr(path, types[i]))
			return types[i];
	return "";
}

static void key_facts(struct guest *g)
{
	struct guest_list paths = {0};
	struct guest_host_key *keys;
	size_t n = 0;

	guest_glob(g, g->a, "/etc/ssh/ssh_host_*_key.pub", &paths);
	keys = arena_alloc(g->a, paths.n * sizeof *keys);
	for (size_t i = 0; i < paths.n; i++) {
		const char *text = guest_text(g, g->a, paths.items[i], 16384, NULL);
		struct ssh_public key;

		if (!text || ssh_public_parse(g->a, text, &key) < 0)
			continue;
		keys[n++] = (struct guest_host_key){
			.type = key_type(paths.items[i]),
			.path = arena_dupn(g->a, paths.items[i], strlen(paths.items[i]) - 4),
			.public_line = key.line,
			.fingerprint = key.fingerprint,
		};
	}
	g->facts.host_keys = keys;
	g->facts.nhost_keys = n;
}

/* The files whose MACs belong to this machine: the network places of the table. */
static bool holds_macs(const struct place *p)
{
	return p->editor == EDIT_NETWORK && !str_starts(p->id, "cloud-init");
}

static bool has_mac(const struct guest_mac *macs, size_t n, const char *mac)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(macs[i].text, mac))
			return true;
	return false;
}

static void file_macs(struct guest *g, const char *path, struct guest_mac **macs, size_t *room)
{
	size_t len = 0;
	const char *text = guest_text(g, g->a, path, 256 << 10, &len);
	char mac[18];

	for (long at = -1; text && (at = mac_next(text, len, (size_t)(at + 1), mac)) >= 0;) {
		if (!mac_is_machine(mac) || has_mac(*macs, g->facts.nmacs, mac) ||
		    g->facts.nmacs >= 64)
			continue;
		ARENA_GROW(g->a, *macs, g->facts.nmacs, *room);
		(*macs)[g->facts.nmacs++] =
			(struct guest_mac){arena_dup(g->a, mac), arena_dup(g->a, path)};
	}
}

static void mac_facts(struct guest *g)
{
	struct guest_mac *macs = NULL;
	size_t room = 0;

	for (size_t i = 0; i < places_count(); i++) {
		const struct place *p = places_at(i);

		for (size_t k = 0; holds_macs(p) && k < ARRAY_SIZE(p->paths) && p->paths[k]; k++) {
			struct guest_list paths = {0};

			guest_glob(g, g->a, p->paths[k], &paths);
			for (size_t f = 0; f < paths.n; f++)
				file_macs(g, paths.items[f], &macs, &room);
		}
	}
	g->facts.macs = macs;
}

static void name_facts(struct guest *g)
{
	static const char *const files[] = {"/etc/hostname", "/etc/HOSTNAME"};
	const char *text;

	g->facts.hostname = g->facts.machine_id = "";
	for (size_t i = 0; i < ARRAY_SIZE(files) && !*g->facts.hostname; i++) {
		const char *line;
		size_t n;

		text = guest_text(g, g->a, files[i], 4096, NULL);
		while (text && str_line(&text, &line, &n)) {
			char *name = str_trim(arena_dupn(g->a, line, n));

			if (*name && *name != '#') {
				g->facts.hostname = name;
				break;
			}
		}
	}
	text = guest_text(g, g->a, "/etc/machine-id", 4096, NULL);
	if (text)
		g->facts.machine_id = str_trim(arena_dup(g->a, text));
}

void guest_facts_gather(struct guest *g)
{
	g->facts.linux_found = g->root != SIZE_MAX;
	g->facts.hostname = g->facts.machine_id = "";
	filesystem_facts(g);
	disk_facts(g);
	md_facts(g);
	lvm_facts(g);
	guest_system_facts(g);
	if (g->facts.linux_found) {
		name_facts(g);
		key_facts(g);
		mac_facts(g);
	}
	guest_console_facts(g);
	storage_warnings(g);
}

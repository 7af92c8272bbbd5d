/* What runs in the guest: its OS, kernel, boot loaders, network configuration. */
#include "provision/guest_parts.h"

#include "base/scope.h"

#include <string.h>

/* ---- /etc/os-release ---- */

/* The value of KEY=... in shell quotes. */
static const char *shell_value(struct arena *a, const char *text, const char *key)
{
	const char *line;
	size_t n, k = strlen(key);

	while (text && str_line(&text, &line, &n)) {
		char *value;
		size_t v;

		if (n <= k || strncmp(line, key, k) != 0 || line[k] != '=')
			continue;
		value = str_trim(arena_dupn(a, line + k + 1, n - k - 1));
		v = strlen(value);
		if (v > 1 && (*value == '"' || *value == '\'') && value[v - 1] == *value) {
			value[v - 1] = '\0';
			value++;
		}
		return value;
	}
	return "";
}

static void os_facts(struct guest *g)
{
	const char *text = guest_text(g, g->a, "/etc/os-release", 65536, NULL);

	if (!text)
		text = guest_text(g, g->a, "/usr/lib/os-release", 65536, NULL);
	g->facts.os_id = shell_value(g->a, text, "ID");
	g->facts.os_version = shell_value(g->a, text, "VERSION_ID");
	g->facts.os_name = shell_value(g->a, text, "PRETTY_NAME");
}

static void kernel_facts(struct guest *g)
{
	static const char *const folders[] = {"/lib/modules", "/usr/lib/modules"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct guest_names names;

		guest_names_of(g, g->a, folders[i], &names);
		for (size_t k = 0; k < names.count; k++)
			if (strverscmp(names.names[k], g->facts.kernel) > 0)
				g->facts.kernel = names.names[k];
	}
}

/* ---- rows: a path that is there says a name ---- */

struct sign {
	const char *name, *glob;
};

static const struct sign network_signs[] = {
	{"netplan", "/etc/netplan/*.yaml"},
	{"ifupdown", "/etc/network/interfaces"},
	{"networkd", "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"},
	{"networkd", "/etc/systemd/network/*.network"},
	{"NetworkManager", "/usr/sbin/NetworkManager"},
	{"NetworkManager", "/etc/NetworkManager/system-connections/*"},
	{"ifcfg", "/etc/sysconfig/network-scripts/ifcfg-*"},
	{"ifcfg", "/etc/sysconfig/network/ifcfg-*"},
	{"wicked", "/usr/sbin/wicked"},
	{"dhcpcd", "/etc/dhcpcd.conf"},
};

static const struct sign loader_signs[] = {
	{"grub bios", "/boot/grub/i386-pc/core.img"},
	{"grub bios", "/boot/grub2/i386-pc/core.img"},
	{"grub uefi signed", "/boot/efi/EFI/*/shimx64.efi"},
	{"grub uefi signed", "/boot/efi/EFI/*/shim.efi"},
	{"systemd-boot", "/boot/efi/EFI/systemd/systemd-boot*.efi"},
	{"systemd-boot", "/efi/EFI/systemd/systemd-boot*.efi"},
	{"systemd-boot", "/boot/EFI/systemd/systemd-boot*.efi"},
	{"extlinux", "/boot/extlinux/extlinux.conf"},
	{"extlinux", "/extlinux.conf"},
};

static const struct sign unsigned_grub[] = {
	{"grub uefi", "/boot/efi/EFI/*/grubx64.efi"},
	{"grub uefi", "/efi/EFI/*/grubx64.efi"},
	{"grub uefi", "/boot/grub/x86_64-efi/core.efi"},
};

static bool is_listed(const struct guest_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->items[i], name))
			return true;
	return false;
}

static void look_for(struct guest *g, const struct sign *signs, size_t n, struct guest_list *out)
{
	for (size_t i = 0; i < n; i++) {
		struct guest_list found = {0};

		if (is_listed(out, signs[i].name))
			continue;
		guest_glob(g, g->a, signs[i].glob, &found);
		if (found.n)
			guest_list_add(g->a, out, signs[i].name);
	}
}

bool guest_needs_uefi(const struct guest_facts *f)
{
	bool esp = false;

	for (size_t i = 0; i < f->nbootloaders; i++)
		if (str_eq(f->bootloaders[i], "grub bios") || str_eq(f->bootloaders[i], "extlinux"))
			return false;
	for (size_t i = 0; i < f->ndisks; i++)
		for (size_t k = 0; k < f->disks[i].nparts; k++)
			esp = esp || str_eq(f->disks[i].parts[k].role, "esp");
	return esp;
}

static void loader_facts(struct guest *g)
{
	struct guest_list loaders = {0}, images = {0};

	look_for(g, loader_signs, ARRAY_SIZE(loader_signs), &loaders);
	if (!is_listed(&loaders, "grub uefi signed"))
		look_for(g, unsigned_grub, ARRAY_SIZE(unsigned_grub), &loaders);
	g->facts.bootloaders = loaders.items;
	g->facts.nbootloaders = loaders.n;
	guest_glob(g, g->a, "/boot/efi/EFI/Linux/*.efi", &images);
	guest_glob(g, g->a, "/efi/EFI/Linux/*.efi", &images);
	for (size_t i = 0; i < images.n; i++)
		guest_warn(g,
			   "%s: a unified kernel image carries its command line; when it is "
			   "signed, the ids in it are kept",
			   images.items[i]);
}

static void network_facts(struct guest *g)
{
	struct guest_list stacks = {0};

	look_for(g, network_signs, ARRAY_SIZE(network_signs), &stacks);
	g->facts.networks = stacks.items;
	g->facts.nnetworks = stacks.n;
}

void guest_system_facts(struct guest *g)
{
	struct guest_facts *f = &g->facts;

	f->os_id = f->os_version = f->os_name = f->kernel = "";
	f->cloud_datasource = f->cloud_instance = "";
	f->cloud = (struct guest_cloud){.datasources = "", .policy = ""};
	if (!f->linux_found)
		return;
	os_facts(g);
	kernel_facts(g);
	loader_facts(g);
	network_facts(g);
	guest_static_facts(g);
	guest_cloud_facts(g);
}

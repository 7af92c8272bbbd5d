/* What the guest's cloud-init, or its systemd, would make of a seed. */
#include "provision/guest_parts.h"

#include "base/scope.h"
#include "base/yaml.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { CONFIG_MAX = 1 << 20, LOADER_MAX = 4 << 20 };

/* ---- turned off ---- */

/* A unit that points to /dev/null. */
static bool is_masked(struct guest *g, const char *path)
{
	struct guest_spot s;
	const char *target;

	return guest_find(g, path, false, &s) == 0 && S_ISLNK(s.st.mode) &&
	       guest_fs_link(s.fs, g->a, s.inner, &target, NULL) == 0 &&
	       str_eq(target, "/dev/null");
}

/* A word of a kernel command line, in what boot loaders read. */
static const char *on_command_line(struct guest *g, const char *word)
{
	static const char *const globs[] = {"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg",
					    "/boot/loader/entries/*.conf",
					    "/boot/extlinux/extlinux.conf"};

	for (size_t i = 0; i < ARRAY_SIZE(globs); i++) {
		struct guest_list paths = {0};

		guest_glob(g, g->a, globs[i], &paths);
		for (size_t k = 0; k < paths.n; k++) {
			const char *text = guest_text(g, g->a, paths.items[k], LOADER_MAX, NULL);

			if (text && strstr(text, word))
				return paths.items[k];
		}
	}
	return NULL;
}

static void off_facts(struct guest *g, struct guest_cloud *c)
{
	static const char *const units[] = {"/etc/systemd/system/cloud-init.service",
					    "/etc/systemd/system/cloud-init-local.service",
					    "/etc/systemd/system/cloud-init.target",
					    "/etc/systemd/system-generators/cloud-init-generator"};
	static const char disabled[] = "/etc/cloud/cloud-init.disabled";

	if (guest_has(g, disabled))
		c->off = disabled;
	for (size_t i = 0; i < ARRAY_SIZE(units) && !c->off_for_good; i++)
		if (is_masked(g, units[i]))
			c->off_for_good = units[i];
	if (!c->off_for_good)
		c->off_for_good = on_command_line(g, "cloud-init=disabled");
}

/* ---- its configuration ---- */

static void take_sources(struct guest *g, const struct yaml_node *list, const char *path)
{
	struct guest_cloud *c = &g->facts.cloud;
	struct strbuf b = {0};

	c->nocloud = c->ovf = false;
	for (size_t i = 0; i < list->count; i++) {
		const char *name = list->items[i]->kind == YAML_TEXT ? list->items[i]->text : "?";

		strbuf_printf(&b, "%s%s", i ? ", " : "", name);
		c->nocloud |= str_eq(name, "NoCloud");
		c->ovf |= str_eq(name, "OVF");
	}
	c->datasources = arena_dup(g->a, strbuf_str(&b));
	c->datasources_path = arena_dup(g->a, path);
	strbuf_fini(&b);
}

static void read_config(struct guest *g, const char *path)
{
	const struct yaml_node *sources, *network, *config;
	struct yaml_node *root = NULL;
	struct err quiet = {0};
	size_t len = 0;
	const char *text = guest_text(g, g->a, path, CONFIG_MAX, &len);

	if (!text)
		return;
	if (yaml_parse_duplicates(g->a, text, len, path, &root, &quiet) < 0) {
		guest_warn(g, "%s: cloud-init cannot read it: %s", path, quiet.text);
		return;
	}
	if (!root || root->kind != YAML_MAP)
		return;
	sources = yaml_get(root, "datasource_list");
	if (sources && sources->kind == YAML_LIST)
		take_sources(g, sources, path);
	network = yaml_get(root, "network");
	config = network && network->kind == YAML_MAP ? yaml_get(network, "config") : NULL;
	if (config && config->kind == YAML_TEXT && str_eq(config->text, "disabled"))
		g->facts.cloud.network_off = arena_dup(g->a, path);
}

/* cloud.cfg, then cloud.cfg.d in the order of names: what is read later holds. */
static void config_facts(struct guest *g, struct guest_cloud *c)
{
	struct guest_list paths = {0};
	const char *text, *line;
	size_t n;

	c->nocloud = c->ovf = true;
	read_config(g, "/etc/cloud/cloud.cfg");
	guest_glob(g, g->a, "/etc/cloud/cloud.cfg.d/*.cfg", &paths);
	for (size_t i = 0; i < paths.n; i++)
		read_config(g, paths.items[i]);
	text = guest_text(g, g->a, "/etc/cloud/ds-identify.cfg", 65536, NULL);
	while (text && str_line(&text, &line, &n))
		if (n > 7 && !strncmp(line, "policy:", 7))
			c->policy = str_trim(arena_dupn(g->a, line + 7, n - 7));
}

/* ---- systemd ---- */

/* libsystemd-shared-252.so, -257.4-1.so */
static unsigned systemd_version(struct guest *g)
{
	static const char *const globs[] = {"/usr/lib/systemd/libsystemd-shared-*.so",
					    "/usr/lib/*/systemd/libsystemd-shared-*.so",
					    "/usr/lib64/systemd/libsystemd-shared-*.so",
					    "/lib/systemd/libsystemd-shared-*.so"};

	for (size_t i = 0; i < ARRAY_SIZE(globs); i++) {
		struct guest_list paths = {0};
		const char *at;
		char digits[8];
		uint64_t version;

		guest_glob(g, g->a, globs[i], &paths);
		if (!paths.n)
			continue;
		at = strstr(paths.items[0], "shared-") + strlen("shared-");
		snprintf(digits, sizeof digits, "%.*s", (int)strspn(at, "0123456789"), at);
		if (num_parse(digits, 10, &version) && version < 100000)
			return (unsigned)version;
	}
	return 0;
}

static const char *one_line(struct guest *g, const char *path)
{
	const char *text = guest_text(g, g->a, path, 4096, NULL);

	return text ? str_trim(arena_dup(g->a, text)) : "";
}

void guest_cloud_facts(struct guest *g)
{
	struct guest_cloud *c = &g->facts.cloud;

	c->installed = guest_has(g, "/usr/bin/cloud-init");
	c->systemd = systemd_version(g);
	if (c->installed) {
		off_facts(g, c);
		config_facts(g, c);
	}
	g->facts.cloud_init = c->installed && !c->off && !c->off_for_good;
	g->facts.cloud_datasource = one_line(g, "/var/lib/cloud/instance/datasource");
	g->facts.cloud_instance = one_line(g, "/var/lib/cloud/data/instance-id");
}

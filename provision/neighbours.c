/* One row a file; one function a line of it. */
#include "provision/neighbours.h"
#include "provision/quote.h"
#include "provision/sshkey_text.h"
#include "provision/stage.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"

#include <string.h>

struct host {
	const char *name, *fqdn; /* fqdn is the name where there is no domain */
	const char *address;     /* the first fixed one, or NULL */
	const json_t *record;
};

static const char *text_at(const json_t *list, size_t i)
{
	const char *text = json_string_value(json_array_get(list, i));

	return text && !str_eq(text, "dhcp") ? text : NULL;
}

static void add_hosts(struct strbuf *out, const struct host *h)
{
	if (!h->address)
		return;
	strbuf_printf(out, "%s\t%s", h->address, h->fqdn);
	if (!str_eq(h->name, h->fqdn))
		strbuf_printf(out, " %s", h->name);
	strbuf_addc(out, '\n');
}

/* dhcp-host=MAC,NAME or MAC,ADDRESS,NAME: the name goes with the first card. */
static void add_dnsmasq(struct strbuf *out, const struct host *h)
{
	const json_t *macs = json_object_get(h->record, "macs");
	const json_t *addresses = json_object_get(h->record, "addresses");

	for (size_t i = 0; i < json_array_size(macs); i++) {
		const char *mac = text_at(macs, i), *address = text_at(addresses, i);

		if (!mac || (i > 0 && !address))
			continue;
		strbuf_printf(out, "dhcp-host=%s", mac);
		if (address)
			strbuf_printf(out, ",%s", address);
		if (i == 0)
			strbuf_printf(out, ",%s", h->name);
		strbuf_addc(out, '\n');
	}
}

static void add_ssh_config(struct strbuf *out, const struct host *h)
{
	strbuf_printf(out, "Host %s\n\tHostName %s\n\tHostKeyAlias %s\n", h->name,
		      h->address ? h->address : h->fqdn, h->name);
}

static void add_known_hosts(struct strbuf *out, const struct host *h)
{
	const json_t *keys = json_object_get(h->record, "ssh_host_keys");

	for (size_t i = 0; i < json_array_size(keys); i++) {
		const char *line = json_string_value(json_array_get(keys, i));

		if (!line)
			continue;
		strbuf_add(out, h->name);
		if (!str_eq(h->name, h->fqdn))
			strbuf_printf(out, ",%s", h->fqdn);
		if (h->address)
			strbuf_printf(out, ",%s", h->address);
		strbuf_printf(out, " %s\n", line);
	}
}

/* RFC 4255, 6594, 7479: the algorithm's number, 2 for SHA-256, and the digest of the key. */
static void add_sshfp(struct strbuf *out, const struct host *h)
{
	static const struct {
		const char *prefix;
		unsigned number;
	} algorithms[] = {{"ssh-rsa ", 1}, {"ecdsa-sha2-", 3}, {"ssh-ed25519 ", 4}};
	const json_t *keys = json_object_get(h->record, "ssh_host_keys");

	for (size_t i = 0; i < json_array_size(keys); i++) {
		const char *line = json_string_value(json_array_get(keys, i)), *blob;
		struct strbuf raw = {0};
		unsigned number = 0;
		uint8_t digest[32];
		char hex[65];

		for (size_t k = 0; line && k < ARRAY_SIZE(algorithms); k++)
			if (str_starts(line, algorithms[k].prefix))
				number = algorithms[k].number;
		blob = number ? strchr(line, ' ') + 1 : "";
		if (number && base64_read(blob, strlen(blob), &raw) &&
		    digest_of(DIGEST_SHA256, raw.text, raw.len, digest, NULL) == 0) {
			hex_format(digest, sizeof digest, hex);
			strbuf_printf(out, "%s. IN SSHFP %u 2 %s\n", h->fqdn, number, hex);
		}
		strbuf_fini(&raw);
	}
}

static void add_inventory(struct strbuf *out, const struct host *h)
{
	strbuf_printf(out, "    %s:\n      ansible_host: ", h->name);
	quote_yaml(out, h->address ? h->address : h->fqdn);
	strbuf_addc(out, '\n');
}

static const struct neighbour {
	const char *file, *head;
	void (*add)(struct strbuf *out, const struct host *h);
} neighbours[] = {
	{"hosts", "# Lines for /etc/hosts: clones with fixed addresses.\n", add_hosts},
	{"dnsmasq.conf",
	 "# dnsmasq --conf-file=...: every clone gets its name, and its address "
	 "where it has one.\n",
	 add_dnsmasq},
	{"ssh_config", "# ssh -F ssh_config NAME\n", add_ssh_config},
	{"known_hosts", "", add_known_hosts},
	{"sshfp.zone",
	 "; For the clones' zone: with DNSSEC, ssh -o VerifyHostKeyDNS=yes asks nothing.\n",
	 add_sshfp},
	{"inventory.yaml", "# ansible -i inventory.yaml vmint -m ping\nvmint:\n  hosts:\n",
	 add_inventory},
};

/* ssh_config(5): double quotes, and % stands for itself twice. */
static void add_known_hosts_file(struct strbuf *out, const char *folder)
{
	strbuf_add(out, "UserKnownHostsFile \"");
	for (; *folder; folder++) {
		if (*folder == '"' || *folder == '\\')
			strbuf_addc(out, '\\');
		else if (*folder == '%')
			strbuf_addc(out, '%');
		strbuf_addc(out, *folder);
	}
	strbuf_add(out, "/known_hosts\"\n");
}

static struct host host_of(struct arena *a, const json_t *record)
{
	const char *domain = json_get_text(record, "domain");
	const json_t *addresses = json_object_get(record, "addresses");
	struct host h = {.name = json_get_text(record, "hostname"), .record = record};

	h.fqdn = domain && *domain && h.name ? arena_printf(a, "%s.%s", h.name, domain) : h.name;
	for (size_t i = 0; !h.address && i < json_array_size(addresses); i++)
		h.address = text_at(addresses, i);
	return h;
}

static void make(const struct neighbour *n, const struct ledger *l, const char *folder,
		 struct strbuf *text)
{
	const json_t *record;
	size_t i;

	strbuf_add(text, n->head);
	if (str_eq(n->file, "ssh_config"))
		add_known_hosts_file(text, folder);
	json_array_foreach(l->clones, i, record)
	{
		struct host h = host_of(l->a, record);

		if (h.name)
			n->add(text, &h);
	}
}

void neighbours_each(const struct ledger *l, const char *folder,
		     void (*fn)(void *ctx, const char *file, const char *text, size_t len),
		     void *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(neighbours); i++) {
		struct strbuf text = {0};

		make(&neighbours[i], l, folder, &text);
		fn(ctx, neighbours[i].file, strbuf_str(&text), text.len);
		strbuf_fini(&text);
	}
}

int neighbours_write(const struct ledger *l, int out, const char *folder, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(neighbours); i++) {
		struct strbuf text = {0};

		make(&neighbours[i], l, folder, &text);
		r = stage_write(out, neighbours[i].file, strbuf_str(&text), text.len, 0644, false,
				e);
		strbuf_fini(&text);
	}
	return r;
}

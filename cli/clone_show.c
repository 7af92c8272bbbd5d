/* Plans and summaries on standard output. */
#include "cli/clone_show.h"

#include "base/str.h"
#include "base/digest.h"

#include <inttypes.h>
#include <stdio.h>

enum { SHOWN_MAX = 20, KEYS_WORTH_A_WORD = 10 };

static const char *const state_names[] = {[CLONE_MAKE] = "make",
					  [CLONE_THERE] = "there",
					  [CLONE_REPLACE] = "replace",
					  [CLONE_FOREIGN] = "other share"};

static const char *const signs[] = {
	[CLONE_MAKE] = "+", [CLONE_THERE] = "=", [CLONE_REPLACE] = "~", [CLONE_FOREIGN] = " "};

static void size_text(uint64_t bytes, char out[32])
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double n = (double)bytes;
	size_t u = 0;

	while (n >= 1024 && u < 4) {
		n /= 1024;
		u++;
	}
	snprintf(out, 32, u && n < 10 ? "%.1f %s" : "%.0f %s", n, units[u]);
}

/* Names from a guest are somebody else's text. */
static void show_plain(const char *text)
{
	struct strbuf plain = {0};

	strbuf_add_plain(&plain, text, 0);
	fputs(strbuf_str(&plain), stdout);
	strbuf_fini(&plain);
}

static const struct clone *first_of(const struct plan *p)
{
	for (size_t i = 0; i < p->nclones; i++)
		if (p->clones[i].state == CLONE_MAKE || p->clones[i].state == CLONE_REPLACE)
			return &p->clones[i];
	for (size_t i = 0; i < p->nclones; i++)
		if (p->clones[i].state == CLONE_THERE)
			return &p->clones[i];
	return NULL;
}

/* ---- the plan ---- */

static void show_clone(const struct plan *p, const struct clone *c)
{
	char id[UUID_TEXT], mac[MAC_TEXT], ip[IPV4_TEXT];

	uuid_format(&c->smbios, id);
	printf("  %s %-24s uuid %s", signs[c->state], c->name, id);
	for (size_t i = 0; i < p->nnics && c->state != CLONE_THERE; i++) {
		mac_format(c->macs[i], mac);
		printf("  %s", mac);
		if (c->addresses[i]) {
			ipv4_format(c->addresses[i], ip);
			printf(" %s", ip);
		}
	}
	putchar('\n');
}

static void show_changes(const struct clone_run *run)
{
	const json_t *row;
	const struct clone *c = first_of(&run->plan);
	size_t i;

	if (!json_array_size(run->preview) || !c)
		return;
	printf("inside %s%s%s:\n", c->name, *run->os ? ", a " : "", run->os);
	json_array_foreach(run->preview, i, row)
	{
		const char *reason = json_get_text(row, "reason");
		struct strbuf line = {0};

		strbuf_printf(&line, "%s %s %s: %s -> %s", json_get_text(row, "action"),
			      json_get_text(row, "kind"), json_get_text(row, "where"),
			      json_get_text(row, "old"), json_get_text(row, "new"));
		if (reason)
			strbuf_printf(&line, " (%s)", reason);
		printf("  ");
		show_plain(strbuf_str(&line));
		putchar('\n');
		strbuf_fini(&line);
	}
}

static void show_warnings(const struct clone_run *run)
{
	for (size_t i = 0; i < run->nwarnings; i++) {
		printf("note: ");
		show_plain(run->warnings[i]);
		putchar('\n');
	}
}

static void show_seeding(const struct clone_run *run, const char *indent)
{
	const char *reason = run->seeding.choice.reason;

	if (run->seeding.carrier == CARRY_AUTO ||
	    (run->seeding.carrier == CARRY_NONE && !run->plan.spec->cloud.asked))
		return;
	printf("%sseed: %s%s", indent, carry_names[run->seeding.carrier],
	       reason && *reason ? " (" : "\n");
	if (reason && *reason) {
		show_plain(reason);
		printf(")\n");
	}
}

void clone_show_findings(const struct clone_run *run, bool errors_only)
{
	for (size_t i = 0; i < run->findings.count; i++) {
		const struct finding *f = &run->findings.items[i];
		struct strbuf plain = {0};

		if (f->warning && errors_only)
			continue;
		strbuf_add_plain(&plain, f->text, 0);
		fprintf(stderr, "%s%s\n", f->warning ? "warning: " : "", strbuf_str(&plain));
		strbuf_fini(&plain);
	}
}

void clone_show_plan(const struct clone_run *run)
{
	const struct plan *p = &run->plan;
	size_t shown = 0;

	printf("%s, template %.12s, into %s\n", p->source->title, p->digest, p->folder);
	printf("%zu to make, %zu there, %zu to replace%s", p->make, p->there, p->replace,
	       p->foreign ? "" : "\n");
	if (p->foreign)
		printf(", %zu of other shares\n", p->foreign);
	if (run->fleet.key_drawn)
		printf("no key yet: one will be drawn, and the identities will be others than "
		       "these (--key FILE fixes them)\n");
	for (size_t i = 0; i < p->nclones && shown < SHOWN_MAX; i++)
		if (p->clones[i].state != CLONE_FOREIGN) {
			show_clone(p, &p->clones[i]);
			shown++;
		}
	if (p->nclones - p->foreign > shown)
		printf("  ... and %zu more (--format json lists all)\n",
		       p->nclones - p->foreign - shown);
	show_changes(run);
	show_seeding(run, "");
	if (run->seed.len) {
		struct strbuf lines = {0};

		strbuf_add_lines(&lines, strbuf_str(&run->seed), false);
		fputs(strbuf_str(&lines), stdout);
		strbuf_fini(&lines);
	}
	show_warnings(run);
	printf("nothing was written (--dry-run)\n");
}

/* ---- the summary ---- */

static void show_word(const char *text)
{
	/* Copied into a shell, it must be one word. */
	for (const char *s = text; *s; s++) {
		if ((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') ||
		    (*s >= 'A' && *s <= 'Z') || *s == '/' || *s == '.' || *s == '-' || *s == '_')
			putchar(*s);
		else
			printf("\\%c", *s);
	}
}

/* "{}" is the file, "{dir}" its folder, "{name}" the clone's name. */
static void show_next(const struct plan *p, const struct target *t, const struct clone *c)
{
	printf("  %-8s ", t->name);
	for (const char *s = t->next; *s; s++) {
		if (str_starts(s, "{}")) {
			show_word(p->spec->output);
			printf("/%s/%s", c->name, t->file);
			s++;
		} else if (str_starts(s, "{dir}")) {
			show_word(p->spec->output);
			printf("/%s", c->name);
			s += 4;
		} else if (str_starts(s, "{name}")) {
			printf("%s", c->name);
			s += 5;
		} else {
			putchar(*s);
		}
	}
	putchar('\n');
}

/* A guest with host keys takes logins, and known_hosts has its keys: nothing is asked. */
static void show_login(const struct plan *p, const struct clone *c)
{
	const json_t *record = ledger_find(p->ledger, c->lower);

	if (!record || !json_array_size(json_object_get(record, "ssh_host_keys")))
		return;
	printf("log in:\n  ssh -F ");
	show_word(p->spec->output);
	printf("/ssh_config");
	/* QEMU's own network has no way in but a forwarded port. */
	if (!c->addresses[0] && str_eq(p->spec->targets[0], "qemu") && !p->spec->nnetworks)
		printf(" -p 2222 -o HostName=127.0.0.1 %s   "
		       "(started with NET=user,hostfwd=tcp:127.0.0.1:2222-:22)\n",
		       c->name);
	else
		printf(" %s\n", c->name);
}

void clone_show_summary(const struct clone_run *run, double seconds)
{
	const struct plan *p = &run->plan;
	const struct clone *c = first_of(p);
	size_t made = run->result.made;
	char size[32], each[32];

	if (!made) {
		printf("0 steps: all %zu clones of %s stand in %s\n", p->there, p->source->title,
		       p->folder);
		return;
	}
	size_text(run->result.bytes, size);
	size_text(run->result.bytes / made, each);
	printf("made %zu clone%s of %s in %.2f s%s", made, made == 1 ? "" : "s", p->source->title,
	       seconds, run->base.made ? " (with the verified base)" : "");
	if (p->there)
		printf("; %zu were there", p->there);
	printf("\n  %s in %s (%s each%s)\n", size, p->folder, each,
	       run->result.shared ? "; the rest is shared by reflink" : "");
	show_seeding(run, "  ");
	if (run->keys_made >= KEYS_WORTH_A_WORD)
		printf("  %zu RSA host keys were made for them, which took most of the time: "
		       "prepare them "
		       "beforehand (--fill-key-pool %zu),\n  or leave them out (--ssh-keys "
		       "modern)\n",
		       run->keys_made, run->keys_made);
	show_warnings(run);
	if (c) {
		printf("start one:\n");
		for (size_t i = 0; i < p->spec->ntargets; i++)
			show_next(p, target_find(p->spec->targets[i]), c);
		show_login(p, c);
	}
}

/* ---- JSON ---- */

static json_t *clone_json(const struct plan *p, const struct clone *c)
{
	const json_t *record = ledger_find(p->ledger, c->lower);
	json_t *row = json_object(), *macs = json_array();
	char text[UUID_TEXT], mac[MAC_TEXT];

	json_set_text(row, "name", c->name);
	json_set_text(row, "state", state_names[c->state]);
	if (record) {
		json_object_set_new(row, "smbios_uuid",
				    json_text(json_get_text(record, "smbios_uuid")));
		json_object_set_new(row, "machine_id",
				    json_text(json_get_text(record, "machine_id")));
		json_object_set(row, "macs", json_object_get(record, "macs"));
		json_decref(macs);
		return row;
	}
	uuid_format(&c->smbios, text);
	json_set_text(row, "smbios_uuid", text);
	hex_format(c->machine_id.bytes, 16, text);
	json_set_text(row, "machine_id", text);
	for (size_t i = 0; i < p->nnics; i++) {
		mac_format(c->macs[i], mac);
		json_array_append_new(macs, json_text(mac));
	}
	json_object_set_new(row, "macs", macs);
	return row;
}

void clone_show_json(const struct clone_run *run, bool dry_run)
{
	const struct plan *p = &run->plan;
	json_t *root = json_object(), *list = json_array();
	struct strbuf text = {0};

	json_set_text(root, "schema", "vmint.clone/1");
	json_set_text(root, "folder", p->folder);
	json_set_text(root, "template", p->digest);
	json_object_set_new(root, "dry_run", json_boolean(dry_run));
	json_object_set_new(root, "made", json_integer((json_int_t)run->result.made));
	json_object_set_new(root, "there", json_integer((json_int_t)p->there));
	json_object_set_new(root, "to_make", json_integer((json_int_t)(p->make + p->replace)));
	json_object_set_new(root, "bytes", json_integer((json_int_t)run->result.bytes));
	json_object_set_new(root, "reflinked", json_boolean(run->result.shared));
	for (size_t i = 0; i < p->nclones; i++)
		if (p->clones[i].state != CLONE_FOREIGN)
			json_array_append_new(list, clone_json(p, &p->clones[i]));
	json_object_set_new(root, "clones", list);
	if (run->seeding.carrier != CARRY_AUTO) {
		json_set_text(root, "seed_carrier", carry_names[run->seeding.carrier]);
		json_set_text(root, "seed_reason", run->seeding.choice.reason);
	}
	if (run->seed.len)
		json_set_text(root, "seed", strbuf_str(&run->seed));
	if (run->preview)
		json_object_set(root, "changes", run->preview);
	json_add(&text, root);
	fputs(strbuf_str(&text), stdout);
	strbuf_fini(&text);
	json_decref(root);
}

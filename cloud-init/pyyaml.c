/* What PyYAML refuses and libyaml lets pass. */
#include "cloud-init/pyyaml.h"

#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

/* ---- documents ---- */

static bool is_mark(struct seed_text line, const char *mark)
{
	return line.size >= 3 && !memcmp(line.bytes, mark, 3) &&
	       (line.size == 3 || isspace((unsigned char)line.bytes[3]));
}

static bool is_content(struct seed_text line)
{
	return line.size && !strchr("#%\r", *line.bytes);
}

/* libyaml stops behind the first document. */
static void check_one_document(struct seed_text t, struct findings *f)
{
	bool content = false, ended = false;
	struct seed_text line;

	for (unsigned number = 1; seed_text_line(&t, &line); number++) {
		bool begins = is_mark(line, "---");

		if (content && (begins || (ended && is_content(line) && !is_mark(line, "...")))) {
			finding_add_line(
				f, false, number,
				"a second YAML document begins here; there may be one only");
			return;
		}
		if (is_mark(line, "..."))
			ended = true;
		else if (begins)
			content = line.size > 4;
		else
			content |= is_content(line);
	}
}

static void check_tabs(struct seed_text t, struct findings *f)
{
	struct yaml_node at = {0};

	if (yaml_find_tab(t.bytes, t.size, &at.line, &at.column))
		finding_add(f, false, &at,
			    "a tab: cloud-init's YAML wants blanks outside of quotes and blocks");
}

/* ---- values ---- */

/* YAML's own types, and the one cloud-init adds. */
static bool is_known_tag(const char *tag)
{
	static const char *const known[] = {
		"!",
		"tag:yaml.org,2002:str",
		"tag:yaml.org,2002:int",
		"tag:yaml.org,2002:float",
		"tag:yaml.org,2002:bool",
		"tag:yaml.org,2002:null",
		"tag:yaml.org,2002:binary",
		"tag:yaml.org,2002:timestamp",
		"tag:yaml.org,2002:seq",
		"tag:yaml.org,2002:map",
		"tag:yaml.org,2002:set",
		"tag:yaml.org,2002:omap",
		"tag:yaml.org,2002:pairs",
		"tag:yaml.org,2002:python/unicode",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(tag, known[i]))
			return true;
	return false;
}

static bool is_plain(const struct yaml_node *n, const char *text)
{
	return n->kind == YAML_TEXT && !n->quoted && !n->tag && str_eq(n->text, text);
}

/* PyYAML passes over what is no base64, and wants the last group complete. */
static bool is_base64(const char *text)
{
	size_t digits = 0, pads = 0;

	for (; *text; text++) {
		digits += isalnum((unsigned char)*text) || *text == '+' || *text == '/';
		pads += *text == '=';
	}
	return digits % 4 == 0 || (digits % 4 > 1 && digits % 4 + pads >= 4);
}

/* "<<" takes the members of a map, or of each in a list. */
static bool can_be_merged(const struct yaml_node *n)
{
	for (size_t i = 0; n->kind == YAML_LIST && i < n->count; i++)
		if (n->items[i]->kind != YAML_MAP)
			return false;
	return n->kind != YAML_TEXT;
}

static void check_node(const struct yaml_node *n, bool key, struct findings *f)
{
	if (n->tag && !is_known_tag(n->tag))
		finding_add(f, false, n, "cloud-init knows no YAML tag '%.60s'", n->tag);
	else if (n->tag && str_ends(n->tag, ":binary") && n->kind == YAML_TEXT &&
		 !is_base64(n->text))
		finding_add(f, false, n, "the base64 text of this !!binary is not whole");
	else if (is_plain(n, "=") || (is_plain(n, "<<") && !key))
		finding_add(f, false, n, "'%s' has a meaning of its own in YAML: put it in quotes",
			    n->text);
	else if (key && n->kind != YAML_TEXT)
		finding_add(f, false, n, "a key must be text, not a %s",
			    n->kind == YAML_LIST ? "list" : "map");
}

/* The depth is bounded by yaml_parse's limits. */
static void check_values(const struct yaml_node *n, struct findings *f)
{
	bool map = n->kind == YAML_MAP;

	for (size_t i = 0; i < n->count; i++) {
		bool key = map && i % 2 == 0;

		check_node(n->items[i], key, f);
		if (map && !key && is_plain(n->items[i - 1], "<<") && !can_be_merged(n->items[i]))
			finding_add(f, false, n->items[i], "<<: wants a map, or a list of maps");
		check_values(n->items[i], f);
	}
}

static unsigned line_of(struct seed_text t, const char *at)
{
	unsigned line = 1;

	for (const char *p = t.bytes; p < at; p++)
		line += *p == '\n';
	return line;
}

bool pyyaml_parse(struct seed_text t, struct findings *f, struct yaml_node **root)
{
	const char *nul = t.size ? memchr(t.bytes, '\0', t.size) : NULL;
	struct err e = {0};

	*root = NULL;
	if (nul) {
		finding_add_line(f, false, line_of(t, nul), "a NUL byte in YAML");
		return false;
	}
	if (yaml_parse_duplicates(f->a, t.bytes, t.size, "", root, &e) < 0) {
		finding_add_yaml(f, &e);
		return false;
	}
	check_one_document(t, f);
	check_tabs(t, f);
	if (!*root)
		return false;
	check_node(*root, false, f);
	check_values(*root, f);
	return true;
}

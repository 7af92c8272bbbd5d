/* Values out of a JSON file, one a line, for shell scripts.
 *
 *	pick FILE PATH...     PATH: verdict, cause.id, checks[kvm.node].verdict, profiles[kvm].cause.id, details.place.0
 *
 * [ID] picks the member of an array whose "id" is ID. What is not there is printed as "-". */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *by_id(json_t *array, const char *id)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		const char *s = json_string_value(json_object_get(item, "id"));

		if (s && !strcmp(s, id))
			return item;
	}
	return NULL;
}

/* A key may hold dots ("facts.kvm.node.text"): the longest key that is there wins. */
static json_t *longest_key(json_t *object, const char *path, size_t *n)
{
	char word[128];
	json_t *v;

	for (*n = strcspn(path, "["); *n; (*n)--) {
		if (path[*n] && path[*n] != '.' && path[*n] != '[')
			continue;
		snprintf(word, sizeof word, "%.*s", (int)*n, path);
		v = json_object_get(object, word);
		if (v)
			return v;
	}
	return NULL;
}

static json_t *walk(json_t *at, const char *path)
{
	char word[128];
	size_t n;

	while (at && *path) {
		if (*path == '[') {
			n = strcspn(path, "]");
			snprintf(word, sizeof word, "%.*s", (int)n - 1, path + 1);
			at = by_id(at, word);
			n += path[n] == ']';
		} else if (json_is_array(at)) {
			n = strcspn(path, ".[");
			at = json_array_get(at, strtoul(path, NULL, 10));
		} else {
			at = longest_key(at, path, &n);
		}
		path += n;
		path += *path == '.';
	}
	return at;
}

static void print_value(const json_t *v)
{
	char *text;

	if (!v || json_is_null(v)) {
		puts("-");
	} else if (json_is_string(v)) {
		puts(json_string_value(v));
	} else {
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
		puts(text ? text : "-");
		free(text);
	}
}

int main(int argc, char **argv)
{
	json_error_t why;
	json_t *root;

	if (argc < 3) {
		fprintf(stderr, "usage: pick FILE PATH...\n");
		return 2;
	}
	root = json_load_file(argv[1], 0, &why);
	if (!root) {
		fprintf(stderr, "pick: %s:%d: %s\n", argv[1], why.line, why.text);
		return 1;
	}
	for (int i = 2; i < argc; i++)
		print_value(walk(root, argv[i]));
	json_decref(root);
	return 0;
}

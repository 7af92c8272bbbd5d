/* The trial as one line of JSON, which is what a capture keeps, and back. */
#include "probe/trial.h"

#include "base/scope.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static const char *const states[] = {
	[STEP_NOT_REACHED] = "not-reached", [STEP_ENTERED] = "entered",
	[STEP_PASSED] = "passed",           [STEP_FAILED] = "failed",
	[STEP_NOT_OFFERED] = "not-offered", [STEP_HUNG] = "hung",
};

static const char *const ends[] = {
	[TRIAL_ENDED] = "ended",
	[TRIAL_KILLED] = "killed",
	[TRIAL_CRASHED] = "crashed",
	[TRIAL_NOT_STARTED] = "not-started",
};

/* The numbers of the notes that are not steps. Signed and 32-bit ones are read through their own columns. */
static const struct number {
	const char *name;
	size_t offset, size;
} numbers[] = {
#define NUMBER(member_)                                                                            \
	{                                                                                          \
#member_, offsetof(struct trial_notes, member_),                                   \
			sizeof(((struct trial_notes *)0)->member_)                                 \
	}
	NUMBER(rdonly_err),
	NUMBER(node_mode),
	NUMBER(node_major),
	NUMBER(node_minor),
	NUMBER(api),
	NUMBER(mmap_size),
	NUMBER(uid),
	NUMBER(gid),
	NUMBER(loop_count),
	NUMBER(loop_guest_ns),
	NUMBER(native_count),
	NUMBER(native_ns),
	NUMBER(exit_count),
	NUMBER(exit_ns),
	NUMBER(limit_nofile),
	NUMBER(limit_as),
	NUMBER(limit_nproc),
	NUMBER(elapsed_us),
	NUMBER(cpu_hypervisor),
#undef NUMBER
};

static int word_index(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; word && i < n; i++)
		if (str_eq(words[i], word))
			return (int)i;
	return -1;
}

static json_t *step_json(const struct step_result *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "state", json_string(states[r->state]));
	if (r->err)
		json_object_set_new(o, "errno", json_integer(r->err));
	if (r->exit || r->rip)
		json_object_set_new(o, "exit", json_integer(r->exit));
	if (r->suberror)
		json_object_set_new(o, "suberror", json_integer(r->suberror));
	if (r->hardware)
		json_object_set_new(o, "hardware", json_integer((json_int_t)r->hardware));
	if (r->rip)
		json_object_set_new(o, "rip", json_integer((json_int_t)r->rip));
	return o;
}

static json_int_t number_get(const struct trial_notes *n, const struct number *row)
{
	const char *at = (const char *)n + row->offset;
	int32_t narrow;
	int64_t wide;

	if (row->size == sizeof narrow) {
		memcpy(&narrow, at, sizeof narrow);
		return narrow;
	}
	memcpy(&wide, at, sizeof wide);
	return wide;
}

static void number_set(struct trial_notes *n, const struct number *row, json_int_t v)
{
	char *at = (char *)n + row->offset;
	int32_t narrow = (int32_t)v;
	int64_t wide = v;

	if (row->size == sizeof narrow)
		memcpy(at, &narrow, sizeof narrow);
	else
		memcpy(at, &wide, sizeof wide);
}

void trial_format(struct strbuf *out, const struct trial *t)
{
	const struct trial_notes *n = &t->notes;
	json_t *o = json_object(), *steps = json_object(), *groups = json_array();
	char *text;

	json_object_set_new(o, "end", json_string(ends[t->end]));
	if (t->err)
		json_object_set_new(o, "errno", json_integer(t->err));
	for (int s = 0; s < STEP_COUNT; s++)
		if (n->steps[s].state != STEP_NOT_REACHED)
			json_object_set_new(steps, step_name(s), step_json(&n->steps[s]));
	json_object_set_new(o, "steps", steps);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		json_object_set_new(o, numbers[i].name, json_integer(number_get(n, &numbers[i])));
	for (uint32_t i = 0; i < n->ngroups; i++)
		json_array_append_new(groups, json_integer(n->groups[i]));
	json_object_set_new(o, "groups", groups);
	text = json_dumps(o, JSON_COMPACT);
	strbuf_add(out, text ? text : "{}");
	free(text);
	json_decref(o);
}

static bool parse_step(struct trial_notes *n, const char *name, json_t *o)
{
	int s = 0, state = word_index(states, ARRAY_SIZE(states),
				      json_string_value(json_object_get(o, "state")));

	while (s < STEP_COUNT && !str_eq(step_name(s), name))
		s++;
	if (s == STEP_COUNT)
		return true; /* a later version's step */
	if (state < 0)
		return false;
	n->steps[s] = (struct step_result){
		.state = (uint32_t)state,
		.err = (int32_t)json_integer_value(json_object_get(o, "errno")),
		.exit = (uint32_t)json_integer_value(json_object_get(o, "exit")),
		.suberror = (uint32_t)json_integer_value(json_object_get(o, "suberror")),
		.hardware = (uint64_t)json_integer_value(json_object_get(o, "hardware")),
		.rip = (uint64_t)json_integer_value(json_object_get(o, "rip")),
	};
	return n->steps[s].err >= 0;
}

static void decref_at(json_t **o)
{
	json_decref(*o);
}

bool trial_parse(struct trial *t, const char *text)
{
	SCOPED(decref_at) json_t *o = json_loads(text, 0, NULL);
	int end = word_index(ends, ARRAY_SIZE(ends), json_string_value(json_object_get(o, "end")));
	json_t *groups = json_object_get(o, "groups"), *step;
	const char *name;

	memset(t, 0, sizeof *t);
	if (end < 0)
		return false;
	t->end = (enum trial_end)end;
	t->err = (int)json_integer_value(json_object_get(o, "errno"));
	json_object_foreach(json_object_get(o, "steps"), name, step)
	{
		if (!parse_step(&t->notes, name, step))
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		number_set(&t->notes, &numbers[i],
			   json_integer_value(json_object_get(o, numbers[i].name)));
	for (size_t i = 0; i < json_array_size(groups) && i < TRIAL_GROUPS; i++)
		t->notes.groups[t->notes.ngroups++] =
			(uint32_t)json_integer_value(json_array_get(groups, i));
	t->notes.done = t->end == TRIAL_ENDED;
	return t->err >= 0;
}

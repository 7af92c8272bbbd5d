/* fleet.json: every clone that stands in the output folder, with its identity. Secrets are never in it. */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "provision/seen.h"

#include <stdbool.h>

#define LEDGER_FILE "fleet.json"
#define IDENTITY_FILE "identity.json"

struct ledger {
	struct arena *a;
	json_t *root;    /* vmint.fleet/1 */
	json_t *clones;  /* its list; borrowed */
	json_t *recipes; /* its map: id -> recipe; borrowed */
	json_t *index;   /* lower-case name -> record; borrowed records */
	bool found;      /* it was there */
	bool dirty;      /* it is to be written */
};

/* Reads it from the output folder, and takes in clones that an interrupted run had finished but not yet listed. */
int ledger_open(struct ledger *l, struct arena *a, int out, struct err *e);
void ledger_close(struct ledger *l);

/* The record of a clone by its lower-case name, or NULL; borrowed. */
json_t *ledger_find(const struct ledger *l, const char *lower);
/* Takes the record; one of the same name is replaced. recipe is borrowed. */
void ledger_put(struct ledger *l, const char *lower, json_t *record, const char *recipe_id,
		json_t *recipe);
/* Sorts by name, and drops recipes that nobody has. */
void ledger_tidy(struct ledger *l);
/* The same, and writes, synced. */
int ledger_write(struct ledger *l, int out, struct err *e);

/* What differs between two recipes, as "memory: 1024 -> 2048; ..."; at most n bytes. */
void recipe_difference(const json_t *was, const json_t *now, char *out, size_t n);
/* A short id of a recipe's contents. */
int recipe_id(const json_t *recipe, char out[17], struct err *e);

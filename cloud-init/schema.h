/* cloud-init's JSON schemas as rows, and what it means to fit one. The rows are made by schema.py. */
#pragma once

#include "cloud-init/finding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a YAML value is to cloud-init; also the bits of a schema's "type". */
enum schema_type {
	SCHEMA_NULL = 1,
	SCHEMA_BOOLEAN = 2,
	SCHEMA_INTEGER = 4,
	SCHEMA_NUMBER = 8,
	SCHEMA_STRING = 16,
	SCHEMA_ARRAY = 32,
	SCHEMA_OBJECT = 64,
	SCHEMA_DATE = 128, /* a bare 2030-01-31: no JSON type at all */
};

/* A run of rows in one of the tables. */
struct schema_slice {
	uint16_t start, count;
};

struct schema_limit {
	bool set;
	int64_t value;
};
#define SCHEMA_AT(n)                                                                               \
	{                                                                                          \
		true, (n)                                                                          \
	}

/* Node 0 fits everything, and stands for "not given" where a node is meant. */
struct schema_node {
	uint8_t types; /* 0: any */
	bool closed;   /* no members but those listed */
	bool unique;
	uint16_t rest;                            /* members that are not listed */
	uint16_t items, never;                    /* never: "not" */
	struct schema_slice properties, patterns; /* of schema_properties */
	struct schema_slice required;             /* of schema_words */
	struct schema_slice values;               /* of schema_values: "enum" */
	struct schema_slice all, any, one;        /* of schema_lists: nodes */
	uint16_t min_items, max_items, min_properties, max_length;
	struct schema_limit low, high;
	const char *pattern;    /* read as an extended regular expression */
	const char *deprecated; /* the version since when */
};

struct schema_property {
	const char *name; /* or a pattern */
	uint16_t node;
};

struct schema_value {
	enum schema_type type;
	const char *text;
};

enum schema_id { SCHEMA_OF_CLOUD_CONFIG, SCHEMA_OF_NETWORK_V1, SCHEMA_OF_NETWORK_V2 };

/* "cloud-init 25.3, ..." */
const char *schema_version(void);

/* Adds what does not fit as errors, what is deprecated or looks mistyped as warnings. */
void schema_check(const struct yaml_node *n, enum schema_id id, struct findings *found);

/* By PyYAML's rules, which are cloud-init's: yes, 0x10, 60-based numbers and dates are not text. */
enum schema_type schema_type_of(const struct yaml_node *n);

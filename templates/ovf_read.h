/* What the parts of the OVF reader share. Private to templates/ovf_*.c. */
#pragma once

#include "templates/ovf.h"

struct ovf_reading {
	struct arena *a;
	struct ovf *ovf;
	struct err *e;
	size_t warnings_room, problems_room;
};

/* "NAME:LINE: <sentence>"; returns -EINVAL. */
int ovf_refuse(struct ovf_reading *r, const struct xml_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* What keeps the template from being used; reading goes on. */
void ovf_problem(struct ovf_reading *r, const struct xml_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void ovf_warn(struct ovf_reading *r, const struct xml_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What kind of element this is: its name, or in OVF 0.9 its xsi:type without "_Type". */
const char *ovf_kind(const struct xml_node *n);
const struct xml_node *ovf_section(const struct xml_node *n, const char *kind);
/* Never NULL: "" when absent, trimmed. */
const char *ovf_text(struct ovf_reading *r, const struct xml_node *n, const char *child);
const char *ovf_attr(const struct xml_node *n, const char *name);
bool ovf_attr_true(const struct xml_node *n, const char *name, bool otherwise);

void ovf_read_hardware(struct ovf_reading *r, struct ovf_system *s, const struct xml_node *n);
void ovf_read_product(struct ovf_reading *r, struct ovf_system *s, const struct xml_node *n);
void ovf_read_item(struct ovf_reading *r, const struct xml_node *n, struct ovf_item *i);
void ovf_read_systems(struct ovf_reading *r, const struct xml_node *root);
void ovf_check(struct ovf_reading *r);
void ovf_check_parts(struct ovf_reading *r, const struct ovf_system *s);

/* What the files of the spec's cloud-init section share. */
#pragma once

#include "provision/spec_keys.h"

int spec_take_text(const char **to, struct spec_reading *r, const char *value, struct err *e);
int spec_take_flag(bool *to, const char *value, struct err *e);
int spec_take_item(struct seed_list *to, struct spec_reading *r, const char *value, struct err *e);

int spec_read_user_data(struct spec_reading *r, const struct yaml_node *n, struct err *e);
int spec_read_vendor_data(struct spec_reading *r, const struct yaml_node *n, struct err *e);
int spec_read_network_config(struct spec_reading *r, const struct yaml_node *n, struct err *e);
int spec_read_meta(struct spec_reading *r, const struct yaml_node *n, struct err *e);
int spec_read_properties(struct spec_reading *r, const struct yaml_node *n, struct err *e);
int spec_read_users(struct spec_reading *r, const struct yaml_node *n, struct err *e);
int spec_read_writes(struct spec_reading *r, const struct yaml_node *n, struct err *e);

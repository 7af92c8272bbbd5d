/* YAML as cloud-init reads it: with PyYAML, which refuses some of what libyaml lets pass. */
#pragma once

#include "base/yaml.h"
#include "cloud-init/finding.h"
#include "cloud-init/seed.h"

#include <stdbool.h>

/* Tells whether there is a tree to look at; what is wrong is added, also what PyYAML alone minds. */
bool pyyaml_parse(struct seed_text t, struct findings *f, struct yaml_node **root);

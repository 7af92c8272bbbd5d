/* Whether cloud-init will understand a seed, found out before anybody boots it. */
#pragma once

#include "cloud-init/finding.h"
#include "cloud-init/seed.h"

/* Each adds what is wrong to found, whose arena and name the caller has set; lines count from the text's first.
 * user-data (and vendor-data) may be anything cloud-init takes: cloud-config, archives, MIME, gzip, scripts... */
void check_user_data(struct seed_text t, struct findings *found);
void check_meta_data(struct seed_text t, struct findings *found);
/* macs: those the machine has, so that a match for another machine's is found; NULL when not known. */
void check_network_config(struct seed_text t, const struct seed_list *macs, struct findings *found);

/* All texts that a seed passes through, under their own names. */
void check_seed(const struct seed *s, const struct seed_list *macs, struct findings *found);

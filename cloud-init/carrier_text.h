/* Carriers that are no disks: the OVF environment, VMware's guestinfo, SMBIOS strings. */
#pragma once

#include "cloud-init/seed.h"
#include "cloud-init/substitute.h"

/* ovf-env.xml with these properties, which PropertySection's keys are filled from. */
int ovf_environment(struct arena *a, const struct seed_variables *properties, struct seed_text *out,
		    struct err *e);
/* The properties cloud-init's OVF data source reads a seed from: instance-id, hostname, public-keys, user-data and
 * network-config; those in extra besides. */
int ovf_properties(struct arena *a, const struct seed *s, const struct seed_files *files,
		   const struct seed_variables *extra, struct seed_variables *out, struct err *e);

/* guestinfo.metadata and so on, as VMware's tools and cloud-init's VMware data source have them, base64. */
void guestinfo_properties(struct arena *a, const struct seed_files *files,
			  struct seed_variables *out);

/* For `-smbios type=1,serial=`: "ds=nocloud;h=HOST;i=ID;s=URL"; url may be NULL when a disk carries the seed.
 * -EINVAL for what the string cannot hold. */
int smbios_serial(struct arena *a, const char *hostname, const char *instance_id, const char *url,
		  const char **out, struct err *e);

/* For `-smbios type=11,value=`, one each: systemd credentials for guests without cloud-init. The host name, root's and
 * the users' keys and passwords, users, the time zone and locale. */
int smbios_credentials(struct arena *a, const struct seed *s, struct seed_list *out, struct err *e);

/* The options of every verb that reads a template. */
#pragma once

#include "base/opts.h"
#include "templates/template.h"

struct template_settings {
	struct trust_options trust;
	struct opt_list properties;
	const char *configuration, *input_format;
};

/* clang-format off */
#define TEMPLATE_OPTIONS(s)                                                                        \
	{0, "property", OPT_LIST, &(s)->properties, "KEY=VALUE",                                   \
	 "set a property of the template; may be repeated"},                                       \
	{0, "configuration", OPT_TEXT, &(s)->configuration, "ID",                                  \
	 "one of the template's configurations"},                                                  \
	{0, "input-format", OPT_TEXT, &(s)->input_format, "FORMAT",                                \
	 "of a bare disk image: raw, qcow2, vmdk, vdi, vhd, vhdx"},                                \
	{0, "ca", OPT_TEXT, &(s)->trust.ca, "FILE",                                                \
	 "PEM file of the authorities that may sign"},                                             \
	{0, "fingerprint", OPT_TEXT, &(s)->trust.fingerprint, "HEX",                               \
	 "SHA-256 of the certificate that must have signed"},                                      \
	{0, "require-manifest", OPT_FLAG, &(s)->trust.require_manifest, NULL,                      \
	 "no manifest is an error"},                                                               \
	{0, "require-signature", OPT_FLAG, &(s)->trust.require_signature, NULL,                    \
	 "no signature is an error"}
/* clang-format on */

static inline struct template_choices template_choices_of(const struct template_settings *s)
{
	return (struct template_choices){
		.configuration = s->configuration,
		.properties = s->properties.items,
		.nproperties = s->properties.count,
		.disk_format = s->input_format,
	};
}

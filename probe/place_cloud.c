/* Whose cloud this machine stands in, by what its firmware says. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

static const struct {
	enum dmi_field field;
	const char *text; /* begins with; "*x": holds x */
	const char *cloud;
} clouds[] = {
	{DMI_BIOS_VENDOR, "Amazon EC2", "Amazon EC2"},
	{DMI_SYS_VENDOR, "Amazon EC2", "Amazon EC2"},
	{DMI_BIOS_VERSION, "*.amazon", "Amazon EC2"},
	{DMI_SYS_VENDOR, "Google", "Google Compute Engine"},
	{DMI_PRODUCT_NAME, "Google Compute Engine", "Google Compute Engine"},
	{DMI_CHASSIS_ASSET_TAG, "7783-7084-3265-9085-8269-3286-77", "Microsoft Azure"},
	{DMI_CHASSIS_ASSET_TAG, "OracleCloud.com", "Oracle Cloud"},
	{DMI_SYS_VENDOR, "Alibaba Cloud", "Alibaba Cloud"},
	{DMI_SYS_VENDOR, "Alibaba", "Alibaba Cloud"},
	{DMI_PRODUCT_NAME, "Alibaba Cloud", "Alibaba Cloud"},
	{DMI_SYS_VENDOR, "Tencent Cloud", "Tencent Cloud"},
	{DMI_SYS_VENDOR, "Huawei Cloud", "Huawei Cloud"},
	{DMI_CHASSIS_ASSET_TAG, "HUAWEICLOUD", "Huawei Cloud"},
	{DMI_SYS_VENDOR, "DigitalOcean", "DigitalOcean"},
	{DMI_SYS_VENDOR, "Hetzner", "Hetzner"},
	{DMI_SYS_VENDOR, "Vultr", "Vultr"},
	{DMI_SYS_VENDOR, "UpCloud", "UpCloud"},
	{DMI_SYS_VENDOR, "Scaleway", "Scaleway"},
	{DMI_SYS_VENDOR, "Linode", "Akamai (Linode)"},
	{DMI_SYS_VENDOR, "Akamai", "Akamai (Linode)"},
	{DMI_SYS_VENDOR, "Exoscale", "Exoscale"},
	{DMI_PRODUCT_NAME, "Exoscale", "Exoscale"},
	{DMI_SYS_VENDOR, "CloudSigma", "CloudSigma"},
	{DMI_PRODUCT_NAME, "CloudSigma", "CloudSigma"},
	{DMI_SYS_VENDOR, "OVHcloud", "OVHcloud"},
	{DMI_CHASSIS_ASSET_TAG, "ibmcloud", "IBM Cloud"},
	{DMI_PRODUCT_NAME, "OpenStack", "OpenStack"},
	{DMI_SYS_VENDOR, "OpenStack", "OpenStack"},
};

void place_gather_cloud(struct host *h)
{
	struct place *p = &h->place;

	if (!p->dmi.found) {
		p->cloud = fact_unknown(p->dmi.source, p->dmi.err);
		return;
	}
	p->cloud = fact_no(p->dmi.source);
	for (size_t i = 0; i < ARRAY_SIZE(clouds); i++) {
		const char *v = dmi_get(&p->dmi, clouds[i].field), *want = clouds[i].text;

		if (!(want[0] == '*' ? strstr(v, want + 1) != NULL : str_starts(v, want)))
			continue;
		p->cloud = fact_text(arena_printf(h->a, "DMI %s", dmi_field_name(clouds[i].field)),
				     clouds[i].cloud);
		return;
	}
}

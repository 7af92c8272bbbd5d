/* CRC-32C (Castagnoli), by the processor's own instruction where it has one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Continues from crc; nothing is inverted, before or after: ext4's and iSCSI's building block. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

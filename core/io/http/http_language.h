/* http_language.h - which of our two languages an Accept-Language header (RFC 9110, 12.5.4) asks
 * for. */
#ifndef CORE_IO_HTTP_HTTP_LANGUAGE_H
#define CORE_IO_HTTP_HTTP_LANGUAGE_H

#include "core/base/err.h"

/* The acceptable one with the higher weight; the earlier one of equals; English if neither is named
 * (or `accept` is NULL). zh-CN, zh-Hant, ... all count as zh. */
enum gov_language http_language_parse(const char *accept);

#endif

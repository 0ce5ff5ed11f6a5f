/* file_quota.h - a tenant whose files fill what it may store. */
#ifndef CORE_STORE_FILE_FILE_QUOTA_H
#define CORE_STORE_FILE_FILE_QUOTA_H

#include "core/base/err.h"

/* Always false: QUOTA_EXCEEDED, worded. */
bool file_quota_exceeded(struct gov_err *err);

#endif

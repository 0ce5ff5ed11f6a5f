#include "core/store/file/file_quota.h"

bool file_quota_exceeded(struct gov_err *err)
{
    return gov_fail(err, GOV_QUOTA_EXCEEDED,
                    "the team's files fill what it may store; shorten how long files are kept (settings, retention), or "
                    "order more room",
                    "团队文件已占满存储配额；请缩短文件保留期（设置中的 retention）或订购更多空间");
}

#include "core/io/http/http_language.h"

#include <string.h>
#include <strings.h>

/* "q=0.8" after a tag, in thousandths; 1000 without one, 0 for nonsense. */
static int weight(const char *parameters, const char *end)
{
    const char *q = parameters + strspn(parameters, "; \t");

    if (q >= end)
        return 1000;
    if (strncasecmp(q, "q=", 2) != 0 || q + 3 > end || (q[2] != '0' && q[2] != '1'))
        return 0;
    int thousandths = (q[2] - '0') * 1000;
    if (q + 3 < end && q[3] == '.')
        for (int i = 4, unit = 100; i < 7 && q + i < end && q[i] >= '0' && q[i] <= '9'; i++) {
            thousandths += (q[i] - '0') * unit;
            unit /= 10;
        }
    return thousandths > 1000 ? 1000 : thousandths;
}

enum gov_language http_language_parse(const char *accept)
{
    enum gov_language best = GOV_EN;
    int best_weight = 0;

    while (accept && *accept) {
        const char *tag = accept + strspn(accept, " \t");
        const char *end = tag + strcspn(tag, ",");
        size_t tag_bytes = strcspn(tag, ",; \t");
        size_t primary = strcspn(tag, ",;- \t");
        int q = weight(tag + tag_bytes, end);
        if (primary == 2 && q > best_weight &&
            (strncasecmp(tag, "zh", 2) == 0 || strncasecmp(tag, "en", 2) == 0)) {
            best = strncasecmp(tag, "zh", 2) == 0 ? GOV_ZH : GOV_EN;
            best_weight = q;
        }
        accept = *end ? end + 1 : end;
    }
    return best;
}

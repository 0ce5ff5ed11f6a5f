#include "worker/run/run_prewarm.h"

#include <sodium.h>
#include <string.h>

void run_prewarm(const struct worker *w, const char *tenant, const char *tree, const char *runtime)
{
    uint8_t digest[SANDBOX_DIGEST_BYTES];
    size_t length = 0;

    if (w->sandbox && tree &&
        sodium_hex2bin(digest, sizeof digest, tree, strlen(tree), NULL, &length, NULL) == 0 &&
        length == sizeof digest)
        sandbox_prepare(w->sandbox, tenant, digest, runtime);
}

#include "worker/run/run_prewarm.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static bool digest_of(const char *hex, uint8_t digest[SANDBOX_DIGEST_BYTES])
{
    size_t length = 0;

    return hex && sodium_hex2bin(digest, SANDBOX_DIGEST_BYTES, hex, strlen(hex), NULL, &length, NULL) == 0 &&
           length == SANDBOX_DIGEST_BYTES;
}

void run_prewarm(const struct worker *w, const char *tenant, const char *tree, const char *runtime)
{
    uint8_t digest[SANDBOX_DIGEST_BYTES], wheels[SANDBOX_DIGEST_BYTES] = { 0 };
    const char *plus = strchr(runtime, '+');
    char name[16];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(runtime, "+"), runtime);
    if (w->sandbox && digest_of(tree, digest) && (!plus || digest_of(plus + 1, wheels)))
        sandbox_prepare(w->sandbox, tenant, digest, wheels, name);
}

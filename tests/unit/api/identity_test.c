#include "api/identity.h"

#include <string.h>

#include "tests/lib/test.h"

static const char hash[] = "\\x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* Every text of a caller, so that one that is added has to be added here. */
static const char **texts(struct caller *c, size_t at)
{
    const char **all[] = { &c->token_hash, &c->email, &c->name, &c->tenant_name, &c->tenant_state, &c->suspended_code,
                           &c->suspended_since, &c->timezone, &c->locale };
    return at < sizeof all / sizeof *all ? all[at] : NULL;
}

static void what_is_remembered_outlives_the_answer_it_came_from(void **state)
{
    struct identities *identities = identities_new();
    struct arena first, second;
    struct caller c = { .kind = CALLER_SESSION, .role = ROLE_OPERATOR };
    const char **text;

    (void)state;
    arena_init(&first);
    arena_init(&second);
    for (size_t i = 0; (text = texts(&c, i)) != NULL; i++)
        *text = arena_text(&first, i ? "of the first call" : hash);
    identity_keep(identities, identities_epoch(identities), &c, "csrf");
    const struct caller asked = c;
    arena_release(&first);

    const struct identity *found = identity_find(identities, hash, &second);
    assert_non_null(found);
    struct caller kept = found->caller;
    for (size_t i = 0; (text = texts(&kept, i)) != NULL; i++) {
        struct caller was = asked;
        assert_ptr_not_equal(*text, *texts(&was, i));
        assert_string_equal(*text, i ? "of the first call" : hash);
    }
    assert_string_equal(found->csrf_hash, "csrf");
    arena_release(&second);
    identities_free(identities);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_remembered_outlives_the_answer_it_came_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

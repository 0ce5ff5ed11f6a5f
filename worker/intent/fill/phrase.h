/* phrase.h - a request as the rules read it: code points, tokens, and which of them are taken.
 *
 * Positions are code points of the original text throughout; folded code points stand at the same
 * positions. A token is a run of letters and digits (a run that starts with digits ends with
 * them: "5km" is two), one CJK character, or one punctuation mark.
 */
#ifndef WORKER_INTENT_FILL_PHRASE_H
#define WORKER_INTENT_FILL_PHRASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"

enum token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_CJK, TOKEN_MARK };

struct token {
    size_t start, end;
    enum token_kind kind;
    uint64_t stem; /* of words with units unified ("kg" = "kilograms"); the character otherwise */
    bool capital;  /* written with a capital or in a script without case */
};

struct phrase {
    const char *utf8;
    size_t bytes;
    size_t length; /* code points */
    uint32_t *raw;
    uint32_t *fold;
    size_t *byte_at; /* [length + 1] */
    bool *taken;
    struct token *tokens;
    size_t token_count;
};

/* `text` is UTF-8 and lives as long as `phrase`. */
void phrase_init(struct phrase *phrase, const char *text, size_t bytes, struct arena *arena);

bool phrase_free(const struct phrase *phrase, size_t start, size_t end);
void phrase_take(struct phrase *phrase, size_t start, size_t end);
/* The original text of a span, in the arena. */
char *phrase_text(const struct phrase *phrase, size_t start, size_t end, struct arena *arena);

/* Does `pattern` (UTF-8, folded) stand at `at`? Returns its code points, 0 if not. Letters must not
 * go on to the left or right: "may" is not in "maybe". */
size_t phrase_match(const struct phrase *phrase, size_t at, const char *pattern);
/* First match at or after `from`; `length` gets its code points. False: none. */
bool phrase_find(const struct phrase *phrase, size_t from, const char *pattern, size_t *at,
                 size_t *length);
size_t phrase_skip_space(const struct phrase *phrase, size_t at);
/* The first token that ends after `at`; token_count if none. */
size_t phrase_token_at(const struct phrase *phrase, size_t at);

/* What a word's token.stem would be. */
uint64_t phrase_stem(const char *word, size_t bytes);

#endif

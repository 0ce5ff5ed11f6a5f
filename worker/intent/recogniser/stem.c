#include "worker/intent/recogniser/stem.h"

#include <stdbool.h>
#include <string.h>

static bool ends(const uint32_t *word, size_t length, const char *suffix)
{
    size_t n = strlen(suffix);
    if (n > length)
        return false;
    for (size_t i = 0; i < n; i++)
        if (word[length - n + i] != (unsigned char)suffix[i])
            return false;
    return true;
}

static bool is_vowel(uint32_t c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

static bool has_vowel(const uint32_t *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (is_vowel(word[i]))
            return true;
    return false;
}

/* After -ing and -ed: "runn" -> "run", but "bill", "pass", "buzz" stay; a final e is dropped from
 * every word at the end, so "mak(ing)" and "make" meet. */
static size_t undouble(const uint32_t *word, size_t length)
{
    if (length >= 4 && word[length - 1] == word[length - 2] && !is_vowel(word[length - 1]) &&
        word[length - 1] != 'l' && word[length - 1] != 's' && word[length - 1] != 'z')
        return length - 1;
    return length;
}

static size_t plural(uint32_t *word, size_t length)
{
    if (length < 4 || word[length - 1] != 's' || ends(word, length, "ss") ||
        ends(word, length, "us") || ends(word, length, "is"))
        return length;
    if (ends(word, length, "ies") && length > 4) {
        word[length - 3] = 'y';
        return length - 2;
    }
    if (ends(word, length, "sses") || ends(word, length, "xes") || ends(word, length, "ches") ||
        ends(word, length, "shes") || ends(word, length, "zzes"))
        return length - 2;
    return length - 1;
}

size_t stem_word(uint32_t *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (word[i] < 'a' || word[i] > 'z')
            return length;
    length = plural(word, length);
    if (length >= 6 && ends(word, length, "ing") && has_vowel(word, length - 3))
        length = undouble(word, length - 3);
    else if (length >= 5 && ends(word, length, "ied"))
        word[(length -= 2) - 1] = 'y';
    else if (length >= 5 && ends(word, length, "ed") && has_vowel(word, length - 2) &&
             !ends(word, length, "eed"))
        length = undouble(word, length - 2);
    if (length >= 4 && word[length - 1] == 'e' && !is_vowel(word[length - 2]))
        length--;
    return length;
}

/* db_array.c - dimensions, a flag for nulls, the element's type, length and lower bound; then each
 * element with its length (-1: null). All numbers in network order. */
#include "core/io/db/db_array.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/base/check.h"

enum { HEAD_WORDS = 5, HEAD_BYTES = HEAD_WORDS * sizeof(uint32_t), EMPTY_BYTES = 3 * sizeof(uint32_t) /* no dimension */,
       JSONB_VERSION = 1, UUID_BYTES = 16 };

static void add_word(struct db_array *array, uint32_t word)
{
    word = htonl(word);
    buf_add(&array->bytes, &word, sizeof word);
}

static void begin_element(struct db_array *array)
{
    if (array->count++ > 0)
        return;
    buf_reserve(&array->bytes, HEAD_BYTES); /* written at the end */
    array->bytes.length = HEAD_BYTES;
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void add_uuid(struct db_array *array, const char *text)
{
    unsigned char *out = (unsigned char *)buf_reserve(&array->bytes, UUID_BYTES);

    for (int i = 0; i < UUID_BYTES; i++) {
        if (*text == '-')
            text++;
        CHECK(text[0] && text[1]);
        out[i] = (unsigned char)(digit(text[0]) << 4 | digit(text[1]));
        text += 2;
    }
    array->bytes.length += UUID_BYTES;
}

void db_array_add_null(struct db_array *array)
{
    begin_element(array);
    array->has_null = true;
    add_word(array, UINT32_MAX);
}

void db_array_add(struct db_array *array, const char *text)
{
    CHECK(array->type != DB_INTS && array->type != DB_MOMENTS);
    if (!text || (array->type == DB_UUIDS && !*text)) {
        db_array_add_null(array);
        return;
    }
    begin_element(array);
    if (array->type == DB_UUIDS) {
        add_word(array, UUID_BYTES);
        add_uuid(array, text);
    } else {
        size_t bytes = strlen(text);
        bool jsonb = array->type == DB_JSONBS;
        add_word(array, (uint32_t)bytes + jsonb);
        if (jsonb)
            buf_add_char(&array->bytes, JSONB_VERSION);
        buf_add(&array->bytes, text, bytes);
    }
}

void db_array_add_int(struct db_array *array, int64_t number)
{
    bool moment = array->type == DB_MOMENTS;

    CHECK(moment || (array->type == DB_INTS && number == (int32_t)number));
    if (moment && number != INT64_MAX && number != INT64_MIN)
        number -= DB_2000_US;
    begin_element(array);
    add_word(array, moment ? sizeof(int64_t) : sizeof(int32_t));
    if (moment)
        add_word(array, (uint32_t)((uint64_t)number >> 32));
    add_word(array, (uint32_t)number);
}

struct db_param db_array_end(struct db_array *array)
{
    uint32_t head[HEAD_WORDS] = { htonl(array->count > 0), htonl(array->has_null), htonl((uint32_t)array->type),
                                  htonl(array->count), htonl(1) };
    if (array->count == 0) /* no dimension */
        buf_add(&array->bytes, head, EMPTY_BYTES);
    else
        memcpy(array->bytes.data, head, sizeof head);
    return (struct db_param){ array->bytes.data, (int)array->bytes.length };
}

void db_array_release(struct db_array *array)
{
    buf_release(&array->bytes);
}

size_t db_ids(const struct db_rows *rows, int row, int column, struct id **ids, struct arena *arena)
{
    const char *array = db_text(rows, row, column);
    size_t count = 0, room = strlen(array) / (sizeof(*ids)->text - 1) + 1;

    *ids = ARENA_ARRAY(arena, struct id, room);
    for (const char *at = array + strspn(array, "{"); *at && *at != '}'; at += strspn(at, ",")) {
        size_t length = strcspn(at, ",}");
        if (count < room && id_parse(arena_copy(arena, at, length), &(*ids)[count]))
            count++;
        at += length;
    }
    return count;
}

/* remote.c - libcurl's easy interface: a program that does one thing at a time needs no loop.
 *
 * Redirects are not followed: a token must not travel to where a Location says. A proxy of the
 * environment is used, but never for this machine. */
#include "cli/net/remote.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/net/remote_problem.h"
#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/base/id.h"
#include "core/base/json.h"
#include "core/base/text.h"

enum { CONNECT_MS = 10 * 1000, ANSWER_S = 60, SILENCE_S = 45 };

struct remote {
    CURL *curl;
};

struct transfer {
    const struct remote_call *call;
    struct cli *cli;
    struct buf body;
    bool too_large, stopped;
    struct remote_answer *answer;
    char fault[CURL_ERROR_SIZE];
    FILE *file; /* the body comes from here; NULL: it does not */
};

static struct remote *remote_of(struct cli *cli)
{
    if (!cli->remote) {
        cli->remote = ARENA_NEW(&cli->arena, struct remote);
        CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
        cli->remote->curl = curl_easy_init();
        CHECK(cli->remote->curl);
    }
    return cli->remote;
}

void remote_free(struct remote *remote)
{
    if (!remote)
        return;
    curl_easy_cleanup(remote->curl);
    curl_global_cleanup();
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    size_t bytes = size * count;
    long status = 0;

    curl_easy_getinfo(t->cli->remote->curl, CURLINFO_RESPONSE_CODE, &status);
    if (t->call->sink && status >= 200 && status < 300) {
        t->stopped = !t->call->sink(t->call->sink_into, data, bytes);
        return t->stopped ? 0 : bytes;
    }
    if (t->body.length + bytes > REMOTE_BODY_BYTES_MAX) {
        t->too_large = true;
        return 0;
    }
    buf_add(&t->body, data, bytes);
    return bytes;
}

/* The value of header `name` if this line is it. */
static const char *header_value(struct cli *cli, const char *line, size_t bytes, const char *name)
{
    size_t length = strlen(name);

    if (bytes <= length || strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    line += length + 1;
    bytes -= length + 1;
    while (bytes > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        bytes--;
    }
    while (bytes > 0 && (line[bytes - 1] == '\r' || line[bytes - 1] == '\n'))
        bytes--;
    return arena_copy(&cli->arena, line, bytes);
}

static size_t take_header(char *data, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    const struct {
        const char *name;
        const char **into;
    } wanted[] = { { "ETag", &t->answer->etag }, { "Date", &t->answer->date } };

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const char *value = header_value(t->cli, data, size * count, wanted[i].name);
        if (value)
            *wanted[i].into = value;
    }
    return size * count;
}

static void add_header(struct curl_slist **headers, struct cli *cli, const char *name,
                       const char *value)
{
    if (!value)
        return;
    *headers = curl_slist_append(*headers, arena_format(&cli->arena, "%s: %s", name, value));
    CHECK(*headers);
}

static struct curl_slist *make_headers(struct cli *cli, const struct remote_call *call)
{
    struct curl_slist *headers = NULL;
    struct id key = id_new();

    add_header(&headers, cli, "Accept", call->accept ? call->accept : "application/json");
    add_header(&headers, cli, "Accept-Language", cli->language == GOV_ZH ? "zh-CN" : "en");
    add_header(&headers, cli, "Expect", ""); /* curl would wait a second for 100-continue */
    if (!call->anonymous && cli->profile.token)
        add_header(&headers, cli, "Authorization",
                   arena_format(&cli->arena, "Bearer %s", cli->profile.token));
    add_header(&headers, cli, "If-Match", call->if_match);
    if (call->range_from > 0) {
        add_header(&headers, cli, "Range", arena_format(&cli->arena, "bytes=%lld-", (long long)call->range_from));
        add_header(&headers, cli, "If-Range", call->if_range);
    }
    if (call->piece_bytes > 0)
        add_header(&headers, cli, "Upload-Offset",
                   arena_format(&cli->arena, "%lld", (long long)call->piece_from));
    add_header(&headers, cli, "Last-Event-ID", call->last_event_id);
    if (call->wait_s > 0)
        add_header(&headers, cli, "Prefer", arena_format(&cli->arena, "wait=%d", call->wait_s));
    if (strcmp(call->method, "POST") == 0)
        add_header(&headers, cli, "Idempotency-Key",
                   call->idempotency_key ? call->idempotency_key : key.text);
    if (call->body)
        add_header(&headers, cli, "Content-Type", "application/json");
    else if (call->upload && !call->part)
        add_header(&headers, cli, "Content-Type", "application/octet-stream");
    return headers;
}

static bool is_this_machine(const char *url)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    return text_starts(host, "127.") || text_starts(host, "localhost") ||
           text_starts(host, "[::1]");
}

static void set_common(CURL *curl, struct cli *cli, const struct remote_call *call,
                       struct transfer *t)
{
    curl_easy_setopt(curl, CURLOPT_URL,
                     arena_format(&cli->arena, "%s%s", cli->profile.url, call->path));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "execgov-cli/" EXECGOV_VERSION);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->fault);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    if (is_this_machine(cli->profile.url))
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
    /* Bytes that move are never cut by the clock; silence is. */
    bool moves_files = call->endless || call->upload || call->sink;
    long silence = call->endless ? SILENCE_S : ANSWER_S;
    if (moves_files) {
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, silence + call->wait_s);
    } else {
        long limit = ANSWER_S;
        if (cli->timeout_s > 0 && cli->timeout_s < limit)
            limit = cli->timeout_s;
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, limit + call->wait_s);
    }
    if (call->limit_ms > 0)
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, call->limit_ms);
}

static curl_mime *make_parts(CURL *curl, const struct remote_call *call)
{
    curl_mime *parts = curl_mime_init(curl);

    CHECK(parts);
    for (const char *const *field = call->fields; field && field[0]; field += 2) {
        curl_mimepart *part = curl_mime_addpart(parts);
        curl_mime_name(part, field[0]);
        curl_mime_data(part, field[1], CURL_ZERO_TERMINATED);
    }
    curl_mimepart *part = curl_mime_addpart(parts);
    curl_mime_name(part, call->part);
    curl_mime_filedata(part, call->upload);
    curl_mime_filename(part, call->part_filename);
    curl_mime_type(part, "application/octet-stream");
    return parts;
}

/* libcurl sends a body again when a connection that it used before turns out dead: from where the piece begins. */
static int seek_body(void *transfer, curl_off_t offset, int origin)
{
    struct transfer *t = transfer;

    return origin == SEEK_SET && fseeko(t->file, t->call->piece_from + offset, SEEK_SET) == 0 ? CURL_SEEKFUNC_OK
                                                                                              : CURL_SEEKFUNC_FAIL;
}

/* Set the body. `t->file` and `*parts` are released by the caller. */
static bool set_body(CURL *curl, struct cli *cli, struct transfer *t, curl_mime **parts, struct gov_err *err)
{
    const struct remote_call *call = t->call;
    FILE **file = &t->file;
    struct stat info;

    if (call->upload) {
        *file = fopen(call->upload, "re");
        if (!*file || fstat(fileno(*file), &info) != 0 || !S_ISREG(info.st_mode))
            return gov_fail_at(err, GOV_INVALID_INPUT, call->upload, "unreadable",
                               "%s cannot be read as a file", "无法读取文件 %s", call->upload);
    }
    if (call->part) {
        *parts = make_parts(curl, call);
        curl_easy_setopt(curl, CURLOPT_MIMEPOST, *parts);
    } else if (call->upload) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_READDATA, *file);
        curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(curl, CURLOPT_SEEKDATA, t);
        if (fseeko(*file, call->piece_from, SEEK_SET) != 0)
            return gov_fail_at(err, GOV_INVALID_INPUT, call->upload, "unreadable",
                               "%s cannot be read as a file", "无法读取文件 %s", call->upload);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)(call->piece_bytes ? call->piece_bytes : info.st_size));
    } else if (call->body) {
        const char *text = json_text(&cli->arena, call->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(text));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
    } else if (strcmp(call->method, "POST") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    return true;
}

static bool finish(struct cli *cli, struct transfer *t, CURLcode result, struct gov_err *err)
{
    struct remote_answer *answer = t->answer;

    curl_easy_getinfo(cli->remote->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    const char *said = t->fault[0] ? t->fault : curl_easy_strerror(result);
    if (t->too_large)
        return gov_fail(err, GOV_INTERNAL, "the answer is longer than %d bytes",
                        "响应超过 %d 字节", REMOTE_BODY_BYTES_MAX);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return gov_fail(err, GOV_DEADLINE, "%s did not answer in time: %s", "%s 未及时响应：%s",
                        cli->profile.url, said);
    if (result != CURLE_OK && !t->stopped)
        return gov_fail(err, GOV_SERVER_UNREACHABLE, "%s cannot be reached: %s",
                        "无法连接 %s：%s", cli->profile.url, said);
    answer->body = arena_copy(&cli->arena, buf_text(&t->body), t->body.length);
    answer->bytes = t->body.length;
    if (!remote_problem_judge(cli, answer, err))
        return false;
    /* Who asked for JSON may rely on it; 204 has none. */
    if (!t->call->accept && !t->call->sink && answer->status != 204 && !answer->json)
        return gov_fail(err, GOV_INTERNAL, "%s %s was not answered with JSON; is %s ExecGov?",
                        "%s %s 的响应不是 JSON；%s 是 ExecGov 吗？", t->call->method, t->call->path,
                        cli->profile.url);
    return true;
}

bool remote_send(struct cli *cli, const struct remote_call *call, struct remote_answer *answer,
                 struct gov_err *err)
{
    CURL *curl = remote_of(cli)->curl;
    struct transfer t = { .call = call, .cli = cli, .answer = answer };
    curl_mime *parts = NULL;

    memset(answer, 0, sizeof *answer);
    answer->body = "";
    cli->problem = NULL;
    curl_easy_reset(curl);
    set_common(curl, cli, call, &t);
    struct curl_slist *headers = make_headers(cli, call);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    bool done = set_body(curl, cli, &t, &parts, err);
    if (done)
        done = finish(cli, &t, curl_easy_perform(curl), err);
    curl_slist_free_all(headers);
    curl_mime_free(parts);
    if (t.file)
        fclose(t.file);
    buf_release(&t.body);
    return done;
}

bool remote_get(struct cli *cli, const char *path, const json_t **json, struct gov_err *err)
{
    struct remote_answer answer;

    if (!remote_send(cli, &(struct remote_call){ .method = "GET", .path = path }, &answer, err))
        return false;
    *json = answer.json;
    return true;
}

bool remote_post(struct cli *cli, const char *path, const json_t *body, const json_t **json,
                 struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = { .method = "POST", .path = path, .body = body };

    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (json)
        *json = answer.json;
    return true;
}

const char *remote_segment(struct cli *cli, const char *text)
{
    char *escaped = curl_easy_escape(remote_of(cli)->curl, text, 0);
    CHECK(escaped);
    const char *kept = arena_text(&cli->arena, escaped);
    curl_free(escaped);
    return kept;
}

const char *remote_path(struct cli *cli, const char *path, ...)
{
    struct buf out = { 0 };
    char separator = strchr(path, '?') ? '&' : '?';
    const char *name;
    va_list args;

    buf_add_text(&out, path);
    va_start(args, path);
    while ((name = va_arg(args, const char *))) {
        const char *value = va_arg(args, const char *);
        if (value) {
            buf_addf(&out, "%c%s=%s", separator, name, remote_segment(cli, value));
            separator = '&';
        }
    }
    va_end(args);
    const char *kept = arena_text(&cli->arena, out.data);
    buf_release(&out);
    return kept;
}

bool remote_list(struct cli *cli, const char *path, size_t most, json_t **items, const char **next,
                 struct gov_err *err)
{
    const char *cursor = NULL;

    *items = json_own(&cli->arena, json_array());
    do {
        const json_t *page, *item;
        size_t i;
        size_t left = most ? most - json_array_size(*items) : 200;
        char limit[24];
        snprintf(limit, sizeof limit, "%zu", left < 200 ? left : 200);
        const char *full = remote_path(cli, path, "limit", limit, "cursor", cursor, NULL);
        if (!remote_get(cli, full, &page, err))
            return false;
        json_array_foreach(json_object_get(page, "items"), i, item)
            json_array_append(*items, (json_t *)item);
        cursor = json_get_text(page, "next_cursor");
        if (i == 0)
            break;
    } while (cursor && (most == 0 || json_array_size(*items) < most));
    if (next)
        *next = cursor;
    return true;
}

void remote_list_print(const json_t *items, const char *next)
{
    json_t *list = json_pack("{s:O, s:s?}", "items", items, "next_cursor", next);

    cli_print_json(list);
    json_decref(list);
}

/* http_client.h - HTTP requests to strangers: libcurl on the loop, with the rules against being used
 * to reach what is ours (docs/security.md).
 *
 * The address that a socket is opened to is checked after the name was resolved, for every connection, so
 * there is no gap between looking and connecting. A connection is used again only by reads, and where a client is made
 * for one tenant and one host (`reuse`); it still leads to the address that was checked. Only global
 * unicast addresses pass, and those of `open`. No proxy, no redirects, http and https only, no
 * user-info, TLS verified, bounded in time and bytes.
 */
#ifndef CORE_IO_HTTP_CLIENT_H
#define CORE_IO_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/ip_class.h"
#include "core/io/op/op.h"

struct http_client;
struct mail_envelope;

struct http_client_options {
    struct ip_nets open;   /* networks that are reached although they are not global */
    int transfers_max;     /* at the same time, others wait [16] */
    int host_max;          /* of them to one host and port [all] */
    const char *agent;     /* User-Agent */
    bool reuse;            /* keep connections: for a client that calls one host for one tenant */
};

/* One exchange. The caller fills `in`; texts must live until the op goes on. */
struct http_exchange {
    /* in */
    const char *method;         /* GET, POST, … */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; no CR, LF or NUL */
    const char *body;           /* NULL: none */
    size_t body_bytes;
    int64_t timeout_ms;         /* of all of it */
    size_t answer_bytes_max;    /* counted after inflating; more is cut off and no failure (see cut) */
    bool inflate;               /* offer gzip and deflate */
    const struct mail_envelope *mail; /* not NULL: a letter for a mail server, see mail.h */
    /* out */
    int status;                 /* 0: no answer, see err */
    char *answer;               /* in the op's arena, NUL-terminated; "" */
    size_t answer_bytes;
    bool cut;                   /* there was more than answer_bytes_max */
    bool sent;                  /* bytes of the request may have arrived, also where status is 0 */
    const char *answer_headers; /* "name: value\n…" in the op's arena, 32 KB at most */
    int64_t retry_after_s;      /* of the answer's Retry-After, in seconds; 0: none */
    /* ADDRESS_REFUSED, INVALID_INPUT (not such a URL), DEADLINE, SHUTTING_DOWN (cut), or OVERLOADED for a peer that cannot be
     * reached, with libcurl's words as cause. */
    struct gov_err err;
};

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options);
/* As if every connection had died: transfers that run end with SHUTTING_DOWN, `sent` tells whether they had left, and
 * every later one ends so at once. */
void http_client_cut(struct http_client *client);
/* Cuts, and frees the handle when the loop has let go of it. */
void http_client_stop(struct http_client *client);

/* Other networks from now on, for connections that are opened from now on. */
void http_client_reopen(struct http_client *client, const struct ip_nets *open);

/* As I/O of `op`; never fails it. */
void http_client_send(struct op *op, struct http_client *client, struct http_exchange *exchange);

/* Is this an address that could be called at all: http(s), a host, no user-info? `host` (may be NULL)
 * gets the host in lower case, in the arena. */
bool http_client_url_valid(const char *url, struct arena *arena, const char **host);
/* The same for a mail server: smtp or smtps. */
bool http_client_mail_url_valid(const char *url, struct arena *arena);

#endif

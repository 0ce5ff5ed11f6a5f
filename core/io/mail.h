/* mail.h - the envelope of a letter that a http_client hands to a mail server.
 *
 * An http_exchange with `mail` is an SMTP submission: its url is smtp:// (STARTTLS, required unless `plain`) or
 * smtps://, its body the whole letter, headers first, lines ending with CR LF. The status is the server's last
 * reply (250 it was taken, 4yz not now, 5yz never), the answer headers are its lines. One letter, one recipient:
 * the reply is then about him. The rules about addresses and time are the client's, as for HTTP.
 */
#ifndef CORE_IO_MAIL_H
#define CORE_IO_MAIL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

struct mail_envelope {
    const char *from, *to;        /* bare addresses; no CR, LF, < or > */
    const char *user, *password;  /* NULL: the server wants none. Sent only under TLS */
    const char *ca_pem;           /* NULL: the system's authorities */
    bool plain;                   /* no TLS; refused together with a password */
};

/* What is left to send of a letter; lives as long as the transfer. */
struct mail_body {
    const char *data;
    size_t bytes, sent;
    struct curl_slist *recipients;
};

/* The transfer's options; `body` begins at its start. Free it with mail_body_free. */
void mail_set(CURL *easy, const struct mail_envelope *envelope, struct mail_body *body);
void mail_body_free(struct mail_body *body);

#endif

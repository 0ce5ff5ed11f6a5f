#include "core/io/mail.h"

#include <string.h>

#include "core/base/check.h"

static size_t on_read(char *into, size_t one, size_t bytes, void *letter)
{
    struct mail_body *body = letter;
    size_t room = one * bytes, left = body->bytes - body->sent;
    size_t take = left < room ? left : room;

    memcpy(into, body->data + body->sent, take);
    body->sent += take;
    return take;
}

void mail_set(CURL *easy, const struct mail_envelope *envelope, struct mail_body *body)
{
    struct curl_blob ca = { (void *)(size_t)envelope->ca_pem, envelope->ca_pem ? strlen(envelope->ca_pem) : 0,
                            CURL_BLOB_COPY };

    CHECK(!envelope->plain || !envelope->password);
    body->recipients = curl_slist_append(NULL, envelope->to);
    CHECK(body->recipients);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_USE_SSL, envelope->plain ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (envelope->ca_pem)
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
    if (envelope->password) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, envelope->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, envelope->password);
    }
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, envelope->from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, body->recipients);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, body);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body->bytes);
}

void mail_body_free(struct mail_body *body)
{
    curl_slist_free_all(body->recipients);
    body->recipients = NULL;
}

#include "api/money/money.h"

#define ADMIN(verb, path, may, name) ROUTE(verb, "/v1/platform/" path, ACCESS_PLATFORM, MAY_PLATFORM_##may, name)
/* A file inside of JSON. */
#define FILES(path, name)                                                                          \
    { .method = "POST", .pattern = "/v1/platform/" path, .access = ACCESS_PLATFORM,               \
      .permission = MAY_PLATFORM_MANAGE_ORDERS, .steps = name##_steps, .bytes = &name##_bytes,    \
      .body_bytes_max = 6 * 1024 * 1024 }
/* A tenant that is shut down still orders and pays: that is how it comes back. */
#define OWN(verb, path, may, name)                                                                 \
    { .method = (verb), .pattern = (path), .access = ACCESS_TENANT, .permission = (may),           \
      .steps = name##_steps, .bytes = &name##_bytes, .while_suspended = true }

const struct route money_routes[] = {
    ADMIN("GET", "editions", READ_ORDERS, edition_list),
    ADMIN("POST", "editions", MANAGE_EDITIONS, edition_create),
    ADMIN("POST", "editions/{code}/versions", MANAGE_EDITIONS, edition_version_create),
    ADMIN("GET", "customers", READ_ORDERS, customer_list),
    ADMIN("POST", "customers", MANAGE_ORDERS, customer_create),
    ADMIN("GET", "customers/{id}", READ_ORDERS, customer_get),
    ADMIN("PATCH", "customers/{id}", MANAGE_ORDERS, customer_change),
    ADMIN("PUT", "customers/{id}/contacts", MANAGE_ORDERS, customer_contacts_put),
    ADMIN("GET", "customers/{id}/timeline", READ_ORDERS, customer_timeline),
    ADMIN("GET", "orders", READ_ORDERS, order_list),
    ADMIN("POST", "orders", MANAGE_ORDERS, order_create),
    ADMIN("GET", "orders/{id}", READ_ORDERS, order_get),
    ADMIN("POST", "orders/{id}/publish", MANAGE_ORDERS, order_publish),
    ADMIN("POST", "orders/{id}/report-payment", MANAGE_ORDERS, order_report),
    ADMIN("POST", "orders/{id}/confirm-payment", MANAGE_ORDERS, order_confirm),
    ADMIN("POST", "orders/{id}/activate", MANAGE_ORDERS, order_activate),
    ADMIN("POST", "orders/{id}/cancel", MANAGE_ORDERS, order_cancel),
    ADMIN("POST", "orders/{id}/refund", MANAGE_ORDERS, order_refund),
    ADMIN("GET", "payments", READ_ORDERS, payment_list),
    ADMIN("POST", "payments/apply", MANAGE_ORDERS, payment_apply),
    ADMIN("POST", "payments/{id}/return", MANAGE_ORDERS, payment_return),
    ADMIN("GET", "payments/events", READ_ORDERS, payment_event_list),
    { .method = "POST", .pattern = "/v1/platform/payments/webhooks/{provider}", .access = ACCESS_ANYBODY,
      .steps = payment_webhook_steps, .bytes = &payment_webhook_bytes, .body_bytes_max = 256 * 1024, .signed_body = true },
    ADMIN("GET", "payment-providers", READ_ORDERS, payment_provider_list),
    ADMIN("PUT", "payment-providers/{code}", MANAGE_CREDENTIALS, payment_provider_put),
    ADMIN("GET", "finance-tasks", READ_ORDERS, finance_task_list),
    ADMIN("POST", "finance-tasks/{id}/done", MANAGE_ORDERS, finance_task_done),
    ADMIN("GET", "statement-formats", READ_ORDERS, statement_format_list),
    ADMIN("PUT", "statement-formats/{code}", MANAGE_ORDERS, statement_format_put),
    FILES("payments/statements", statement_create),
    FILES("payments/reconciliations", reconciliation_create),
    ADMIN("GET", "approvals", READ_ORDERS, approval_list),
    ADMIN("POST", "approvals/{id}/approve", APPROVE_MONEY, approval_approve),
    ADMIN("POST", "approvals/{id}/reject", APPROVE_MONEY, approval_reject),
    ADMIN("GET", "subscriptions", READ_ORDERS, subscription_list),
    ADMIN("GET", "subscriptions/{id}", READ_ORDERS, subscription_get),
    ADMIN("POST", "subscriptions/{id}/holds", MANAGE_ORDERS, subscription_hold),
    ADMIN("POST", "subscriptions/{id}/holds/{hold}/release", MANAGE_ORDERS, subscription_release),
    ADMIN("POST", "subscriptions/{id}/cancel", MANAGE_ORDERS, subscription_cancel),
    ADMIN("POST", "subscriptions/{id}/continue", MANAGE_ORDERS, subscription_continue),
    ADMIN("POST", "subscriptions/{id}/retry", MANAGE_ORDERS, subscription_retry),
    ADMIN("POST", "subscriptions/{id}/edition", MANAGE_ORDERS, subscription_edition),
    ADMIN("POST", "subscriptions/{id}/override", MANAGE_ORDERS, subscription_override),
    ADMIN("POST", "subscriptions/{id}/notice", MANAGE_ORDERS, subscription_notice),
    ADMIN("POST", "subscriptions/{id}/terminate", MANAGE_ORDERS, subscription_terminate),
    ADMIN("GET", "subscriptions/{id}/explain", READ_ORDERS, subscription_explain),
    ADMIN("POST", "lifecycle/scans", RUN_LIFECYCLE, scan_create),
    ADMIN("GET", "lifecycle/scans", READ_ORDERS, scan_list),
    ADMIN("GET", "lifecycle/scans/{id}", READ_ORDERS, scan_get),
    ADMIN("GET", "lifecycle/clock", READ_ORDERS, clock_get),
    ADMIN("POST", "lifecycle/clock", RUN_LIFECYCLE, clock_advance),
    ADMIN("GET", "lifecycle/check", READ_ORDERS, lifecycle_check),
    ADMIN("GET", "reports", READ_REPORTS, report_list),
    ADMIN("GET", "reports/{name}", READ_REPORTS, report_get),
    ADMIN("GET", "periods", READ_REPORTS, period_list),
    ADMIN("GET", "periods/{month}", READ_REPORTS, period_get),
    ADMIN("POST", "periods/{month}/close", CLOSE_PERIODS, period_close),
    ADMIN("POST", "periods/{month}/reopen", CLOSE_PERIODS, period_reopen),
    ADMIN("GET", "calendars", READ_ORDERS, calendar_list),
    ADMIN("POST", "calendars", MANAGE_CALENDARS, calendar_import),
    ROUTE("GET", "/v1/editions", ACCESS_LOGGED_IN, 0, edition_on_sale),
    OWN("GET", "/v1/orders", MAY_READ_BILLING, own_order_list),
    OWN("POST", "/v1/orders", MAY_MANAGE_BILLING, own_order_create),
    OWN("GET", "/v1/orders/{id}", MAY_READ_BILLING, own_order_get),
    OWN("POST", "/v1/orders/{id}/report-payment", MAY_MANAGE_BILLING, own_order_report),
    OWN("POST", "/v1/orders/{id}/cancel", MAY_MANAGE_BILLING, own_order_cancel),
    OWN("GET", "/v1/subscription", MAY_READ_BILLING, own_subscription),
    { 0 }
};

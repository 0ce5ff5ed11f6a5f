/* money.h - editions, customers, orders, payments, subscriptions: of the platform's finance, and of a tenant
 * that orders by itself. The table of their routes is money/routes.c. */
#ifndef API_MONEY_MONEY_H
#define API_MONEY_MONEY_H

#include "api/endpoint.h"

ENDPOINT(edition_list);
ENDPOINT(edition_on_sale);
ENDPOINT(edition_create);
ENDPOINT(edition_version_create);
ENDPOINT(edition_get);
ENDPOINT(edition_end_sale);
ENDPOINT(edition_reminder_put);
ENDPOINT(reminder_policy_list);
ENDPOINT(reminder_policy_get);
ENDPOINT(reminder_policy_put);
ENDPOINT(subscription_reminder_put);
ENDPOINT(customer_list);
ENDPOINT(customer_get);
ENDPOINT(customer_create);
ENDPOINT(customer_change);
ENDPOINT(customer_contacts_put);
ENDPOINT(order_list);
ENDPOINT(order_get);
ENDPOINT(order_create);
ENDPOINT(order_publish);
ENDPOINT(order_report);
ENDPOINT(order_cancel);
ENDPOINT(order_confirm);
ENDPOINT(order_refund);
ENDPOINT(order_activate);
ENDPOINT(own_order_list);
ENDPOINT(own_order_get);
ENDPOINT(own_order_create);
ENDPOINT(own_order_report);
ENDPOINT(own_order_cancel);
ENDPOINT(own_subscription);
ENDPOINT(invoice_list);
ENDPOINT(invoice_get);
ENDPOINT(invoice_fapiao_put);
ENDPOINT(own_invoice_list);
ENDPOINT(own_invoice_get);
ENDPOINT(seller_list);
ENDPOINT(seller_put);
ENDPOINT(seller_account_put);
ENDPOINT(own_subscription_cancel);
ENDPOINT(own_subscription_continue);
ENDPOINT(payment_list);
ENDPOINT(payment_get);
ENDPOINT(payment_apply);
ENDPOINT(payment_return);
ENDPOINT(payment_event_list);
ENDPOINT(payment_webhook);
ENDPOINT(payment_provider_list);
ENDPOINT(payment_provider_put);
ENDPOINT(finance_task_list);
ENDPOINT(finance_task_done);
ENDPOINT(statement_format_list);
ENDPOINT(statement_format_put);
ENDPOINT(statement_create);
ENDPOINT(fapiao_import);
ENDPOINT(reconciliation_create);
ENDPOINT(subscription_edition);
ENDPOINT(subscription_timezone);
ENDPOINT(subscription_override);
ENDPOINT(clock_get);
ENDPOINT(clock_advance);
ENDPOINT(money_rules_get);
ENDPOINT(money_rule_put);
ENDPOINT(approval_list);
ENDPOINT(approval_approve);
ENDPOINT(approval_reject);
ENDPOINT(approval_emergency);
ENDPOINT(approval_review);
ENDPOINT(subscription_list);
ENDPOINT(subscription_get);
ENDPOINT(subscription_hold);
ENDPOINT(subscription_release);
ENDPOINT(subscription_cancel);
ENDPOINT(subscription_continue);
ENDPOINT(subscription_retry);
ENDPOINT(subscription_notice);
ENDPOINT(subscription_terminate);
ENDPOINT(subscription_explain);
ENDPOINT(scan_create);
ENDPOINT(scan_list);
ENDPOINT(scan_get);
ENDPOINT(lifecycle_check);
ENDPOINT(customer_timeline);
ENDPOINT(report_list);
ENDPOINT(report_get);
ENDPOINT(period_list);
ENDPOINT(period_get);
ENDPOINT(period_close);
ENDPOINT(period_reopen);
ENDPOINT(calendar_list);
ENDPOINT(calendar_import);

extern const struct route money_routes[];

#endif

/* commands.h - the functions of command_table.c, by the file they live in. */
#ifndef CLI_COMMAND_COMMANDS_H
#define CLI_COMMAND_COMMANDS_H

#include <stdbool.h>

#include "cli/args.h"
#include "cli/cli.h"

#define COMMAND(name) bool name(struct cli *cli, const struct args *args, struct gov_err *err)

/* login.c */
COMMAND(command_login);
COMMAND(command_register);
COMMAND(command_logout);
COMMAND(command_whoami);
/* password.c */
COMMAND(command_password_change);
COMMAND(command_password_reset);
COMMAND(command_invitation_accept);
/* runtime.c */
COMMAND(command_runtime_ls);
COMMAND(command_runtime_install);
/* members.c */
COMMAND(command_members_ls);
COMMAND(command_members_invite);
COMMAND(command_members_role);
COMMAND(command_members_remove);
COMMAND(command_members_link);
COMMAND(command_members_reset);
/* tokens.c */
COMMAND(command_tokens_ls);
COMMAND(command_tokens_create);
COMMAND(command_tokens_revoke);
/* list.c */
COMMAND(command_list);
COMMAND(command_skill_show);
/* run.c */
COMMAND(command_run);
COMMAND(command_plan);
/* ask.c */
COMMAND(command_ask);
COMMAND(command_answer);
/* confirmations.c */
COMMAND(command_confirmations_ls);
COMMAND(command_confirmations_show);
COMMAND(command_confirmations_confirm);
COMMAND(command_confirmations_reject);
/* confirmation_talk.c */
COMMAND(command_confirmations_ask);
COMMAND(command_confirmations_reply);
COMMAND(command_confirmations_extend);
COMMAND(command_confirmations_rules);
COMMAND(command_confirmations_rules_set);
/* delegations.c */
COMMAND(command_delegations_ls);
COMMAND(command_delegations_add);
COMMAND(command_delegations_end);
/* runs.c */
COMMAND(command_runs_ls);
COMMAND(command_runs_show);
COMMAND(command_runs_log);
COMMAND(command_runs_cancel);
COMMAND(command_runs_rerun);
COMMAND(command_requests_ls);
COMMAND(command_requests_show);
COMMAND(command_requests_cancel);
/* artifacts.c */
COMMAND(command_artifacts_ls);
COMMAND(command_artifacts_get);
/* files.c */
COMMAND(command_files_ls);
COMMAND(command_files_put);
COMMAND(command_files_get);
/* skill_package.c */
COMMAND(command_skill_init);
COMMAND(command_skill_check);
COMMAND(command_skill_push);
COMMAND(command_skill_try);
/* skill_pull.c */
COMMAND(command_skill_pull);
/* skill_copy.c */
COMMAND(command_skill_copy);
/* signing.c */
COMMAND(command_skill_digest);
COMMAND(command_skill_sign);
COMMAND(command_signing_ls);
COMMAND(command_signing_trust);
COMMAND(command_signing_forget);
COMMAND(command_signing_only);
/* skill_version.c */
COMMAND(command_skill_versions);
COMMAND(command_skill_version);
COMMAND(command_skill_diff);
COMMAND(command_skill_review);
COMMAND(command_skill_publish);
COMMAND(command_skill_rollback);
COMMAND(command_skill_yank);
/* skill_access.c */
COMMAND(command_skill_enable);
COMMAND(command_skill_disable);
COMMAND(command_skill_bindings);
COMMAND(command_skill_allow);
/* unmet.c */
COMMAND(command_unmet_ls);
COMMAND(command_unmet_approve);
COMMAND(command_unmet_reject);
/* schedule.c, schedule_preview.c, schedule_import.c */
COMMAND(command_schedule_ls);
COMMAND(command_schedule_show);
COMMAND(command_schedule_add);
COMMAND(command_schedule_preview);
COMMAND(command_schedule_fire);
COMMAND(command_schedule_pause);
COMMAND(command_schedule_resume);
COMMAND(command_schedule_rm);
COMMAND(command_schedule_firings);
COMMAND(command_schedule_import);
/* why.c */
COMMAND(command_why);
COMMAND(command_why_run);
COMMAND(command_why_skill);
/* credential.c */
COMMAND(command_credential_ls);
COMMAND(command_credential_create);
COMMAND(command_credential_rotate);
COMMAND(command_credential_delete);
COMMAND(command_credential_keys);
COMMAND(command_credential_rotate_key);
/* resource.c */
COMMAND(command_resource_ls);
COMMAND(command_resource_put);
COMMAND(command_resource_grant);
COMMAND(command_resource_dry_run);
COMMAND(command_resource_probe);
COMMAND(command_resource_import);
COMMAND(command_network_ls);
COMMAND(command_network_open);
/* audit.c */
COMMAND(command_audit_ls);
COMMAND(command_audit_export);
COMMAND(command_export);
/* doctor.c */
COMMAND(command_doctor);
/* about.c */
COMMAND(command_version);
COMMAND(command_completion);

/* platform */
COMMAND(command_worker_ls);
COMMAND(command_worker_drain);
COMMAND(command_queue_ls);
COMMAND(command_queue_top);
COMMAND(command_job_show);
COMMAND(command_dead_letter_ls);
COMMAND(command_dead_letter_show);
COMMAND(command_dead_letter_redrive);
COMMAND(command_dead_letter_discard);
COMMAND(command_tenant_ls);
COMMAND(command_tenant_show);
COMMAND(command_tenant_drop);
COMMAND(command_limits_ls);
COMMAND(command_limits_set);
COMMAND(command_limits_pause);
COMMAND(command_limits_resume);

/* notifications.c */
COMMAND(command_notifications_show);
COMMAND(command_notifications_set);
COMMAND(command_notifications_test);
COMMAND(command_notifications_ls);
COMMAND(command_channel_ls);
COMMAND(command_channel_set);
COMMAND(command_channel_delete);
COMMAND(command_channel_test);
COMMAND(command_deliveries_ls);
COMMAND(command_deliveries_show);
COMMAND(command_deliveries_again);

/* order.c */
COMMAND(command_order_ls);
COMMAND(command_order_show);
COMMAND(command_order_create);
COMMAND(command_order_publish);
COMMAND(command_order_report);
COMMAND(command_order_confirm);
COMMAND(command_order_cancel);
COMMAND(command_order_refund);
COMMAND(command_order_rules);
COMMAND(command_order_rule);
COMMAND(command_order_approvals);
COMMAND(command_order_approve);
COMMAND(command_order_reject);
COMMAND(command_order_emergency);
COMMAND(command_order_review);
COMMAND(command_payment_ls);
COMMAND(command_payment_apply);
COMMAND(command_payment_return);
COMMAND(command_payment_show);
COMMAND(command_order_activate);
COMMAND(command_subscription_release);
COMMAND(command_subscription_notice);
COMMAND(command_subscription_terminate);
COMMAND(command_subscription_retry);
COMMAND(command_people_ls);
COMMAND(command_people_role);
COMMAND(command_people_unrole);
COMMAND(command_billing_show);
COMMAND(command_billing_offers);
COMMAND(command_billing_orders);
COMMAND(command_billing_order);
COMMAND(command_billing_pay);
COMMAND(command_billing_report);
COMMAND(command_billing_cancel);
COMMAND(command_billing_end);
COMMAND(command_billing_continue);
/* payment.c */
COMMAND(command_payment_events);
COMMAND(command_payment_providers);
COMMAND(command_payment_provider);
/* statement.c */
COMMAND(command_payment_statement);
COMMAND(command_payment_reconcile);
COMMAND(command_payment_formats);
COMMAND(command_payment_format);
COMMAND(command_task_ls);
COMMAND(command_task_done);
/* subscription_change.c */
COMMAND(command_subscription_edition);
COMMAND(command_subscription_timezone);
COMMAND(command_subscription_override);
COMMAND(command_lifecycle_clock);
/* reminder.c */
COMMAND(command_reminder_policy_ls);
COMMAND(command_reminder_policy_show);
COMMAND(command_reminder_policy_history);
COMMAND(command_reminder_policy_set);
COMMAND(command_reminder_policy_use);
/* invoice.c */
COMMAND(command_invoice_ls);
COMMAND(command_invoice_show);
COMMAND(command_invoice_fapiao);
COMMAND(command_invoice_import);
COMMAND(command_invoice_sellers);
COMMAND(command_invoice_seller);
COMMAND(command_invoice_account);
COMMAND(command_billing_invoices);
/* edition.c */
COMMAND(command_edition_ls);
COMMAND(command_edition_show);
COMMAND(command_edition_create);
COMMAND(command_edition_version);
COMMAND(command_edition_end_sale);
/* subscription.c */
COMMAND(command_customer_ls);
COMMAND(command_customer_show);
COMMAND(command_customer_create);
COMMAND(command_customer_set);
COMMAND(command_customer_contacts);
COMMAND(command_subscription_ls);
COMMAND(command_subscription_show);
COMMAND(command_subscription_hold);
COMMAND(command_subscription_cancel);
COMMAND(command_subscription_continue);
COMMAND(command_lifecycle_scan);
COMMAND(command_lifecycle_explain);
COMMAND(command_lifecycle_check);

/* report.c */
COMMAND(command_report_ls);
COMMAND(command_report);
COMMAND(command_period_ls);
COMMAND(command_period_check);
COMMAND(command_period_close);
COMMAND(command_period_reopen);
/* calendar.c */
COMMAND(command_calendar_show);
COMMAND(command_calendar_import);

#undef COMMAND

#endif

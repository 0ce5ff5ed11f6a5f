#include "tests/lib/simulation_acts.h"

#include "tests/lib/sql.h"

#define SUBSCRIPTIONS(where) "select s.* from public.subscription s where " where
#define ORDERS(where) "select s.* from public.orders s where " where
#define PERSONS(where) "select s.* from public.sim_person s where " where
/* an order anew, whatever its subscription is: most often what somebody wants who has none to pay */
#define AGAIN                                                                                                              \
    { "order", "public.order_create(gen_random_uuid(), case x.period_no when 0 then 'new' else 'renewal' end, x.customer_id, x.id, " \
      "null, x.edition_version, 1, false, 29900, 1692, '{}', '{}', public.lifecycle_now() + interval '60 days', null, "     \
      "null, null)",                                                                                                        \
      SUBSCRIPTIONS("not exists (select from public.orders o where o.subscription_id = s.id and o.state in ('draft', "      \
                    "'pending_payment', 'payment_reported')) and (s.state <> 'active' or s.paid_until_at < "                \
                    "public.lifecycle_now() + interval '20 days')") }
#define REFUND(choice)                                                                                                      \
    { "refund " choice, "public.sim_refund(x.id, '" choice "')",                                                             \
      ORDERS("s.state = 'active' and s.refunded_minor < s.amount_minor and s.kind <> 'quota'") }
#define TAKE { "slot taken", "public.sim_take(x.tenant_id)", PERSONS("true") }
#define HOLD(kind, days)                                                                                                    \
    { "hold " kind, "public.hold_add(gen_random_uuid(), x.id, '" kind "', public.lifecycle_now() + interval '" days " days', 'asked', " \
      "null)", SUBSCRIPTIONS("s.state = 'grace'") }
/* no message leaves here: they are told of the end another way, which takes two; then a week, the retention, and two again */
#define TOLD                                                                                                                \
    { "told of the end", "public.sim_told(x.id)",                                                                           \
      SUBSCRIPTIONS("s.state in ('shutdown', 'cancelled') and s.state_entered_at < public.lifecycle_now() - interval '50 days'") }
#define TERMINATE                                                                                                           \
    { "terminate", "public.sim_terminate(x.id)",                                                                            \
      SUBSCRIPTIONS("s.state in ('shutdown', 'cancelled') and s.termination_notice_at is not null and s.state_entered_at < " \
                    "public.lifecycle_now() - interval '85 days'") }

const struct simulation_act simulation_acts[] = {
    AGAIN, AGAIN, AGAIN, AGAIN,
    /* a change of edition now: a new anchor, the period at hand is closed */
    { "month to year", "public.order_create(gen_random_uuid(), 'upgrade', x.customer_id, x.id, null, (select v.id from "
      "public.edition_version v where v.edition = 'team-yearly'), 1, false, 250000, 0, '{}', '{\"restart\": \"true\"}', "
      "public.lifecycle_now() + interval '10 days', null, null, null)",
      SUBSCRIPTIONS("s.state = 'active' and (select v.edition from public.edition_version v where v.id = s.edition_version) = "
                    "'team-monthly'") },
    { "next edition", "public.subscription_next_edition(x.id, case (select v.edition from public.edition_version v where v.id = "
      "x.edition_version) when 'team-yearly' then 'team-monthly' else 'team-yearly' end, null)",
      SUBSCRIPTIONS("s.state in ('active', 'grace')") },
    { "year to month", "public.subscription_next_edition(x.id, 'team-monthly', null)",
      SUBSCRIPTIONS("s.state in ('active', 'grace') and (select v.edition from public.edition_version v where v.id = "
                    "s.edition_version) = 'team-yearly'") },
    { "payment reported", "public.order_report(x.id, 'paid', public.lifecycle_now() + interval '4 days', null)",
      ORDERS("s.state = 'pending_payment'") },
    { "order cancelled", "public.order_cancel(x.id, 'cancelled', null, 'no')", ORDERS("s.state in ('draft', 'pending_payment')") },
    HOLD("courtesy", "20"), HOLD("dispute", "45"),
    { "hold released", "public.hold_release(x.id, null)",
      "select s.* from public.hold s where s.released_at is null and s.until_at > public.lifecycle_now()" },
    { "end with period", "public.subscription_end_with_period(x.id, not x.cancel_at_period_end, null)",
      SUBSCRIPTIONS("s.state in ('active', 'grace')") },
    REFUND("keep"), REFUND("shorten"), REFUND("shutdown"),
    { "override", "public.sim_override(x.id)", SUBSCRIPTIONS("s.state = 'shutdown'") },
    { "override", "public.sim_override(x.id)", SUBSCRIPTIONS("s.state = 'shutdown'") },
    TOLD, TOLD, TERMINATE, TERMINATE,
    { "order published", "public.order_publish(x.id, null)", ORDERS("s.state = 'draft'") },
    { "block", "public.tenant_block_set(x.tenant_id, 'admin', 2::smallint, 'busy', null, null)", SUBSCRIPTIONS("s.tenant_id is not null") },
    { "block released", "public.tenant_block_release(x.tenant_id, 'admin', null, null)", SUBSCRIPTIONS("s.tenant_id is not null") },
    /* what settled nothing, what is over, what was for a period that never began */
    { "payment given back", "public.sim_give_back(x.id)",
      "select s.* from public.payment s where s.recorded_at > public.lifecycle_now() - interval '60 days' and not exists (select from "
      "public.payment_return r where r.payment_id = s.id) and (s.amount_minor > (select coalesce(sum(a.amount_minor), 0) from "
      "public.payment_application a where a.payment_id = s.id) or exists (select from public.payment_application a join public.ledger_txn t "
      "on t.idem_key = 'void:' || a.order_id where a.payment_id = s.id))" },
    /* a person with a personal account: more slots, fewer slots than are used, a team of his own */
    { "slot pack", "public.order_create(gen_random_uuid(), 'quota', x.customer_id, null, x.tenant_id, (select v.id from "
      "public.edition_version v where v.edition = 'slot-pack-10'), 1, false, 9900, 560, '{}', '{}', public.lifecycle_now() + "
      "interval '10 days', null, null, null)", PERSONS("true") },
    { "slot pack refunded", "public.sim_refund(x.id, 'keep')", ORDERS("s.state = 'active' and s.kind = 'quota'") },
    { "slot pack refunded", "public.sim_refund(x.id, 'keep')", ORDERS("s.state = 'active' and s.kind = 'quota' and s.refunded_minor > 0") },
    TAKE, TAKE, TAKE,
    { "slot given", "public.quota_give(x.tenant_id, 'skills')", PERSONS("true") },
    { "personal to team", "public.sim_upgrade(x.customer_id, x.user_id)",
      PERSONS("not exists (select from public.subscription u where u.customer_id = s.customer_id)") },
};
const size_t simulation_act_count = sizeof simulation_acts / sizeof *simulation_acts;

/* Acts that need somebody else, or three months: what the second person says is written, the act is the product's function. */
void simulation_acts_create(const struct pg_server *server, PGconn *admin)
{
    struct pg_person asks, decides;

    pg_server_person(server, NULL, NULL, &asks);
    pg_server_person(server, NULL, NULL, &decides);
    sql_run(admin, "insert into public.platform_role (user_id, role) values ('%s', 'platform_finance')", decides.id.text);
    sql_run(admin, "create table public.sim_person (id serial, customer_id uuid, tenant_id uuid, user_id uuid)");
    sql_run(admin, "create function public.sim_approved(p_action text) returns uuid language plpgsql as $$ declare v uuid := "
            "gen_random_uuid(); begin insert into public.approval_request (id, action, params, params_digest, reason, requester, state) "
            "values (v, p_action, '{}', v::text, 'why', '%s', 'approved'); insert into public.approval_vote (request_id, voter, approve) "
            "values (v, '%s', true); return v; end $$", asks.id.text, decides.id.text);
    sql_run(admin, "create function public.sim_refund(p_order uuid, p_choice text) returns jsonb language plpgsql as $$ declare v uuid := "
            "public.sim_approved('order.refund'); o public.orders; z text; d date; begin select * into o from public.orders where id = "
            "p_order; select coalesce((select s.tz from public.subscription s where s.id = o.subscription_id), 'UTC') into z; d := "
            "(public.lifecycle_now() at time zone z)::date; return public.order_refund(o.id, v, case o.refunded_minor when 0 then 1 + "
            "o.amount_minor / 3 else o.amount_minor - o.refunded_minor end, v::text, 'why', p_choice, d, d::timestamp at time zone z, "
            "'%s', v, v::text); end $$", asks.id.text);
    sql_run(admin, "create function public.sim_give_back(p_payment uuid) returns jsonb language plpgsql as $$ declare v uuid := "
            "public.sim_approved('payment.return'); begin return public.payment_give_back(p_payment, v, v::text, 'why', '%s', v, v::text); "
            "end $$", asks.id.text);
    sql_run(admin, "create function public.sim_override(p_subscription uuid) returns jsonb language plpgsql as $$ declare v uuid := "
            "public.sim_approved('subscription.override'); begin return public.subscription_override(p_subscription, "
            "public.lifecycle_now() + make_interval(days => 3 + (random() * 40)::integer), 'why', '%s', v, v::text); end $$", asks.id.text);
    sql_run(admin, "create function public.sim_told(p_subscription uuid) returns jsonb language plpgsql as $$ declare v uuid := "
            "public.sim_approved('subscription.notice'); begin return public.subscription_notice(p_subscription, v, "
            "public.lifecycle_now(), 'phone', 'the owner', v::text, null, '%s', v, v::text); end $$", asks.id.text);
    sql_run(admin, "create function public.sim_terminate(p_subscription uuid) returns jsonb language plpgsql as $$ declare v uuid := "
            "public.sim_approved('subscription.terminate'); begin return public.subscription_terminate(p_subscription, '%s', v, "
            "v::text); end $$", asks.id.text);
    sql_run(admin, "create function public.sim_take(p_tenant uuid) returns boolean language plpgsql as $$ begin if not "
            "public.quota_take(p_tenant, 'skills') then return false; end if; if (select used from public.quota_account where tenant_id = "
            "p_tenant) > public.quota_limit(p_tenant, 'skills') then raise exception 'one more was taken than there are'; end if; return "
            "true; end $$");
    sql_run(admin, "create function public.sim_upgrade(p_customer uuid, p_user uuid) returns jsonb language plpgsql as $$ declare v uuid := "
            "gen_random_uuid(); e uuid := (select id from public.edition_version where edition = 'team-monthly'); begin perform "
            "public.subscription_open(v, p_customer, null, e, 'Asia/Shanghai'); return public.order_create(gen_random_uuid(), 'upgrade', "
            "p_customer, v, null, e, 1, false, 29900, 1692, '{}', jsonb_build_object('tenant_name', 'a team', 'owner', p_user), "
            "public.lifecycle_now() + interval '10 days', null, null, null); end $$");
}

void simulation_person(const struct pg_server *server, PGconn *admin, const char *schema_like, int n)
{
    struct pg_person person;
    struct id customer = id_new(), tenant = id_new();

    pg_server_person(server, NULL, NULL, &person);
    sql_run(admin, "insert into public.tenant (id, schema, stripe, name, kind, timezone, locale) values ('%s', 't_%016x', 0, "
            "'account %d', 'personal', 'UTC', 'en')", tenant.text, 0x100000 + n, n);
    sql_run(admin, "set role gov_owner; create schema t_%016x; create table t_%016x.audit_event (like %s.audit_event including "
            "defaults including identity); reset role", 0x100000 + n, 0x100000 + n, schema_like);
    sql_run(admin, "insert into public.quota_account (tenant_id, resource, base, used) values ('%s', 'skills', "
            "public.quota_base('%s'), 15) on conflict on constraint quota_account_pk do update set used = 15", tenant.text, tenant.text);
    sql_run(admin, "insert into public.customer (id, kind, name, user_id) values ('%s', 'person', 'person %d', '%s')", customer.text, n,
            person.id.text);
    sql_run(admin, "insert into public.customer_contact (customer_id, endpoint) values ('%s', 'p%d@example.org')", customer.text, n);
    sql_run(admin, "insert into public.sim_person (customer_id, tenant_id, user_id) values ('%s', '%s', '%s')", customer.text, tenant.text, person.id.text);
}

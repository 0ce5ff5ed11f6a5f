-- When people are reminded, decided by people. A policy is a code with versions, of which the newest counts; an edition may have
-- another than its versions name, and a customer another than his edition. What was recorded stays as it is: windows are told
-- apart by their days and not by their place in a list that may change, and one that lies before it was named is made up for by
-- nobody.

create table public.lifecycle_policy_note (
    code text not null,
    ver integer not null,
    reason text not null,
    set_by uuid not null,
    set_at timestamptz not null,
    constraint lifecycle_policy_note_pk primary key (code, ver),
    constraint lifecycle_policy_note_of foreign key (code, ver) references public.lifecycle_policy
);
comment on table public.lifecycle_policy_note is 'who made a version of a policy, and why; one without a row came with the installation';

create table public.edition_reminder (
    edition text constraint edition_reminder_pk primary key constraint edition_reminder_edition_exists references public.edition,
    policy text null,
    reason text not null,
    set_by uuid not null,
    set_at timestamptz not null
);
comment on table public.edition_reminder is 'the policy of an edition instead of the one its versions name; null: theirs again';
comment on column public.edition_reminder.set_at is 'windows that lie before this moment are made up for by nobody';

create table public.subscription_reminder (
    subscription_id uuid constraint subscription_reminder_pk primary key
        constraint subscription_reminder_of references public.subscription,
    reason text not null,
    set_by uuid not null,
    set_at timestamptz not null
);
comment on table public.subscription_reminder is 'when a policy of its own was given to a subscription or taken from it; which one is in the subscription';

create table public.policy_wake (
    kind text not null constraint policy_wake_kind_known check (kind in ('policy', 'edition')),
    ref text not null,
    behind uuid not null default '00000000-0000-0000-0000-000000000000',
    due_at timestamptz not null,
    last boolean not null default false,
    constraint policy_wake_pk primary key (kind, ref)
);
comment on table public.policy_wake is
    'subscriptions that scans are to look at again, because what reminds them has changed; gone through twice, for a scan that was under way still knew the old';
comment on column public.policy_wake.behind is 'up to this one they were woken';

-- What of a period was dealt with before its end, by days instead of by place (core/model/lifecycle.h).
update public.subscription s
set windows_done = s.windows_done | ((128 - p.days) << 24)
from (
    select x.id, (
        select l.before_days[b.place + 1]
        from public.lifecycle_policy l
        cross join lateral (
            select max(n) as place from generate_series(0, 7) n where x.windows_done & (1 << n) <> 0) b
        where l.code = coalesce(x.policy, v.policy)
        order by l.ver desc
        limit 1) as days
    from public.subscription x
    join public.edition_version v on v.id = x.edition_version
    where x.windows_done > 0
        and x.windows_done & 255 <> 0
        and x.windows_done >> 24 = 0) p
where p.id = s.id
    and p.days between 1 and 127;

create function public.reminder_policy_json(p_code text, p_ver integer) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('code', p.code, 'ver', p.ver,
        'windows', (select coalesce(jsonb_agg('T-' || b.days order by b.n), '[]') from unnest(p.before_days) with ordinality b (days, n))
            || '["T0", "G-HALF", "G-1", "SHUTDOWN", "R-7"]',
        'prefill_days', p.prefill_days, 'publish_hours', p.publish_hours, 'send_from', p.send_from, 'send_to', p.send_to,
        'shutdown_on_workday', p.shutdown_on_workday, 'calendar', p.calendar, 'reason', n.reason, 'set_by', u.email,
        'set_at', public.utc_text(p.created_at))
    from public.lifecycle_policy p
    left join public.lifecycle_policy_note n on n.code = p.code and n.ver = p.ver
    left join public.app_user u on u.id = n.set_by
    where p.code = p_code and p.ver = p_ver);
comment on function public.reminder_policy_json(text, integer) is 'a version of a policy as the API shows it (ReminderPolicy)';

create function public.reminder_policy_uses(p_code text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'editions', (
            select coalesce(jsonb_agg(e.code order by e.code), '[]')
            from public.edition e
            where e.kind = 'team'
                and p_code = coalesce((select r.policy from public.edition_reminder r where r.edition = e.code), (
                    select v.policy from public.edition_version v where v.edition = e.code order by v.ver desc limit 1))),
        'subscriptions', (
            select coalesce(jsonb_agg(x.id order by x.id), '[]')
            from (select s.id from public.subscription s where s.policy = p_code order by s.id limit 200) x)));
comment on function public.reminder_policy_uses(text) is
    'editions that have it now, and subscriptions that have it as their own (the first 200)';

create function public.reminder_policy_set(p_code text, p_terms jsonb, p_reason text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    v_ver integer;
    v_before smallint[] := array(select b.days::smallint from jsonb_array_elements_text(p_terms -> 'before_days') with ordinality b (days, n)
        order by b.n);
begin
    perform pg_advisory_xact_lock(hashtextextended('reminder_policy', 0));
    select coalesce(max(ver), 0) into v_ver from public.lifecycle_policy where code = p_code;
    if v_ver = 0 and (select count(distinct code) from public.lifecycle_policy) >= 64 then
        raise exception 'conflict: there are 64 policies already' using errcode = 'GV000';
    end if;
    if exists (
        select from public.lifecycle_policy p
        where p.code = p_code and p.ver = v_ver and p.before_days = v_before
            and (p.prefill_days, p.publish_hours, p.send_from, p.send_to, p.shutdown_on_workday, p.calendar)
                = ((p_terms ->> 'prefill_days')::smallint, (p_terms ->> 'publish_hours')::smallint, (p_terms ->> 'send_from')::smallint,
                    (p_terms ->> 'send_to')::smallint, (p_terms ->> 'shutdown_on_workday')::boolean, p_terms ->> 'calendar')) then
        return public.reminder_policy_json(p_code, v_ver);
    end if;
    insert into public.lifecycle_policy (code, ver, before_days, prefill_days, publish_hours, send_from, send_to,
        shutdown_on_workday, calendar, created_at)
    values (p_code, v_ver + 1, v_before, (p_terms ->> 'prefill_days')::smallint, (p_terms ->> 'publish_hours')::smallint,
        (p_terms ->> 'send_from')::smallint, (p_terms ->> 'send_to')::smallint, (p_terms ->> 'shutdown_on_workday')::boolean,
        p_terms ->> 'calendar', public.lifecycle_now());
    insert into public.lifecycle_policy_note (code, ver, reason, set_by, set_at)
    values (p_code, v_ver + 1, p_reason, p_actor, public.lifecycle_now());
    if v_ver > 0 then
        perform public.policy_wake_add('policy', p_code);
    end if;
    perform public.audit_add(null, p_actor, 'user', 'money', 'reminder_policy.set', 'reminder_policy', p_code,
        p_terms || jsonb_build_object('ver', v_ver + 1, 'reason', p_reason));
    return public.reminder_policy_json(p_code, v_ver + 1);
end
$$;
comment on function public.reminder_policy_set(text, jsonb, text, uuid) is
    'a new policy, or a new version of one; the same terms again are the version that is there';

create function public.policy_wake_add(p_kind text, p_ref text) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    insert into public.policy_wake (kind, ref, due_at) values (p_kind, p_ref, public.lifecycle_now())
    on conflict on constraint policy_wake_pk do update
    set behind = excluded.behind, due_at = excluded.due_at, last = false;
end;
comment on function public.policy_wake_add(text, text) is 'have scans look again at whom a policy or an edition''s choice is of';

create function public.policy_wake(p_most integer) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    w public.policy_wake;
    v_ids uuid[];
begin
    select * into w from public.policy_wake where due_at <= public.lifecycle_now() order by due_at limit 1 for update skip locked;
    if not found then
        return 0;
    end if;
    v_ids := array(select s.id from public.subscription s where s.id > w.behind order by s.id limit p_most);
    update public.subscription s
    set next_action_at = least(s.next_action_at, public.lifecycle_now())
    from public.edition_version v
    where s.id = any (v_ids)
        and v.id = s.edition_version
        and s.next_action_at > public.lifecycle_now()
        and case w.kind when 'edition' then v.edition = w.ref
            else coalesce(s.policy, (select e.policy from public.edition_reminder e where e.edition = v.edition), v.policy) = w.ref end;
    if cardinality(v_ids) = p_most then
        update public.policy_wake set behind = v_ids[p_most] where kind = w.kind and ref = w.ref;
    elsif w.last then
        delete from public.policy_wake where kind = w.kind and ref = w.ref;
    else
        update public.policy_wake
        set behind = '00000000-0000-0000-0000-000000000000', last = true, due_at = public.lifecycle_now() + interval '10 minutes'
        where kind = w.kind and ref = w.ref;
    end if;
    return cardinality(v_ids) + 1;
end
$$;
comment on function public.policy_wake(integer) is 'wake the next so many subscriptions of what has changed; 0: there is nothing to wake';
grant execute on function public.policy_wake(integer) to execgov_lifecycle;

create function public.reminder_policy_must_exist(p_policy text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if p_policy is not null and not exists (select from public.lifecycle_policy where code = p_policy) then
        raise exception 'not_found: there is no such reminder policy: %', p_policy using errcode = 'GV000';
    end if;
end
$$;
comment on function public.reminder_policy_must_exist(text) is 'not_found where there is no such policy; null is one';

create function public.edition_reminder_set(p_edition text, p_policy text, p_reason text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    v_before text;
begin
    perform pg_advisory_xact_lock(hashtextextended('reminder_policy', 0));
    perform public.edition_must_exist(p_edition);
    perform public.reminder_policy_must_exist(p_policy);
    select policy into v_before from public.edition_reminder where edition = p_edition;
    if v_before is distinct from p_policy then
        insert into public.edition_reminder (edition, policy, reason, set_by, set_at)
        values (p_edition, p_policy, p_reason, p_actor, public.lifecycle_now())
        on conflict on constraint edition_reminder_pk do update
        set policy = excluded.policy, reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at;
        perform public.policy_wake_add('edition', p_edition);
        perform public.audit_add(null, p_actor, 'user', 'money', 'reminder_policy.used', 'edition', p_edition,
            jsonb_build_object('policy', p_policy, 'before', v_before, 'reason', p_reason));
    end if;
    return jsonb_build_object('edition', p_edition, 'policy', coalesce(p_policy, (
        select v.policy from public.edition_version v where v.edition = p_edition order by v.ver desc limit 1)), 'own', p_policy is not null);
end
$$;
comment on function public.edition_reminder_set(text, text, text, uuid) is
    'let an edition have this policy from now on, running subscriptions too; null: the one its versions name';

create function public.subscription_reminder_set(p_subscription uuid, p_policy text, p_reason text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
begin
    select * into s from public.subscription where id = p_subscription for no key update;
    if not found then
        raise exception 'not_found: there is no such subscription' using errcode = 'GV000';
    end if;
    perform public.reminder_policy_must_exist(p_policy);
    if s.policy is distinct from p_policy then
        update public.subscription set policy = p_policy where id = s.id;
        perform public.subscription_touch(s.id);
        insert into public.subscription_reminder (subscription_id, reason, set_by, set_at)
        values (s.id, p_reason, p_actor, public.lifecycle_now())
        on conflict on constraint subscription_reminder_pk do update
        set reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at;
        perform public.audit_add(null, p_actor, 'user', 'money', 'reminder_policy.used', 'subscription', s.id::text,
            jsonb_build_object('policy', p_policy, 'before', s.policy, 'reason', p_reason));
    end if;
    return jsonb_build_object('subscription_id', s.id, 'policy', coalesce(p_policy,
        (select e.policy from public.edition_reminder e join public.edition_version v on v.edition = e.edition where v.id = s.edition_version),
        (select v.policy from public.edition_version v where v.id = s.edition_version)), 'own', p_policy is not null);
end
$$;
comment on function public.subscription_reminder_set(uuid, text, text, uuid) is
    'let one customer''s subscription have this policy instead of its edition''s; null: its edition''s';

grant select on public.lifecycle_policy_note, public.edition_reminder, public.subscription_reminder, public.policy_wake
    to execgov_platform, execgov_lifecycle;
revoke insert on public.lifecycle_policy from execgov_platform;
grant execute on function public.reminder_policy_json(text, integer), public.reminder_policy_uses(text),
    public.reminder_policy_set(text, jsonb, text, uuid), public.edition_reminder_set(text, text, text, uuid),
    public.subscription_reminder_set(uuid, text, text, uuid) to execgov_platform;

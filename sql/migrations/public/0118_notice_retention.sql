-- What people were told about their work is forgotten with its attempts once it is as old as the platform lets requests be, whatever a
-- tenant's own setting says. Messages of money, of approvals and of finance stay: they are part of the books.

-- Attempts are facts, and go with their message only.
create function public.delivery_guard() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' and not exists (select from public.outbox where id = old.outbox_id) then
        return old;
    end if;
    raise exception '% keeps facts: rows are only added, and go with their message', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
comment on function public.delivery_guard() is 'refuses update, and delete but for a message that is gone';

-- All at once and in the order in which a claim takes them: daemons run meanwhile. What is there is looked at in a migration of its own.
lock table public.outbox, public.delivery_attempt, public.delivery_result in access exclusive mode;

drop trigger delivery_attempt_only_grows on public.delivery_attempt;
drop trigger delivery_result_only_grows on public.delivery_result;
create trigger delivery_attempt_only_grows before update or delete on public.delivery_attempt for each row
    execute function public.delivery_guard();
create trigger delivery_result_only_grows before update or delete on public.delivery_result for each row
    execute function public.delivery_guard();

alter table public.delivery_attempt drop constraint delivery_attempt_of;
alter table public.delivery_attempt add constraint delivery_attempt_of foreign key (outbox_id) references public.outbox
    on delete cascade not valid;
alter table public.delivery_result drop constraint delivery_result_of;
alter table public.delivery_result add constraint delivery_result_of foreign key (outbox_id, n)
    references public.delivery_attempt on delete cascade not valid;

create function public.notice_forget(p_limit integer) returns setof uuid
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with old as (
        select o.id
        from public.outbox o
        where split_part(o.event, '.', 1) in ('run', 'confirmation', 'review', 'schedule', 'quota', 'credential', 'channel')
            and o.created_at < public.lifecycle_now() - make_interval(days => (
                select (s.value ->> 'request_days')::integer
                from public.platform_setting s
                where s.key = 'retention' and (s.value ->> 'request_days')::integer > 0))
            and o.state in ('sent', 'dead', 'suppressed', 'unknown')
            and not exists (select from public.channel_gone g where g.outbox_id = o.id)
        order by o.created_at
        limit p_limit
        for update skip locked
    )
    delete from public.outbox o
    using old
    where o.id = old.id
    returning o.id;
end;
comment on function public.notice_forget(integer) is
    'forget that many notices of work that ended longer ago than requests are kept; as many ids as it answers, again';
grant execute on function public.notice_forget(integer) to execgov_lifecycle;

-- An approval that waits is told to whoever may give it, what became of it to whoever asked.

create function public.approval_tell() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_order uuid := case when new.params ->> 'order' ~ '^[0-9a-f-]{36}$' then (new.params ->> 'order')::uuid end;
    v_payload jsonb := jsonb_strip_nulls(jsonb_build_object(
        'approval', new.id, 'action', new.action, 'reason', new.reason,
        'requester', (select u.name from public.app_user u where u.id = new.requester),
        'expires_at', public.utc_text(new.expires_at), 'path', '/v1/platform/approvals',
        'amount_minor', case when jsonb_typeof(new.params -> 'amount_minor') = 'number' then new.params -> 'amount_minor' end,
        'currency', coalesce(new.params ->> 'currency', (select o.currency from public.orders o where o.id = v_order)),
        'order_no', (select o.no from public.orders o where o.id = v_order)));
begin
    if new.state = 'waiting' then
        perform public.person_notify(r.user_id, null, 'approval:' || new.id || ':waiting', 'approval.waiting', v_payload, false,
            new.expires_at)
        from (select distinct x.user_id from public.platform_role x) r
        where public.approval_voter(r.user_id)
            and r.user_id is distinct from new.beneficiary
            and public.approval_apart(r.user_id, new.requester);
    else
        perform public.person_notify(new.requester, null, 'approval:' || new.id || ':decided', 'approval.decided',
            v_payload || jsonb_build_object('variant', new.state) || coalesce((
                select jsonb_strip_nulls(jsonb_build_object('by', u.name, 'comment', v.comment))
                from public.approval_vote v
                join public.app_user u on u.id = v.voter
                where v.request_id = new.id
                order by v.at desc
                limit 1), '{}'), false, null);
    end if;
    return null;
end
$$;
comment on function public.approval_tell() is 'approval.waiting to whoever may approve it, approval.decided to whoever asked';
create trigger approval_request_waits after insert on public.approval_request for each row
    execute function public.approval_tell();
create trigger approval_request_decided after update of state on public.approval_request for each row
    when (old.state = 'waiting' and new.state in ('approved', 'rejected')) execute function public.approval_tell();

-- An approval that ends because another act was carried out is told to whoever asked for it, as every other end that people make.

create or replace function public.approval_tell() returns trigger
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
            and public.approval_apart(r.user_id, new.requester)
            and not public.approval_benefits(r.user_id, new.params);
    elsif new.state = 'withdrawn' then
        -- A message of its own: he may have been told before that it was approved. Nobody voted for this; what did it has a reference.
        perform public.person_notify(new.requester, null, 'approval:' || new.id || ':withdrawn', 'approval.decided',
            v_payload || jsonb_strip_nulls(jsonb_build_object('variant', new.state, 'reference', new.params ->> 'reference')), false, null);
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

create trigger approval_request_withdrawn after update of state on public.approval_request for each row
    when (old.state in ('waiting', 'approved') and new.state = 'withdrawn') execute function public.approval_tell();

-- Renewals are drafted from a page that was read before: which edition is to be renewed, and of which period, is looked at again under the
-- lock. Before, an edition that was chosen meanwhile was drafted over, and lost when that draft was paid; and of a subscription that was
-- paid meanwhile the period after the next was asked for. order_draft stays as it is for a version of ours that knows no period.

create function public.order_draft_of(
    p_id uuid, p_customer uuid, p_subscription uuid, p_period integer, p_edition_version uuid, p_amount bigint, p_tax bigint,
    p_snapshot jsonb, p_publish_hours integer) returns uuid
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
begin
    perform from public.customer where id = p_customer for no key update;
    perform from public.subscription where id = p_subscription for no key update;
    if not exists (
            select from public.subscription s
            join public.edition_version o on o.id = coalesce(s.next_edition_version, s.edition_version)
            where s.id = p_subscription
                and s.period_no = p_period
                and case when o.sold_to is null then o.id else public.renewal_version(o.id) end = p_edition_version) then
        return null;
    end if;
    return public.order_draft(p_id, p_customer, p_subscription, p_edition_version, p_amount, p_tax, p_snapshot, p_publish_hours);
end
$$;
comment on function public.order_draft_of(uuid, uuid, uuid, integer, uuid, bigint, bigint, jsonb, integer) is
    'order_draft, for the period and the edition that were read; null where they are not those any more';
grant execute on function public.order_draft_of(uuid, uuid, uuid, integer, uuid, bigint, bigint, jsonb, integer) to execgov_lifecycle;

-- A sale begins now or later. One that began last month would say that the version before it was not on sale when it was sold.

create or replace function public.edition_add(
    p_code text, p_kind text, p_title jsonb, p_version uuid, p_terms jsonb, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_ver integer;
    v_now timestamptz := public.lifecycle_now();
    v_from timestamptz := coalesce((p_terms ->> 'sold_from')::timestamptz, v_now);
begin
    perform pg_advisory_xact_lock(hashtextextended('edition:' || p_code, 0));
    -- A clock that is a little behind means now.
    if v_from < v_now - interval '5 minutes' then
        raise exception 'invalid_input: sold_from lies in the past; leave it out, and it is sold from now on' using errcode = 'GV000';
    end if;
    v_from := greatest(v_from, v_now);
    if p_kind is not null then
        insert into public.edition (code, kind, title) values (p_code, p_kind, p_title)
        on conflict on constraint edition_pk do nothing;
        perform public.gov_must(found, 'conflict');
    end if;
    perform public.gov_must(exists (select from public.edition where code = p_code), 'not_found');
    select coalesce(max(ver), 0) + 1 into v_ver from public.edition_version where edition = p_code;
    update public.edition_version set sold_to = greatest(v_from, sold_from)
    where edition = p_code and (sold_to is null or sold_to > v_from);
    insert into public.edition_version (id, edition, ver, interval_unit, interval_count, price_minor, currency, tax_bp,
        tax_inclusive, limits, grace_days, min_grace_days, retention_days, late_policy, policy, sold_from, created_by)
    values (p_version, p_code, v_ver, p_terms ->> 'interval_unit', (p_terms ->> 'interval_count')::smallint,
        (p_terms ->> 'price_minor')::bigint, p_terms ->> 'currency', coalesce((p_terms ->> 'tax_bp')::integer, 0),
        coalesce((p_terms ->> 'tax_inclusive')::boolean, true), coalesce(p_terms -> 'limits', '{}'),
        coalesce((p_terms ->> 'grace_days')::smallint, 7), coalesce((p_terms ->> 'min_grace_days')::smallint, 3),
        coalesce((p_terms ->> 'retention_days')::smallint, 90), coalesce(p_terms ->> 'late_policy', 'restart'),
        coalesce(p_terms ->> 'policy', 'standard'), v_from, p_actor);
    if p_actor is not null then
        perform public.audit_add(null, p_actor, 'user', 'money', 'edition.version_added', 'edition', p_code,
            p_terms || jsonb_build_object('ver', v_ver));
    end if;
    return public.edition_json(p_version);
end
$$;

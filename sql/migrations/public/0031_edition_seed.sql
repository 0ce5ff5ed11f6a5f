-- The catalogue an installation begins with. Prices are examples to be replaced by a new version
-- (POST /v1/platform/editions/{code}/versions); versions are never edited.

create function public.edition_add(
    p_code text, p_kind text, p_title jsonb, p_version uuid, p_terms jsonb, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_ver integer;
    v_from timestamptz := coalesce((p_terms ->> 'sold_from')::timestamptz, public.lifecycle_now());
begin
    perform pg_advisory_xact_lock(hashtextextended('edition:' || p_code, 0));
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
comment on function public.edition_add(text, text, jsonb, uuid, jsonb, uuid) is
    'a new edition, or (p_kind null) a new version of one; the version before leaves sale at that moment';

create function public.edition_json(p_version uuid) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', v.id, 'code', e.code, 'kind', e.kind, 'title', e.title, 'ver', v.ver,
        'interval', case when v.interval_unit is not null then
            jsonb_build_object('unit', v.interval_unit, 'count', v.interval_count) end,
        'price', jsonb_build_object('amount_minor', v.price_minor, 'currency', v.currency),
        'tax_bp', v.tax_bp, 'tax_inclusive', v.tax_inclusive, 'limits', v.limits, 'grace_days', v.grace_days,
        'min_grace_days', v.min_grace_days, 'retention_days', v.retention_days, 'late_policy', v.late_policy,
        'policy', v.policy, 'sold_from', public.utc_text(v.sold_from), 'sold_to', public.utc_text(v.sold_to))
    from public.edition_version v
    join public.edition e on e.code = v.edition
    where v.id = p_version);
comment on function public.edition_json(uuid) is 'a version of an edition as the API shows it (Edition)';

select public.edition_add(e.code, e.kind, jsonb_build_object('en', e.en, 'zh', e.zh), gen_random_uuid(), e.terms::jsonb, null)
from (values
    ('personal-free', 'personal', 'Personal, free', '个人免费版',
     '{"price_minor": 0, "currency": "CNY", "limits": {"slots": 20, "concurrency": 2}}'),
    ('slot-pack-10', 'slots', 'Ten more skills', '技能槽位 10 个',
     '{"price_minor": 9900, "currency": "CNY", "tax_bp": 600, "limits": {"slots": 10}}'),
    ('slot-pack-50', 'slots', 'Fifty more skills', '技能槽位 50 个',
     '{"price_minor": 39900, "currency": "CNY", "tax_bp": 600, "limits": {"slots": 50}}'),
    ('team-monthly', 'team', 'Team, by the month', '团队版（月付）',
     '{"interval_unit": "month", "interval_count": 1, "price_minor": 29900, "currency": "CNY", "tax_bp": 600,
       "limits": {"concurrency": 16}}'),
    ('team-yearly', 'team', 'Team, by the year', '团队版（年付）',
     '{"interval_unit": "year", "interval_count": 1, "price_minor": 299000, "currency": "CNY", "tax_bp": 600,
       "limits": {"concurrency": 16}}')) e (code, kind, en, zh, terms);

insert into public.platform_setting (key, value)
values ('four_eyes_min', '{"CNY": 500000}'),
       ('brake', '{"least": 50, "percent": 2}');

grant execute on function public.edition_add(text, text, jsonb, uuid, jsonb, uuid), public.edition_json(uuid)
    to execgov_platform;

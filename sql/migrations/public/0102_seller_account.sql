-- How a seller is paid, as customers are told beside an order that waits for its payment. Whoever changed it alone would have their
-- money, so that it is an act that somebody else approves; customers read the name that was approved with it, too.

create table public.seller_account (
    seller text constraint seller_account_pk primary key constraint seller_account_exists references public.seller,
    title text not null constraint seller_account_title_length check (char_length(title) between 1 and 200),
    tax_no text null constraint seller_account_tax_no_length check (char_length(tax_no) between 1 and 40),
    details text not null constraint seller_account_details_length check (char_length(details) between 1 and 1000),
    set_by uuid null,
    set_at timestamptz not null
);
comment on table public.seller_account is 'how a seller is paid: what stands beside an order that waits for its payment';
comment on column public.seller_account.title is 'the payee, as it was approved; a seller''s own title changes without that';
comment on column public.seller_account.details is 'for people: bank, account, what else a transfer needs';

create or replace function public.seller_json(p_code text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('code', s.code, 'title', s.title, 'tax_no', s.tax_no, 'sells', s.sells,
        'pay_to', (select a.details from public.seller_account a where a.seller = s.code),
        'invoices', (select coalesce(sum(x.last), 0) from public.invoice_series x where x.seller = s.code),
        'set_at', public.utc_text(s.set_at))
    from public.seller s
    where s.code = p_code);

create function public.seller_account_set(
    p_code text, p_title text, p_tax_no text, p_details text, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    v_before jsonb;
begin
    perform from public.seller where code = p_code for update;
    if not found then
        raise exception 'not_found: there is no such seller' using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'seller.account', p_digest);
    select jsonb_build_object('title', a.title, 'tax_no', a.tax_no, 'details', a.details) into v_before
    from public.seller_account a
    where a.seller = p_code;
    insert into public.seller_account (seller, title, tax_no, details, set_by, set_at)
    values (p_code, p_title, p_tax_no, p_details, p_actor, public.lifecycle_now())
    on conflict on constraint seller_account_pk do update
    set title = excluded.title, tax_no = excluded.tax_no, details = excluded.details, set_by = excluded.set_by, set_at = excluded.set_at;
    perform public.audit_add(null, p_actor, 'user', 'money', 'seller.account_set', 'seller', p_code, jsonb_build_object('before', v_before,
        'after', jsonb_build_object('title', p_title, 'tax_no', p_tax_no, 'details', p_details)));
    return public.seller_json(p_code);
end
$$;
comment on function public.seller_account_set(text, text, text, text, uuid, uuid, text) is
    'say how a seller is paid, with somebody else''s approval; the audit keeps what was said before';

create function public.order_pay_to(p_order uuid) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('title', a.title, 'tax_no', a.tax_no, 'details', a.details)
    from public.orders o
    join public.seller s on s.sells
    join public.seller_account a on a.seller = s.code
    where o.id = p_order and o.state in ('pending_payment', 'payment_reported'));
comment on function public.order_pay_to(uuid) is
    'whom the order''s payment goes to and how, as it was approved; null: nothing is to be paid, or nobody has said how';

grant select on public.seller_account to execgov_platform, execgov_lifecycle;
grant execute on function public.seller_account_set(text, text, text, text, uuid, uuid, text),
    public.order_pay_to(uuid) to execgov_platform;

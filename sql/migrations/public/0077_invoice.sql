-- Invoices. What settles an order is noted where it is posted, in the posting's own transaction; whoever ticks gives those notes
-- their numbers, in the order of the ledger. Number, invoice and the note's end are one transaction, so that a number is
-- given and used, or neither: no gap after a crash, and none given twice by two who tick at once.

create table public.seller (
    code text constraint seller_pk primary key constraint seller_code_form check (code ~ '^[A-Z][A-Z0-9]{0,9}$'),
    title text null constraint seller_title_length check (char_length(title) between 1 and 200),
    tax_no text null constraint seller_tax_no_length check (char_length(tax_no) between 1 and 40),
    sells boolean not null default false,
    set_by uuid null,
    set_at timestamptz not null default now()
);
create unique index seller_one_sells on public.seller (sells) where sells;
comment on table public.seller is 'who sells: the entity whose invoices are numbered for themselves, each year anew';
comment on column public.seller.code is 'the beginning of its invoices'' numbers';
comment on column public.seller.sells is 'from now on invoices are its; an invoice that is there keeps its seller as it was named then';
insert into public.seller (code, sells) values ('MAIN', true);

create table public.invoice_series (
    seller text not null constraint invoice_series_seller_exists references public.seller,
    year smallint not null,
    last integer not null constraint invoice_series_last_positive check (last > 0),
    constraint invoice_series_pk primary key (seller, year)
);
comment on table public.invoice_series is 'the last number given; read and written under its row lock, with the invoice that has it';

create table public.invoice_due (
    ledger_txn bigint constraint invoice_due_pk primary key
        constraint invoice_due_txn_exists references public.ledger_txn
);
comment on table public.invoice_due is 'postings that are to be invoiced: a settled order, a refund, a period that never began';

create table public.invoice (
    id uuid constraint invoice_pk primary key,
    kind text not null constraint invoice_kind_known check (kind in ('invoice', 'credit_note')),
    seller text not null constraint invoice_series_exists references public.seller,
    year smallint not null,
    n integer not null constraint invoice_n_positive check (n > 0),
    no text not null constraint invoice_no_once unique,
    ledger_txn bigint not null constraint invoice_txn_exists references public.ledger_txn constraint invoice_txn_once unique,
    order_id uuid not null constraint invoice_order_exists references public.orders,
    customer_id uuid not null constraint invoice_customer_exists references public.customer,
    of_invoice uuid null constraint invoice_of_exists references public.invoice,
    amount_minor bigint not null constraint invoice_positive check (amount_minor > 0),
    tax_minor bigint not null constraint invoice_tax_part check (tax_minor between 0 and amount_minor),
    currency text not null constraint invoice_currency_exists references public.currency,
    issued_on date not null,
    parties jsonb not null,
    created_at timestamptz not null,
    constraint invoice_number_once unique (seller, year, n),
    constraint invoice_credit_names check ((kind = 'credit_note') = (of_invoice is not null))
);
create unique index invoice_one_an_order on public.invoice (order_id) where kind = 'invoice';
create index invoice_order on public.invoice (order_id);
create index invoice_customer on public.invoice (customer_id, ledger_txn);
create index invoice_credits on public.invoice (of_invoice) where of_invoice is not null;
create index invoice_issued on public.invoice (issued_on);
comment on table public.invoice is 'one for each order that was settled, and a credit note for what of it went back; never changed';
comment on column public.invoice.n is 'within seller and year without a gap, invoices and credit notes together';
comment on column public.invoice.issued_on is 'the day it was settled, in the platform''s zone; its year is the number''s';
comment on column public.invoice.parties is '{seller, customer} as they were named then';
create trigger invoice_only_grows before update or delete on public.invoice
    for each row execute function public.fact_guard();
create trigger invoice_stays before truncate on public.invoice
    for each statement execute function public.fact_guard();

create table public.invoice_fapiao (
    invoice_id uuid constraint invoice_fapiao_pk primary key constraint invoice_fapiao_of references public.invoice,
    status text not null constraint invoice_fapiao_status_known check (status in ('none', 'requested', 'issued', 'red_lettered')),
    code text null,
    number text null,
    issued_on date null,
    reason text null,
    set_by uuid not null,
    set_at timestamptz not null,
    constraint invoice_fapiao_whole check ((status in ('issued', 'red_lettered')) = (number is not null and issued_on is not null))
);
create index invoice_fapiao_waiting on public.invoice_fapiao (invoice_id) where status = 'requested';
comment on table public.invoice_fapiao is
    'the tax office''s invoice for one of ours, as people of finance say it is; no row: none. What it was before is in the audit';

create function public.invoice_due_add() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.invoice_due (ledger_txn) values (new.id);
    return null;
end
$$;
comment on function public.invoice_due_add() is 'what was posted now is to be invoiced';
create trigger ledger_txn_invoiced after insert on public.ledger_txn for each row
    when (new.kind in ('settle', 'refund', 'void'))
    execute function public.invoice_due_add();

create function public.invoice_write(p_txn bigint) returns boolean
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    t public.ledger_txn;
    o public.orders;
    s public.seller;
    v_id uuid := gen_random_uuid();
    v_of uuid;
    v_amount bigint;
    v_tax bigint;
    v_year smallint;
    v_n integer;
    v_no text;
begin
    select * into t from public.ledger_txn where id = p_txn;
    select * into o from public.orders where id = t.ref::uuid;
    if t.kind = 'settle' then
        v_amount := o.amount_minor;
        v_tax := o.tax_minor;
    else
        select i.id into v_of from public.invoice i where i.order_id = o.id and i.kind = 'invoice';
        -- A refund gives back what was taken and its tax; a period that never began, what is the customer's credit now.
        select coalesce(sum(case when t.kind = 'refund' and e.account in ('REFUNDS', 'TAX_PAYABLE') then e.amount_minor
                    when t.kind = 'void' and e.account like 'CUSTOMER_CREDIT:%' then -e.amount_minor end), 0),
            coalesce(sum(e.amount_minor) filter (where e.account = 'TAX_PAYABLE'), 0)
        into v_amount, v_tax
        from public.ledger_entry e where e.txn = t.id;
    end if;
    delete from public.invoice_due where ledger_txn = t.id;
    if v_amount <= 0 then
        return false;
    end if;
    v_year := extract(year from t.posted_on);
    select * into s from public.seller where sells;
    insert into public.invoice_series as x (seller, year, last) values (s.code, v_year, 1)
    on conflict on constraint invoice_series_pk do update set last = x.last + 1
    returning last into v_n;
    v_no := s.code || '-' || v_year || '-' || lpad(v_n::text, greatest(6, length(v_n::text)), '0');
    insert into public.invoice (id, kind, seller, year, n, no, ledger_txn, order_id, customer_id, of_invoice, amount_minor,
        tax_minor, currency, issued_on, parties, created_at)
    select v_id, case t.kind when 'settle' then 'invoice' else 'credit_note' end, s.code, v_year, v_n, v_no, t.id, o.id,
        o.customer_id, v_of, v_amount, v_tax, o.currency, t.posted_on,
        jsonb_build_object('seller', jsonb_build_object('code', s.code, 'title', s.title, 'tax_no', s.tax_no),
            'customer', jsonb_build_object('name', c.name)), public.lifecycle_now()
    from public.customer c where c.id = o.customer_id;
    insert into public.platform_audit (actor_kind, kind, action, subject_kind, subject, detail)
    values ('system', 'money', 'invoice.numbered', 'invoice', v_id::text,
        jsonb_build_object('no', v_no, 'order', o.no, 'of', t.kind, 'amount_minor', v_amount, 'currency', o.currency));
    return true;
end
$$;
comment on function public.invoice_write(bigint) is 'the invoice or credit note of one posting, with the next number; false: there is nothing to invoice';

create function public.invoice_number(p_most integer) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    v_txn bigint;
    v_count integer := 0;
begin
    -- One gives numbers at a time, so that they follow the ledger; another who ticks meanwhile leaves it to him.
    perform from public.seller where sells for update skip locked;
    if not found then
        return 0;
    end if;
    for v_txn in select d.ledger_txn from public.invoice_due d order by d.ledger_txn limit p_most
    loop
        perform public.invoice_write(v_txn);
        v_count := v_count + 1;
    end loop;
    return v_count;
end
$$;
comment on function public.invoice_number(integer) is 'number what is to be invoiced, at most so many, in the order of the ledger; how many it looked at';
grant execute on function public.invoice_number(integer) to execgov_lifecycle;

create function public.invoice_json(p_invoice uuid) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', i.id, 'no', i.no, 'kind', i.kind, 'issued_on', i.issued_on, 'order_id', i.order_id, 'order_no', o.no,
        'edition', v.edition, 'customer_id', i.customer_id, 'customer', i.parties #>> '{customer,name}',
        'seller', i.parties -> 'seller',
        'amount', jsonb_build_object('amount_minor', i.amount_minor, 'currency', i.currency),
        'tax', jsonb_build_object('amount_minor', i.tax_minor, 'currency', i.currency),
        'of', (select jsonb_build_object('id', x.id, 'no', x.no) from public.invoice x where x.id = i.of_invoice),
        'credited', jsonb_build_object('amount_minor', coalesce((
            select sum(x.amount_minor) from public.invoice x where x.of_invoice = i.id), 0), 'currency', i.currency),
        'fapiao', jsonb_build_object('status', coalesce(f.status, 'none'), 'code', f.code, 'number', f.number,
            'issued_on', f.issued_on, 'reason', f.reason, 'set_at', public.utc_text(f.set_at)),
        'created_at', public.utc_text(i.created_at))
    from public.invoice i
    join public.orders o on o.id = i.order_id
    join public.edition_version v on v.id = o.edition_version
    left join public.invoice_fapiao f on f.invoice_id = i.id
    where i.id = p_invoice);
comment on function public.invoice_json(uuid) is 'an invoice as the API shows it (Invoice)';

create function public.invoice_fapiao_set(
    p_invoice text, p_status text, p_code text, p_number text, p_on date, p_reason text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    i public.invoice;
    f public.invoice_fapiao;
    v_forward boolean;
begin
    select * into i from public.invoice where no = p_invoice or id::text = p_invoice for no key update;
    if not found then
        raise exception 'not_found: there is no such invoice' using errcode = 'GV000';
    end if;
    if p_on > (public.lifecycle_now() at time zone public.platform_zone())::date then
        raise exception 'invalid_input: the day of the fapiao is still to come' using errcode = 'GV000';
    end if;
    select * into f from public.invoice_fapiao where invoice_id = i.id;
    if f.status is not distinct from p_status and f.code is not distinct from p_code and f.number is not distinct from p_number
        and f.issued_on is not distinct from p_on then
        return public.invoice_json(i.id);
    end if;
    v_forward := case coalesce(f.status, 'none') when 'none' then f.invoice_id is null
        when 'requested' then p_status = 'issued' else false end;
    if not v_forward and p_reason is null then
        raise exception 'invalid_input: its fapiao is %, and changing that needs a reason', coalesce(f.status, 'none')
            using errcode = 'GV000';
    end if;
    insert into public.invoice_fapiao (invoice_id, status, code, number, issued_on, reason, set_by, set_at)
    values (i.id, p_status, p_code, p_number, p_on, p_reason, p_actor, public.lifecycle_now())
    on conflict on constraint invoice_fapiao_pk do update
    set status = excluded.status, code = excluded.code, number = excluded.number, issued_on = excluded.issued_on,
        reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at;
    perform public.audit_add(null, p_actor, 'user', 'money', 'invoice.fapiao_set', 'invoice', i.id::text,
        jsonb_build_object('no', i.no, 'reason', p_reason,
            'before', jsonb_build_object('status', coalesce(f.status, 'none'), 'code', f.code, 'number', f.number, 'issued_on', f.issued_on),
            'after', jsonb_build_object('status', p_status, 'code', p_code, 'number', p_number, 'issued_on', p_on)));
    return public.invoice_json(i.id);
end
$$;
comment on function public.invoice_fapiao_set(text, text, text, text, date, text, uuid) is
    'what became of the tax office''s invoice; a change of what was said before needs a reason, the same again changes nothing';

create function public.seller_json(p_code text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('code', s.code, 'title', s.title, 'tax_no', s.tax_no, 'sells', s.sells,
        'invoices', (select coalesce(sum(x.last), 0) from public.invoice_series x where x.seller = s.code),
        'set_at', public.utc_text(s.set_at))
    from public.seller s
    where s.code = p_code);
comment on function public.seller_json(text) is 'an entity that sells as the API shows it (Seller)';

create function public.seller_set(p_code text, p_title text, p_tax_no text, p_sells boolean, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.seller;
begin
    perform from public.seller order by code for update;
    select * into s from public.seller where code = p_code;
    if s.sells and p_sells is false then
        raise exception 'conflict: somebody has to sell' using errcode = 'GV000';
    end if;
    if p_sells then
        update public.seller set sells = false where sells and code <> p_code;
    end if;
    insert into public.seller (code, title, tax_no, sells, set_by, set_at)
    values (p_code, p_title, p_tax_no, coalesce(p_sells, false), p_actor, public.lifecycle_now())
    on conflict on constraint seller_pk do update
    set title = excluded.title, tax_no = excluded.tax_no, sells = coalesce(p_sells, seller.sells), set_by = excluded.set_by,
        set_at = excluded.set_at;
    perform public.audit_add(null, p_actor, 'user', 'money', 'seller.set', 'seller', p_code,
        jsonb_build_object('title', p_title, 'tax_no', p_tax_no, 'sells', p_sells, 'before', jsonb_build_object('title', s.title,
            'tax_no', s.tax_no, 'sells', s.sells)));
    return public.seller_json(p_code);
end
$$;
comment on function public.seller_set(text, text, text, boolean, uuid) is
    'name an entity, or let it sell from now on instead of another; invoices that are there stay as they are';

grant select on public.seller, public.invoice_series, public.invoice_due, public.invoice, public.invoice_fapiao
    to execgov_platform, execgov_lifecycle;
grant execute on function public.invoice_json(uuid), public.seller_json(text),
    public.invoice_fapiao_set(text, text, text, text, date, text, uuid), public.seller_set(text, text, text, boolean, uuid)
    to execgov_platform;

-- What was settled before there were invoices has its numbers from the first ticks on, in the same order.
insert into public.invoice_due (ledger_txn)
select t.id from public.ledger_txn t where t.kind in ('settle', 'refund', 'void') order by t.id;

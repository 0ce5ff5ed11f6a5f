-- The state of a request and of a run, derived from the rows that make it true. Never stored:
-- a second copy could lie (G8), and would cost a write per transition.
--
-- A request has at most one job that works for it at a time. The one made last decides; where it
-- ended well without a successor, the last event that says why does. job.created_at is the
-- database's clock (leave it to its default), so "last" does not depend on the clocks of hosts.
--
-- Rows are fetched by `lateral … limit 1` and by scalar subqueries and not by plain joins: a join that
-- was planned while its table was empty walks the whole index for each row and keeps only the one
-- that fits, and a prepared statement does that until the next ANALYZE. These cannot.

create function {{t}}.job_state(p_live text, p_outcome text, p_kind text) returns text
    language sql immutable
return case
    when p_outcome is not null then case when p_outcome = 'dead' then 'failed' else p_outcome end
    when p_kind = 'intent' then case when p_live = 'running' then 'recognising' else 'received' end
    when p_kind = 'plan' then 'planning'
    when p_live = 'running' then 'running'
    else 'queued'
end;
comment on function {{t}}.job_state(text, text, text) is
    'what one job says about its request; inlined into the views';
grant execute on function {{t}}.job_state(text, text, text) to {{t}};

create view {{t}}.request_state as
select r.id,
       case
           when j.kind is null then coalesce(e.state, 'received')
           when o.state is distinct from 'succeeded' or j.kind = 'run'
               then {{t}}.job_state(l.state, o.state, j.kind)
           else coalesce(e.state, c.state, case when p.id is null then 'planning' else 'planned' end)
       end as state,
       case when j.kind = 'run' then j.id when r.text is null then r.id end as run_id,
       j.id as job_id,
       p.id as plan_id,
       c.id as confirmation_id,
       case
           when o.state is null and l.job_id is not null then null
           when o.state is distinct from 'succeeded' or j.kind = 'run' then o.ended_at
           when e.state <> 'needs_answer' then e.at
           when e.state is null and c.id is not null then c.ended_at
           when e.state is null and r.mode = 'plan' then p.created_at
       end as ended_at,
       r.text,
       r.mode,
       r.source,
       r.language,
       r.created_by,
       r.created_at,
       true as stored
from {{t}}.request r
left join lateral (
    select k.id, k.kind
    from (
        select a.id, a.kind, a.created_at
        from {{t}}.job a
        where a.request_id = r.id and a.request_id <> a.id and a.kind in ('intent', 'plan', 'run')
        union all
        select b.id, b.kind, b.created_at
        from {{t}}.job b
        where b.id = r.id and b.kind in ('intent', 'plan', 'run')
    ) k
    order by k.created_at desc, k.id desc
    limit 1
) j on true
left join lateral (select x.* from {{t}}.job_live x where x.job_id = j.id limit 1) l on true
left join lateral (select x.* from {{t}}.job_outcome x where x.job_id = j.id limit 1) o on true
left join lateral (
    select q.id, q.created_at
    from {{t}}.plan q
    where q.request_id = r.id
    order by q.created_at desc
    limit 1
) p on true
left join lateral (
    select q.id,
           case q.state
               when 'waiting' then 'awaiting_confirmation'
               when 'confirmed' then 'queued'
               when 'withdrawn' then 'cancelled'
               else q.state
           end as state,
           case when q.state <> 'waiting' then coalesce(q.decided_at, v.at) end as ended_at
    from {{t}}.confirmation q
    left join lateral (
        select max(w.at) as at
        from {{t}}.request_event w
        where w.request_id = r.id and w.kind = 'confirmation'
    ) v on true
    where q.request_id = r.id and q.plan_id = p.id
    order by q.created_at desc
    limit 1
) c on true
left join lateral (
    select case
               when q.kind = 'intent' and q.data ->> 'decision' = 'ask' then 'needs_answer'
               when q.kind = 'intent' and q.data ->> 'decision' = 'abstain' then 'abstained'
               when q.kind = 'question' then 'needs_answer'
               when q.kind in ('cancelled', 'expired') then q.kind
           end as state,
           q.at
    from {{t}}.request_event q
    where q.request_id = r.id
      and q.kind in ('intent', 'question', 'answer', 'plan', 'confirmation', 'cancelled', 'expired')
    order by q.seq desc
    limit 1
) e on true
union all
select j.id,
       {{t}}.job_state(l.state, o.state, j.kind),
       j.id,
       j.id,
       null,
       null,
       o.ended_at,
       null,
       'auto',
       'api',
       'en',
       j.created_by,
       j.created_at,
       false
from {{t}}.job j
left join lateral (select x.* from {{t}}.job_live x where x.job_id = j.id limit 1) l on true
left join lateral (select x.* from {{t}}.job_outcome x where x.job_id = j.id limit 1) o on true
where j.kind = 'run'
  and j.request_id = j.id
  and (select r.id from {{t}}.request r where r.id = j.id) is null;
comment on view {{t}}.request_state is
    'every request with its state: also a low-risk run by hand, which has no row in request';
grant select on {{t}}.request_state to {{t}};

create view {{t}}.run_state as
select j.id,
       j.request_id,
       case
           when o.state is null and l.state = 'held' then 'held'
           else {{t}}.job_state(l.state, o.state, j.kind)
       end as state,
       j.plan_digest,
       j.risk,
       j.lane,
       j.class,
       coalesce(o.attempt, l.attempt) as attempt,
       coalesce(l.cancel_requested, false) as cancel_requested,
       coalesce(o.worker, l.worker) as worker,
       o.code,
       coalesce(o.started_at, l.started_at) as started_at,
       o.ended_at,
       j.created_by,
       j.created_at
from {{t}}.job j
left join lateral (select x.* from {{t}}.job_live x where x.job_id = j.id limit 1) l on true
left join lateral (select x.* from {{t}}.job_outcome x where x.job_id = j.id limit 1) o on true
where j.kind = 'run'
union all
select s.id,
       s.id,
       case
           when s.state in ('planned', 'awaiting_confirmation', 'failed', 'rejected', 'expired',
                            'cancelled') then s.state
           else 'queued'
       end,
       p.digest,
       p.risk,
       p.lane,
       p.class,
       0,
       false,
       null,
       case when s.state in ('failed', 'cancelled', 'expired', 'rejected')
            then coalesce(o.code, s.state) end,
       null,
       s.ended_at,
       s.created_by,
       s.created_at
from {{t}}.request_state s
left join lateral (select x.* from {{t}}.plan x where x.id = s.plan_id limit 1) p on true
left join lateral (select x.* from {{t}}.job_outcome x where x.job_id = s.job_id limit 1) o on true
where s.stored
  and s.text is null
  and (select j.id from {{t}}.job j where j.id = s.id and j.kind = 'run') is null;
comment on view {{t}}.run_state is
    'every run with its state; one by hand that has no run job yet is shown under its request''s id, which its job will get';
grant select on {{t}}.run_state to {{t}};

-- Lists. An ORDER BY on the views would compute every state there is before it took fifty; these walk
-- the primary keys backwards and compute the states of what they return. A caller that filters by
-- state asks for pages until it has enough.
create function {{t}}.request_page(p_before uuid, p_limit integer)
    returns setof {{t}}.request_state
    language sql stable
as $$
    select s.*
    from (
        (select r.id
         from {{t}}.request r
         where r.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
         order by r.id desc
         limit p_limit)
        union all
        (select j.id
         from {{t}}.job j
         where j.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
           and j.kind = 'run'
           and j.request_id = j.id
           and (select r.id from {{t}}.request r where r.id = j.id) is null
         order by j.id desc
         limit p_limit)
        order by id desc
        limit p_limit
    ) k
    -- offset 0 keeps the condition inside: as a join it would not reach the view's branches.
    cross join lateral (select v.* from {{t}}.request_state v where v.id = k.id offset 0) s
    order by s.id desc
$$;
comment on function {{t}}.request_page(uuid, integer) is
    'rows of request_state with an id before p_before (null: all), newest first';
grant execute on function {{t}}.request_page(uuid, integer) to {{t}};

create function {{t}}.run_page(p_before uuid, p_limit integer)
    returns setof {{t}}.run_state
    language sql stable
as $$
    select s.*
    from (
        (select j.id
         from {{t}}.job j
         where j.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
           and j.kind = 'run'
         order by j.id desc
         limit p_limit)
        union all
        (select r.id
         from {{t}}.request r
         where r.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
           and r.text is null
           and (select j.id from {{t}}.job j where j.id = r.id and j.kind = 'run') is null
         order by r.id desc
         limit p_limit)
        order by id desc
        limit p_limit
    ) k
    cross join lateral (select v.* from {{t}}.run_state v where v.id = k.id offset 0) s
    order by s.id desc
$$;
comment on function {{t}}.run_page(uuid, integer) is
    'rows of run_state with an id before p_before (null: all), newest first';
grant execute on function {{t}}.run_page(uuid, integer) to {{t}};

-- scope: public
-- Which of these actions (subscriptions $1, periods $2, actions $3, windows $4) are recorded already: a run would do nothing for
-- them. A proposal is left out: it is made by what is asked, not by what is recorded.
select a.subscription_id, a.period_no, a.action, a.window_code
from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[]) as p (id, period, action, win)
join public.lifecycle_action a on a.subscription_id = p.id
    and a.period_no = p.period
    and a.action = p.action
    and a.window_code = p.win
where a.action <> 'propose'
order by a.subscription_id, a.period_no, a.action, a.window_code
limit 20

-- scope: public
-- $1 tenant, $2 weight, $3 runs at once, $4 starts per second, $5 paused (null: each stays), $6 who, $7 why
update public.tenant
set weight = coalesce($2::integer, weight),
    concurrency_limit = coalesce($3::integer, concurrency_limit),
    rate_per_s = coalesce($4::real, rate_per_s),
    paused = coalesce($5::boolean, paused),
    paused_by = case coalesce($5::boolean, paused) when paused then paused_by when true then $6::uuid end,
    paused_at = case coalesce($5::boolean, paused) when paused then paused_at when true then now() end,
    paused_reason = case coalesce($5::boolean, paused) when paused then paused_reason when true then $7 end,
    revision = revision + 1
where id = $1::uuid

-- scope: public
-- How a person is told: $1 user, $2 tenant
select null, public.notice_json($1::uuid, $2::uuid)

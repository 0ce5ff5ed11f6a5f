-- scope: public
-- $1 before this id, $2 how many, $3 part of name or e-mail, $4 only this one
select u.id, public.user_json(u.id), u.email
from public.app_user u
where ($1::uuid is null or u.id < $1::uuid)
    and ($3::text is null or strpos(lower(u.name || ' ' || u.email), lower($3)) > 0)
    and ($4::uuid is null or u.id = $4::uuid)
order by u.id desc
limit $2::integer

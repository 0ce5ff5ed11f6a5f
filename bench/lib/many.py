"""many.py - the subject of measuring with many tenants and many skills, made by copying rows.

Tenants are made by the same command as anybody's; their people, skills and tokens are copies of the first tenant's rows:
publishing a package ten thousand times would measure something else.
"""
import concurrent.futures
import hashlib
import json
import os

from subject import PERSON, TENANT, Subject, stack

COPY_TENANTS = """do $body$
declare
    one record;
    first text := (select schema from public.tenant where name = {first});
begin
    perform set_config('session_replication_role', 'replica', true); -- skill and version name each other
    insert into public.membership (tenant_id, user_id, role)
    select t.id, u.id, 'owner' from public.tenant t, public.app_user u
    where t.name like 'Many %' and u.email like {person} || '@%' on conflict do nothing;
    for one in select schema from public.tenant where name like 'Many %' loop
        execute format('insert into %1$I.skill select * from %2$I.skill on conflict do nothing', one.schema, first);
        execute format('insert into %1$I.skill_version select * from %2$I.skill_version on conflict do nothing', one.schema,
            first);
    end loop;
    insert into public.api_token (id, token_hash, name, user_id, tenant_id, scopes)
    select gen_random_uuid(), sha256(convert_to('ega_bench-' || replace(t.name, ' ', '-'), 'UTF8')), 'bench', u.id, t.id, a.scopes
    from public.tenant t, public.app_user u, public.api_token a
    where t.name like 'Many %' and u.email like {person} || '@%' and a.token_hash = '\\x{hash}'::bytea
    on conflict do nothing;
    update public.tenant set concurrency_limit = 0;
end $body$"""

COPY_SKILLS = """with made as (
    insert into {t}.skill
    select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'name', 'noop-' || n,
        'published_version', gen_random_uuid()))).*
    from {t}.skill s, generate_series(1, {count}) n where s.name = 'noop'
    returning id, published_version)
insert into {t}.skill_version
select (jsonb_populate_record(v, jsonb_build_object('id', m.published_version, 'skill_id', m.id))).*
from made m, {t}.skill_version v join {t}.skill s on s.published_version = v.id and s.name = 'noop'"""


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


class Many(Subject):
    def make_tenants(self, count):
        """Up to `count` of them beside the two there are; already made ones stay."""
        made = int(self.sql("select count(*) from public.tenant where name like 'Many %'")[0][0])
        batches = [(first, min(count, first + 49)) for first in range(made + 1, count + 1, 50)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:  # each a program that waits for PostgreSQL
            try:
                for _ in pool.map(self.make_batch, batches):
                    pass
            except BaseException:
                pool.shutdown(cancel_futures=True)  # or whoever interrupts this waits for all of them
                raise
        self.sql(COPY_TENANTS.format(first=quoted(TENANT), person=quoted(PERSON),
                                     hash=hashlib.sha256(self.run_token.encode()).hexdigest()))

    def make_batch(self, batch):
        first, last = batch
        file = self.folder / f"many-{first}.json"
        file.write_text(json.dumps({**self.people, "tenants": [
            {"name": f"Many {number}", "users": []} for number in range(first, last + 1)]}), encoding="utf-8")
        self.call([stack.BUILD / "bin/execgov-api", "seed", "--file", file, "--pg", self.conninfo])
        file.unlink()

    def schemas(self, count):
        return [row[0] for row in self.sql("select schema from public.tenant where name like 'Many %' "
                                           f"order by substr(name, 6)::int limit {count}")]

    def token_file(self, count):
        """A file with the tokens of the first so many."""
        file = self.folder / "tokens"
        file.write_text("".join(f"ega_bench-Many-{number}\n" for number in range(1, count + 1)), encoding="utf-8")
        return f"@{file}"

    def make_skills(self, count):
        """Copies of the skill in the present tenant; a file of bodies that name them in turn."""
        if not int(self.sql(f"select count(*) from {self.schema}.skill where name = 'noop-{count}'")[0][0]):
            self.sql("set session_replication_role = replica; " + COPY_SKILLS.format(t=self.schema, count=count))
        file = self.folder / "bodies"
        file.write_text("".join(json.dumps({"runs": [{"skill": f"noop-{base + i}"} for i in range(1000)]}) + "\n"
                                for base in range(1, count + 1, 1000)), encoding="utf-8")
        return f"@{file}"
